import { createHash, randomUUID } from "node:crypto";
import { constants, existsSync, mkdirSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import path from "node:path";
import { MiB } from "@pratique/core";
import { OciError } from "../errors.ts";
import { CHECK_SUM_BYTES } from "./layer-index-format.ts";

/** What is kept of one layer is no longer than this. */
export const MAX_LAYER_INDEX_BYTES = 64 * MiB;
const PART_BYTES = MiB;
const NAME = /^[0-9a-f]{64}$/u;

/**
 * The files of a {@link FileLayerIndexCache}, for whoever carries them elsewhere and does not look into them: in parts
 * of a mebibyte at most, with their check sums held against them.
 */
export class LayerIndexFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  has(name: string): boolean {
    return existsSync(this.#fileOf(name));
  }

  /**
   * The parts of a file. Throws `LIMIT_REACHED` and `DIGEST_MISMATCH`, the latter at its end: what came until then counts
   * for nothing.
   */
  async *read(name: string): AsyncGenerator<Uint8Array, void, void> {
    // Whoever wrote it may have put a link or a pipe there.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    await using handle = await open(this.#fileOf(name), flags);
    const stats = await handle.stat();
    if (!stats.isFile()) throw new OciError("DIGEST_MISMATCH", "the index of a layer is no file");
    const check = new CheckSum();
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(PART_BYTES), 0, PART_BYTES);
      if (bytesRead === 0) break;
      const part = buffer.subarray(0, bytesRead);
      check.add(part);
      yield part;
    }
    check.end();
  }

  /** Writes a file of parts. Throws as {@link read} does, and leaves nothing then. */
  async write(name: string, parts: AsyncIterable<Uint8Array>): Promise<void> {
    const file = this.#fileOf(name);
    const temporary = `${file}.${randomUUID()}`;
    const check = new CheckSum();
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    try {
      await using handle = await open(temporary, "wx", 0o600);
      for await (const part of parts) {
        check.add(part);
        await handle.writeFile(part);
      }
      check.end();
      await rename(temporary, file);
    } catch (thrown) {
      await rm(temporary, { force: true });
      throw thrown;
    }
  }

  #fileOf(name: string): string {
    if (!NAME.test(name)) throw new TypeError(`no index of a layer is named ${JSON.stringify(name)}`);
    return path.join(this.#directory, name);
  }
}

/**
 * The check sum of an index, which stands for all of it: hexadecimal. Rejects with `DIGEST_MISMATCH` where the index is not
 * what its check sum says, and with `LIMIT_REACHED`.
 */
export async function layerIndexCheckSum(parts: AsyncIterable<Uint8Array>): Promise<string> {
  const check = new CheckSum();
  for await (const part of parts) check.add(part);
  return check.end();
}

/** That of an index, which stands before what it is the sum of. */
class CheckSum {
  readonly #hash = createHash("sha256");
  #expected = Buffer.alloc(0);
  #bytes = 0;

  add(part: Uint8Array): void {
    this.#bytes += part.length;
    if (this.#bytes > MAX_LAYER_INDEX_BYTES) {
      throw new OciError(
        "LIMIT_REACHED",
        `the index of a layer is longer than ${MAX_LAYER_INDEX_BYTES} bytes`,
      );
    }
    const rest = CHECK_SUM_BYTES - this.#expected.length;
    if (rest > 0) this.#expected = Buffer.concat([this.#expected, part.subarray(0, rest)]);
    this.#hash.update(part.subarray(rest));
  }

  end(): string {
    if (this.#hash.digest().equals(this.#expected)) return this.#expected.toString("hex");
    throw new OciError("DIGEST_MISMATCH", "the index of a layer is not what its check sum says");
  }
}
