import { declaredLicenses } from "../../declared-licenses.ts";
import type { FailureLog } from "../../failure-log.ts";
import { collectRecords } from "../../installed-records.ts";
import { readStanzas, type Stanza } from "../../stanzas.ts";
import { isToken } from "../../token.ts";

/** One package whose files are in place, as opkg's database tells. */
export interface OpkgRecord {
  readonly name: string;
  readonly version: string;
  readonly architecture?: string;
  readonly licenses?: readonly string[];
}

/** States without the files of the package; in all others some are in place (opkg, libopkg/pkg.c, `state_status_map`). */
const ABSENT: ReadonlySet<string> = new Set(["not-installed", "config-files"]);

/** The packages that are present. What cannot be read is recorded, and the rest kept. */
export function parseStatus(text: string, path: string, log: FailureLog): readonly OpkgRecord[] {
  return collectRecords(readStanzas(text), readRecord, { path, log });
}

function readRecord(stanza: Stanza): OpkgRecord | string | undefined {
  const { package: name = "", version = "", status = "", architecture, license, ambiguous } = stanza;
  if (ambiguous) return "field occurs twice";
  if (!isToken(name)) return "no package name";
  const state = status.split(/\s+/u)[2];
  if (state === undefined) return `malformed status of ${JSON.stringify(name)}`;
  if (ABSENT.has(state)) return undefined;
  if (!isToken(version)) return `no version of ${JSON.stringify(name)}`;
  return {
    name,
    version,
    ...(architecture !== undefined && isToken(architecture) && { architecture }),
    ...declaredLicenses([license]),
  };
}
