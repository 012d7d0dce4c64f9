import { type ProgramInspector, ProgramReading } from "@pratique/core";

/** The excerpt of a program that comes in pieces of the given lengths, the last of which repeats. */
export function excerptOf(
  inspector: ProgramInspector,
  program: Uint8Array,
  { path = "usr/bin/x", pieces = [program.length] }: { path?: string; pieces?: readonly number[] } = {},
): Uint8Array | undefined {
  const reading = new ProgramReading({ path, size: program.length }, [inspector]);
  for (let at = 0, turn = 0; at < program.length; turn += 1) {
    const passable = Math.min(reading.passable, program.length - at);
    reading.skip(passable);
    at += passable;
    const length = pieces[Math.min(turn, pieces.length - 1)] ?? program.length;
    // A source uses its memory anew for the next piece.
    const piece = Uint8Array.from(program.subarray(at, at + length));
    reading.write(piece);
    piece.fill(0xff);
    at += length;
  }
  return reading.finish().get(inspector);
}
