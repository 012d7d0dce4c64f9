import { oncePerHead } from "./once-per-head.ts";

/** The note of Go's linker with the build's id (Go, cmd/link, `.note.go.buildid`), in either byte order. */
const GO_NOTES = [
  [4, 0, 0, 0, 0x47, 0x6f, 0, 0],
  [0, 0, 0, 4, 0x47, 0x6f, 0, 0],
].map((bytes) => Buffer.from(bytes));

/** Whether a program was linked by Go, as the note in its first bytes tells of an ELF file. */
export const isGoProgram = oncePerHead((head) => {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  return GO_NOTES.some((note) => bytes.includes(note));
});
