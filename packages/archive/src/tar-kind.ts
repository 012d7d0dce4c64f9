import type { ByteSpan } from "./tar-header.ts";

/** What an entry is. `meta` describes other entries or the archive, and has no place in a tree. */
export type TarKind = "file" | "directory" | "symlink" | "hardlink" | "other" | "meta";

/** Unknown types are treated as things that are no files, but whose content has to be passed over. */
export function kindOf(type: number, name: ByteSpan): TarKind {
  switch (type) {
    case 0x00:
      return name.end > name.start && name.bytes[name.end - 1] === 0x2f ? "directory" : "file";
    case 0x30: // 0
    case 0x37: // 7
    case 0x53: // S
      return "file";
    case 0x31:
      return "hardlink";
    case 0x32:
      return "symlink";
    case 0x35: // 5
    case 0x44: // D: a GNU directory with a list of names as its content
      return "directory";
    case 0x4d: // M: the rest of a file that began in another volume
    case 0x4e: // N
    case 0x56: // V: the name of the volume
      return "meta";
    default:
      return "other";
  }
}

/** Links, devices, directories and pipes have none, whatever their size field says (as in Go's archive/tar). */
export function hasBody(type: number, kind: TarKind): boolean {
  return type === 0 ? kind === "file" : type < 0x31 || type > 0x36;
}
