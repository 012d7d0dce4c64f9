/** What the linker has left in a Go program (Go, debug/buildinfo). */
export interface BuildInfo {
  /** As `go version` prints it: `go1.22.3`. */
  readonly goVersion: string;
  /** Lines of modules and settings; empty where the program was built without modules. */
  readonly modules: string;
}

/** Marks the blob in the file. */
export const BUILD_INFO_MAGIC = Buffer.from("\xff Go buildinf:", "latin1");

/** Blobs and their pointers are aligned. */
export const BUILD_INFO_ALIGN = 16;
/** Bytes before the strings of the inline form, and all of the other. */
export const BUILD_INFO_HEADER = 32;

export const MAX_MODULES_BYTES = 2 * 1024 * 1024;
const MAX_VERSION_BYTES = 256;
const INLINE = 2;
/** Bytes of random numbers on either side of the list, by which a running program finds it. */
const SENTINEL = 16;

/** "more": it goes on behind the bytes at hand. "pointers": it is of the form before Go 1.18. */
export type BuildInfoAnswer = BuildInfo | "more" | "pointers" | "none";

/**
 * Reads the blob at the start of some bytes, as debug/buildinfo of Go does: from Go 1.18 on, two strings with their
 * lengths in front follow the header.
 */
export function readBuildInfo(bytes: Uint8Array): BuildInfoAnswer {
  if (bytes.length < BUILD_INFO_HEADER) return "more";
  const [pointerSize = 0, flags = 0] = bytes.subarray(BUILD_INFO_MAGIC.length);
  if ((flags & INLINE) === 0) return pointerSize === 4 || pointerSize === 8 ? "pointers" : "none";
  const version = readString(bytes, BUILD_INFO_HEADER, MAX_VERSION_BYTES);
  if (typeof version === "string") return version;
  if (!isGoVersion(version.text)) return "none";
  const modules = readString(bytes, version.end, MAX_MODULES_BYTES);
  if (typeof modules === "string") return modules;
  return { goVersion: version.text, modules: withoutSentinels(modules.bytes) };
}

/** Whether a text is what a Go toolchain calls itself. */
export function isGoVersion(text: string): boolean {
  return /^(?:go\d|devel )[ -~]*$/u.test(text);
}

/** The text of a list of modules that lies between its sentinels. */
export function withoutSentinels(bytes: Uint8Array): string {
  const isEnclosed = bytes.length > 2 * SENTINEL && bytes[bytes.length - SENTINEL - 1] === 0x0a;
  return isEnclosed ? Buffer.from(bytes.subarray(SENTINEL, -SENTINEL)).toString("utf8") : "";
}

interface FoundString {
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly end: number;
}

/** A string with its length in front, seven bits a byte, the lowest first. */
function readString(bytes: Uint8Array, start: number, maxBytes: number): FoundString | "more" | "none" {
  let length = 0;
  for (let at = start, unit = 1; ; at += 1, unit *= 128) {
    const byte = bytes[at];
    if (byte === undefined) return "more";
    length += (byte & 0x7f) * unit;
    if (length > maxBytes) return "none";
    if (byte < 0x80) {
      const end = at + 1 + length;
      if (end > bytes.length) return "more";
      const found = bytes.subarray(at + 1, end);
      return {
        bytes: found,
        text: length > MAX_VERSION_BYTES ? "" : Buffer.from(found).toString("utf8"),
        end,
      };
    }
    if (unit > maxBytes) return "none";
  }
}
