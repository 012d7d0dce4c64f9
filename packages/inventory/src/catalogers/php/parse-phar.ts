import { inflateRawSync } from "node:zlib";
import { decodeUtf8 } from "../../decode-text.ts";
import { isToken } from "../../token.ts";
import type { InstalledList, PhpPackage } from "./parse-installed.ts";

const HALT = "__HALT_COMPILER();";
/** Parts of one archive; the largest have some ten thousand. */
const MAX_ENTRIES = 100_000;
const MAX_LIST_BYTES = 8 * 1024 * 1024;
/** Lengths, times and sums of an entry behind its name. */
const ENTRY_BYTES = 24;
const DEFLATED = 0x1000;
const PACKED = 0xf000;
const LIST = /(?:^|\/)vendor\/composer\/installed\.php$/u;

/**
 * Reads what Composer installed into a program of PHP that is one file, by the list that is in it (PHP manual, "Phar file
 * format"; Composer, `Composer\InstalledVersions`). Undefined where the file is no such archive, or has no list.
 */
export function parsePhar(content: Buffer): InstalledList | undefined {
  const halt = content.indexOf(HALT, 0, "latin1");
  if (halt < 0) return undefined;
  try {
    const list = listIn(content, manifestAt(content, halt + HALT.length));
    return list === undefined ? undefined : { packages: packagesIn(decodeUtf8(list)), faults: [] };
  } catch (thrown) {
    if (!(thrown instanceof RangeError) && !isInflateError(thrown)) throw thrown;
    return { packages: [], faults: ["archive of PHP ends early, or is malformed"] };
  }
}

/** PHP passes over the end of its own text, where there is one, and the end of that line. */
function manifestAt(content: Buffer, end: number): number {
  const tail = content.toString("latin1", end, end + 8);
  return end + (/^(?:[ \n]\?>)?(?:\r\n|\n)?/u.exec(tail)?.[0].length ?? 0);
}

/** The content of the list; throws a RangeError where the archive does not hold what it says. */
function listIn(content: Buffer, start: number): Buffer | undefined {
  const manifestBytes = content.readUInt32LE(start);
  const entries = content.readUInt32LE(start + 4);
  const aliasBytes = content.readUInt32LE(start + 14);
  let at = start + 18 + aliasBytes;
  at += 4 + content.readUInt32LE(at);
  let data = start + 4 + manifestBytes;
  if (entries > MAX_ENTRIES) throw new RangeError("too many parts");
  for (let count = 0; count < entries; count += 1) {
    const nameBytes = content.readUInt32LE(at);
    const facts = at + 4 + nameBytes;
    const packedBytes = content.readUInt32LE(facts + 8);
    const flags = content.readUInt32LE(facts + 16);
    if (LIST.test(content.toString("latin1", at + 4, facts))) {
      const packed = content.subarray(data, data + packedBytes);
      if (packed.length < packedBytes) throw new RangeError("the list ends early");
      return unpacked(packed, flags);
    }
    at = facts + ENTRY_BYTES + content.readUInt32LE(facts + 20);
    data += packedBytes;
  }
  return undefined;
}

function unpacked(packed: Buffer, flags: number): Buffer {
  switch (flags & PACKED) {
    case 0:
      return packed;
    case DEFLATED:
      return inflateRawSync(packed, { maxOutputLength: MAX_LIST_BYTES });
    default:
      throw new RangeError("packed in a way that is not read");
  }
}

function isInflateError(thrown: unknown): boolean {
  return (
    thrown instanceof Error && "code" in thrown && /^(?:Z_|ERR_BUFFER_TOO_LARGE)/u.test(String(thrown.code))
  );
}

/** A root that nobody has given a version has this one. */
const NO_VERSION = "no-version-set";

/** `versions` in the array that Composer writes, a line for each member; what is replaced or provided has no version. */
function packagesIn(text: string): readonly PhpPackage[] {
  const packages: PhpPackage[] = [];
  // Within one line: over empty ones without end, each of them would be gone through from each.
  const versions = text.slice(Math.max(0, text.search(/^[ \t]+'versions' =>/mu)));
  let name: string | undefined;
  for (const line of versions.split("\n")) {
    name = /^\s+'(?<name>[\w.-]+\/[\w.-]+)' => ?(?:array ?\()?$/u.exec(line)?.groups?.name ?? name;
    const version = /^\s+'pretty_version' => '(?<version>[^']+)',$/u.exec(line)?.groups?.version;
    if (name === undefined || version === undefined || !isToken(version)) continue;
    if (!version.endsWith(NO_VERSION)) packages.push({ name, version });
    name = undefined;
  }
  return packages;
}
