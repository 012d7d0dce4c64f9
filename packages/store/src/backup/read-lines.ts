import { MiB } from "@pratique/core";
import { malformed } from "./backup-format.ts";

/** No row is longer: the largest is an image with its compressed report, in base64. */
const MAX_LINE_BYTES = 256 * MiB;

const NEWLINE = 0x0a;

/** Cuts a stream into its lines, without their ends. Throws `BACKUP_MALFORMED` where one is too long or has no end. */
export async function* readLines(stream: AsyncIterable<unknown>): AsyncIterable<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    let rest = bytesOf(chunk);
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      yield Buffer.concat([...parts, rest.subarray(0, end)]);
      parts = [];
      length = 0;
      rest = rest.subarray(end + 1);
    }
    parts.push(rest);
    length += rest.length;
    if (length > MAX_LINE_BYTES) throw malformed("a line is too long");
  }
  if (length > 0) throw malformed("it ends in the middle of a line");
}

function bytesOf(chunk: unknown): Buffer {
  if (typeof chunk === "string") return Buffer.from(chunk);
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new TypeError("a backup is read from a stream of bytes");
}
