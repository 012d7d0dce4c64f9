import type { LocatedFile } from "@pratique/archive";
import { listOf, objectOf, textOf, textsOf } from "../../location/fields.ts";
import { readJson } from "../../location/read-json.ts";
import { type Bulletin, type BulletinPackage, cvesAmong } from "./bulletin.ts";

/** One bulletin as JSON; undefined where it cannot be read. */
export async function readJsonBulletin(file: LocatedFile): Promise<Bulletin | undefined> {
  const record = objectOf(await readJson(file));
  const id = textOf(record?.id);
  const packages = listOf(record?.packages).map(packageOf);
  if (record === undefined || id === undefined) return undefined;
  if (!packages.every((package_) => package_ !== undefined)) return undefined;
  const title = textOf(record.title);
  const description = textOf(record.description);
  const severity = textOf(record.severity);
  const published = textOf(objectOf(record.issued)?.date);
  const references = listOf(record.references).map((reference) => textOf(objectOf(reference)?.id));
  return {
    id,
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(severity === undefined ? {} : { severity }),
    ...(published === undefined ? {} : { published }),
    cves: cvesAmong([...textsOf(record.cveids), ...references]),
    packages,
  };
}

function packageOf(value: unknown): BulletinPackage | undefined {
  const fields = objectOf(value);
  const name = textOf(fields?.name);
  const version = textOf(fields?.version);
  const release = textOf(fields?.release);
  const architecture = textOf(fields?.arch);
  if (name === undefined || version === undefined || release === undefined || architecture === undefined) {
    return undefined;
  }
  return { name, epoch: textOf(fields?.epoch) ?? "", version, release, architecture };
}
