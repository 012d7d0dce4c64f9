import { type ByteSource, detectCompression, MAGIC_BYTES, readTarSource } from "@pratique/archive";
import { OciError } from "../errors.ts";
import type { SeekableBytes } from "../files/seekable-bytes.ts";
import { isDamage, layerError } from "./layer-error.ts";
import { type IndexTarOptions, type TarIndex, tarIndexOf } from "./tar-index.ts";
import { TarIndexer } from "./tar-indexer.ts";

const CHUNK = 256 * 1024;
/** Chunks after which other work gets its turn. */
const CHUNKS_PER_TURN = 32;

/** Whether what lies there is no compressed layer: only then can it be read by seeking. */
export function isPlain(source: ByteSource): boolean {
  return detectCompression(source.read(0, MAGIC_BYTES)) === "none";
}

/**
 * Indexes a plain layer from its headers and wanted files, past all else. Its length is held against the claim;
 * its digests cannot be, as most of its bytes are never read: the index says that it is not verified. `reopen` opens the
 * same bytes for those who look into programs later.
 */
export async function indexPlainTar(
  source: ByteSource,
  { facts, matcher, context, view = (visitor) => visitor }: IndexTarOptions,
  reopen: () => SeekableBytes,
): Promise<TarIndex> {
  checkLength(source.size, facts.sizeBytes, context.limits.layerBytes);
  const indexer = new TarIndexer(matcher, context, reopen);
  const limits = { entries: context.limits.layerEntries, bytes: context.limits.layerBytes };
  try {
    await readTarSource(source, view(indexer), { limits, signal: context.signal });
  } catch (thrown) {
    if (!isDamage(thrown)) throw layerError(thrown);
    indexer.stop(thrown.message);
  }
  context.progress(source.size);
  return tarIndexOf(indexer, { verified: false, sizeBytes: source.size });
}

/**
 * A plain layer from its first byte to its last, in one buffer: each chunk is valid until the next is asked for.
 * Reading on the thread that hashes is faster than to wait for fresh memory from another one.
 */
export async function* plainChunks(source: ByteSource): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0, turn = 0; at < source.size; turn += 1) {
    const chunk = source.read(at, CHUNK);
    at += chunk.length;
    yield chunk;
    if (turn % CHUNKS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

function checkLength(found: number, claimed: number | undefined, limit: number): void {
  if (claimed !== undefined && claimed !== found) {
    throw new OciError("DIGEST_MISMATCH", `expected a layer of ${claimed} bytes, found ${found}`);
  }
  if (found > limit) throw new OciError("LIMIT_REACHED", `a layer is longer than ${limit} bytes`);
}
