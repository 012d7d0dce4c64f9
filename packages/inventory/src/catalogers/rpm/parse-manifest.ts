import type { FailureLog } from "../../failure-log.ts";
import { MAX_HEADERS } from "./bytes.ts";
import { type RpmRecord, toRecord } from "./parse-package.ts";

/**
 * The packages of images from which rpm and its database were taken out, as Azure Linux and Mariner list them in
 * `container-manifest-2`: on each line, between tabs, what `rpm -q` answers for `NAME`, `VERSION-RELEASE`,
 * `INSTALLTIME`, `BUILDTIME`, `VENDOR`, `EPOCH`, `SIZE`, `ARCH`, `EPOCHNUM` and `SOURCERPM`.
 */
export function parseManifest(text: string, path: string, log: FailureLog): readonly RpmRecord[] {
  const records: RpmRecord[] = [];
  let count = 0;
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    count += 1;
    if (count > MAX_HEADERS) {
      log.add("LIMIT_REACHED", `more than ${MAX_HEADERS} packages`, path);
      break;
    }
    const record = parseLine(line);
    if (typeof record === "string") log.add("PACKAGE_RECORD_MALFORMED", `line ${count}: ${record}`, path);
    else if (record !== undefined) records.push(record);
  }
  return records;
}

const COLUMNS = 10;

function parseLine(line: string): RpmRecord | undefined | string {
  const columns = line.trimEnd().split("\t", COLUMNS + 1);
  if (columns.length !== COLUMNS) return `expected ${COLUMNS} columns, found ${columns.length}`;
  const [name, version = "", , , vendor, epoch, , architecture, , sourceRpm] = columns;
  const hyphen = version.lastIndexOf("-");
  if (epoch !== "(none)" && !/^\d{1,10}$/u.test(epoch ?? ""))
    return `malformed epoch of ${JSON.stringify(name)}`;
  return toRecord({
    name,
    version: hyphen < 0 ? undefined : version.slice(0, hyphen),
    release: version.slice(hyphen + 1),
    epoch: epoch === "(none)" ? undefined : epoch,
    architecture,
    sourceRpm,
    vendor,
  });
}
