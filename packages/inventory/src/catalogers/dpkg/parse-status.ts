import type { SourcePackage } from "@pratique/core";
import { decodeLatin1 } from "../../decode-text.ts";
import type { FailureLog } from "../../failure-log.ts";
import { collectRecords } from "../../installed-records.ts";
import { readStanzas, type Stanza } from "../../stanzas.ts";
import { isToken } from "../../token.ts";
import { parseSource } from "./parse-source.ts";

/** One package whose files are on the disk, as dpkg's database tells. */
export interface DpkgRecord {
  readonly name: string;
  readonly version: string;
  readonly architecture?: string;
  readonly source: SourcePackage;
  readonly maintainer?: string;
}

export interface ParseStatusOptions {
  readonly path: string;
  readonly log: FailureLog;
  /**
   * Whether each stanza says what state its package is in. The files of `status.d` are written by image
   * builders, which unpack packages without dpkg, and most of them have no such field.
   */
  readonly hasStatus: boolean;
}

/** States in which a package has no program files, or none any more (dpkg(1), "Package states"). */
const absentStates: readonly string[] = ["not-installed", "config-files"];
/**
 * States in which files of the package are in place. That it is not configured yet does not make a
 * vulnerable library harmless, so all of these count, and so does what is only marked for removal.
 */
const presentStates: readonly string[] = [
  "installed",
  "half-installed",
  "unpacked",
  "half-configured",
  "triggers-awaited",
  "triggers-pending",
];

/** The packages in a dpkg database that are present. What cannot be read is recorded, and the rest kept. */
export function parseStatus(content: Buffer, options: ParseStatusOptions): readonly DpkgRecord[] {
  const read = (stanza: Stanza) => readRecord(stanza, options.hasStatus);
  return collectRecords(readStanzas(decodeLatin1(content)), read, options);
}

/** A record, what is wrong with it, or undefined where the package is not present. */
function readRecord(stanza: Stanza, hasStatus: boolean): DpkgRecord | string | undefined {
  if (stanza.ambiguous) return "field occurs twice";
  const { package: name, version, architecture, maintainer } = stanza;
  if (name === undefined || !isName(name)) return `no package name, found ${quote(name)}`;
  const presence = presenceOf(stanza.status, hasStatus);
  if (presence !== true) return presence === false ? undefined : presence;
  if (version === undefined || !isVersion(version)) return `no version of ${name}, found ${quote(version)}`;
  if (architecture !== undefined && !isName(architecture)) return `malformed architecture of ${name}`;
  const source = parseSource(stanza.source, { name, version });
  if (source === undefined) return `malformed source of ${name}, found ${quote(stanza.source)}`;
  return {
    name,
    version,
    ...(architecture !== undefined && { architecture }),
    source,
    ...(maintainer !== undefined && { maintainer }),
  };
}

/** Whether the files of a package are there, or what is wrong with the field (`want flag state`). */
function presenceOf(status: string | undefined, hasStatus: boolean): boolean | string {
  if (status === undefined) return hasStatus ? "no status" : true;
  const state = status.split(/\s+/u)[2]?.toLowerCase();
  if (state !== undefined && presentStates.includes(state)) return true;
  if (state !== undefined && absentStates.includes(state)) return false;
  return `malformed status ${quote(status)}`;
}

function isName(text: string): boolean {
  return /^[a-z0-9][a-z0-9+._-]*$/iu.test(text) && isToken(text);
}

function isVersion(text: string): boolean {
  return /^[\x21-\x7e]+$/u.test(text) && isToken(text);
}

function quote(text: string | undefined): string {
  return text === undefined ? "nothing" : JSON.stringify(text.slice(0, 80));
}
