import { oncePerHead } from "./once-per-head.ts";

/** The note of Go's linker with the build's id (Go, cmd/link, `.note.go.buildid`). */
const GO_NOTE = Buffer.from([4, 0, 0, 0, 0x47, 0x6f, 0, 0]);

/** Whether a program was linked by Go, as the note in its first bytes tells of an ELF file. */
export const isGoProgram = oncePerHead((head) =>
  Buffer.from(head.buffer, head.byteOffset, head.byteLength).includes(GO_NOTE),
);
