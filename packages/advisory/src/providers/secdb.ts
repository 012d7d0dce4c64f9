import type { LocatedFile } from "@pratique/archive";
import { type Ecosystem, ecosystem, messageOf, type VersionRange } from "@pratique/core";
import { parse } from "yaml";
import { AdvisoryError } from "../errors.ts";
import { type Fields, listOf, objectOf, textOf, textsOf } from "../location/fields.ts";
import { readText } from "../location/read-text.ts";
import { readIdentifiers } from "./secdb-identifiers.ts";
import type { AdvisorySink, Provider } from "./source-reader.ts";

/** Tells from the head of a database in whose ecosystem it speaks; undefined where it is somebody else's. */
type EcosystemOf = (document: Fields) => Ecosystem | undefined;

const NEVER_AFFECTED = "0";

/** Whether a file may be a security database. */
export function isSecdb(path: string): boolean {
  return /(?:^|\/)[^/]+\.(?:json|ya?ml)(?:\.[a-z0-9]+)?$/u.test(path);
}

/** What tells the security database of a distribution without branches. */
interface RollingDistribution {
  readonly name: string;
  /** Of the provider's rules, as in `Provider`. */
  readonly version: number;
  readonly ecosystem: "Wolfi" | "Chainguard";
  /** Where its packages are, which its database says of itself. */
  readonly origin: string;
  readonly feed: string;
}

/** A provider for a security database in Alpine's form that has no branches, and is known by where its packages are. */
export function rollingSecdb({ name, version, ecosystem: of, origin, feed }: RollingDistribution): Provider {
  const ecosystemOf = ({ urlprefix }: Fields): Ecosystem | undefined => {
    const place = textOf(urlprefix) ?? "";
    return place === origin || place.startsWith(`${origin}/`) ? ecosystem(of) : undefined;
  };
  return {
    name,
    version,
    feeds: [feed],
    wants: isSecdb,
    read: (file, sink) => readSecdb(file, sink, { of, ecosystemOf }),
  };
}

/**
 * Reads a security database of a distribution that has apk: for each package, the versions that fixed something, and
 * under "0" what it was never affected by. Throws `SOURCE_DAMAGED` where it is another's.
 */
export async function readSecdb(
  file: LocatedFile,
  sink: AdvisorySink,
  { of, ecosystemOf }: { readonly of: string; readonly ecosystemOf: EcosystemOf },
): Promise<void> {
  const document = readDocument(await readText(file), file.path);
  const name = ecosystemOf(document);
  if (name === undefined || !("packages" in document)) {
    throw new AdvisoryError(
      "SOURCE_DAMAGED",
      `${JSON.stringify(file.path)} is not a security database of ${of}`,
    );
  }
  for (const [index, item] of listOf(document.packages).entries()) {
    const fields = objectOf(objectOf(item)?.pkg);
    const packageName = textOf(fields?.name);
    const where = `${file.path}: ${packageName ?? `package ${index}`}`;
    if (fields === undefined || packageName === undefined) {
      sink.malformed(where, "expected a package with a name");
      continue;
    }
    sink.entry();
    readPackage(packageName, fields.secfixes, { sink, where, ecosystem: name });
  }
}

function readDocument(text: string, path: string): Fields {
  try {
    // The failsafe schema keeps every scalar a string: "1.10" is a version, not a number.
    const value: unknown = text.trimStart().startsWith("{")
      ? JSON.parse(text)
      : parse(text, { schema: "failsafe", maxAliasCount: 0, logLevel: "error" });
    const document = objectOf(value);
    if (document !== undefined) return document;
  } catch (cause) {
    throw new AdvisoryError("SOURCE_DAMAGED", `${JSON.stringify(path)}: ${messageOf(cause)}`, { cause });
  }
  throw new AdvisoryError("SOURCE_DAMAGED", `${JSON.stringify(path)} is not a JSON or YAML object`);
}

interface Place {
  readonly sink: AdvisorySink;
  readonly where: string;
  readonly ecosystem: Ecosystem;
}

function readPackage(name: string, secfixes: unknown, { sink, where, ecosystem }: Place): void {
  const fixes = objectOf(secfixes);
  if (fixes === undefined) {
    // A package whose list is empty is served as null or as an empty list.
    if (listOf(secfixes).length > 0) sink.malformed(where, "expected fixes by version");
    return;
  }
  for (const [id, found] of gather(fixes, { sink, where, ecosystem })) {
    sink.advisory({
      id,
      aliases: [...found.aliases],
      document: id,
      ecosystem,
      package: name,
      ranges: found.ranges,
      status: found.ranges.length === 0 ? "affected" : "fixed",
      severity: "unknown",
    });
  }
}

interface Found {
  readonly aliases: Set<string>;
  readonly ranges: VersionRange[];
}

/** One record per vulnerability: a second fix, as after a regression, is a second range. */
function gather(fixes: Fields, { sink, where }: Place): ReadonlyMap<string, Found> {
  const byId = new Map<string, Found>();
  for (const [version, ids] of Object.entries(fixes)) {
    for (const text of textsOf(ids)) {
      const groups = readIdentifiers(text);
      if (groups.length === 0) sink.malformed(where, `expected an identifier, found ${JSON.stringify(text)}`);
      for (const { id, aliases } of groups) {
        const found = byId.get(id) ?? { aliases: new Set<string>(), ranges: [] };
        byId.set(id, found);
        for (const alias of aliases) found.aliases.add(alias);
        if (version !== NEVER_AFFECTED) found.ranges.push({ fixed: version });
      }
    }
  }
  return byId;
}
