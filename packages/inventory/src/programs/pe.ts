/** A part of a file with a name (PE format, "Section Table"). */
export interface PeSection {
  readonly name: string;
  /** Where it begins in the file, in bytes. */
  readonly offset: number;
  /** Bytes in the file. */
  readonly size: number;
}

const MAX_SECTIONS = 96;
const ENTRY = 40;

/** Reads the sections of a program for Windows from its first bytes; undefined where it is none, or they lie elsewhere. */
export function readPeSections(head: Uint8Array): readonly PeSection[] | undefined {
  if (head.length < 0x40 || head[0] !== 0x4d || head[1] !== 0x5a) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const start = view.getUint32(0x3c, true);
  if (start + 24 > head.length || view.getUint32(start, true) !== 0x00004550) return undefined;
  const count = Math.min(view.getUint16(start + 6, true), MAX_SECTIONS);
  const table = start + 24 + view.getUint16(start + 20, true);
  const sections: PeSection[] = [];
  for (let at = table; at < table + count * ENTRY && at + ENTRY <= head.length; at += ENTRY) {
    const name = Buffer.from(head.subarray(at, at + 8))
      .toString("latin1")
      .replace(/(?<!\0)\0+$/u, "");
    sections.push({ name, size: view.getUint32(at + 16, true), offset: view.getUint32(at + 20, true) });
  }
  return sections;
}

/** Where the directories of data begin in the optional header, by what kind it is; that of .NET is the 15th. */
const DIRECTORIES: ReadonlyMap<number, number> = new Map([
  [0x10b, 96],
  [0x20b, 112],
]);
const RUNTIME_DIRECTORY = 14;

/** Whether a file in PE format holds code for .NET (ECMA-335, II.25.2.3.3, "CLI header"). */
export function isManaged(head: Uint8Array): boolean {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const optional = head.length < 0x40 ? 0 : view.getUint32(0x3c, true) + 24;
  if (optional + 2 > head.length) return false;
  const at =
    optional + (DIRECTORIES.get(view.getUint16(optional, true)) ?? head.length) + RUNTIME_DIRECTORY * 8;
  return at + 8 <= head.length && view.getUint32(at, true) !== 0 && view.getUint32(at + 4, true) !== 0;
}
