import type { ByteSource } from "./byte-source.ts";
import type { TarLimits } from "./tar-limits.ts";
import { TarParser, type TarVisitor } from "./tar-parser.ts";

export interface ReadTarOptions {
  readonly limits?: Partial<TarLimits>;
  readonly signal?: AbortSignal;
}

/** Bytes after which other work gets its turn. */
const BYTES_PER_TURN = 16 * 1024 * 1024;
/** Read for a header: those of small files that follow lie there, too. Most of what is read more is never looked at. */
const HEADER_CHUNK = 16 * 1024;
/** Read where small files follow one another: asking once takes less than what is read more. */
const DENSE_CHUNK = 64 * 1024;
/** Read at once of wanted content, of which the visitor may want no more at any moment. */
const CONTENT_CHUNK = 64 * 1024;

/**
 * Reads a tar that arrives as a stream, to its end: also what follows the archive is consumed, so that
 * digests can be taken on the way.
 */
export async function readTarStream(
  stream: AsyncIterable<Uint8Array>,
  visitor: TarVisitor,
  { limits, signal }: ReadTarOptions = {},
): Promise<void> {
  const parser = new TarParser(visitor, limits);
  for await (const chunk of stream) {
    signal?.throwIfAborted();
    parser.write(chunk);
  }
  parser.end();
}

/** Reads an uncompressed tar that can be read anywhere: headers and wanted contents only, past all else. */
export async function readTarSource(
  source: ByteSource,
  visitor: TarVisitor,
  { limits, signal }: ReadTarOptions = {},
): Promise<void> {
  const parser = new TarParser(visitor, limits);
  let position = 0;
  let turnEnd = BYTES_PER_TURN;
  let reads = 0;
  let skipped = Number.POSITIVE_INFINITY;
  signal?.throwIfAborted();
  while (position < source.size && !parser.ended) {
    const skippable = Math.min(parser.skippable, source.size - position);
    if (skippable > 0) {
      parser.skip(skippable);
      position += skippable;
      skipped = skippable;
      continue;
    }
    const wanted = Math.min(parser.contentAhead, CONTENT_CHUNK);
    const ahead = skipped < HEADER_CHUNK ? DENSE_CHUNK : HEADER_CHUNK;
    skipped = 0;
    const chunk = source.read(position, Math.max(wanted, ahead));
    parser.write(chunk);
    position += chunk.length;
    reads += 1;
    if (position > turnEnd || reads % 256 === 0) {
      turnEnd = position + BYTES_PER_TURN;
      await new Promise((resolve) => setImmediate(resolve));
      // Nobody can have aborted it but in others' turns.
      signal?.throwIfAborted();
    }
  }
  parser.end();
}
