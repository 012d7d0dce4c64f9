import { ArchiveError } from "./errors.ts";

/** Collects a stream that must not be longer than the limit. Throws `LIMIT_REACHED` as soon as it is. */
export async function readBounded(stream: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of stream) {
    length += piece.length;
    if (length > maxBytes) throw new ArchiveError("LIMIT_REACHED", `expected at most ${maxBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces, length);
}
