import { oncePerHead } from "./once-per-head.ts";

/** The kind of the note of Go's linker with the build's id (Go, cmd/link, `.note.go.buildid`). */
const KIND = 4;
/** Its name, which follows the kind. Sought alone: nearly everything in a program's head begins like a number does. */
const NAME = Buffer.from("Go\0\0");

/** Whether a program was linked by Go, as the note in its first bytes tells of an ELF file. */
export const isGoProgram = oncePerHead((head) => {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  for (let at = bytes.indexOf(NAME, 4); at >= 0; at = bytes.indexOf(NAME, at + 1)) {
    if (bytes.readUInt32LE(at - 4) === KIND || bytes.readUInt32BE(at - 4) === KIND) return true;
  }
  return false;
});
