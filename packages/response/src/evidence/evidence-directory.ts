import { createHash } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { hasCode, messageOf } from "@pratique/core";
import { ResponseError } from "../errors.ts";

/** One file of evidence as the manifest names it. `reason` tells why it is not complete. */
export interface EvidenceFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly complete: boolean;
  readonly reason: string;
}

/** What is written into one file. Stops when its signal does. */
export interface EvidenceSource {
  /** Lower-case letters, digits, `.` and `-`. */
  readonly name: string;
  read(signal: AbortSignal): AsyncIterable<Uint8Array | string>;
}

const PARTIAL = ".partial";
const MANIFEST = "manifest.json";

/**
 * A directory of evidence that appears as a whole, under its own name, once everything in it lies on the disk. Until
 * then it has another name, and {@link discardPartial} removes what a crash left of it.
 */
export class EvidenceDirectory {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #files: EvidenceFile[] = [];
  #bytes = 0;

  private constructor(directory: string, maxBytes: number) {
    this.#path = directory;
    this.#maxBytes = maxBytes;
  }

  /** Rejects with `EVIDENCE_UNKEPT`. */
  static async make(directory: string, maxBytes: number): Promise<EvidenceDirectory> {
    try {
      await mkdir(path.dirname(directory), { recursive: true, mode: 0o700 });
      await rm(directory + PARTIAL, { recursive: true, force: true });
      await mkdir(directory + PARTIAL, { mode: 0o700 });
    } catch (cause) {
      throw new ResponseError("EVIDENCE_UNKEPT", `expected to make ${directory}: ${messageOf(cause)}`, {
        cause,
      });
    }
    return new EvidenceDirectory(directory, maxBytes);
  }

  get bytes(): number {
    return this.#bytes;
  }

  get files(): readonly EvidenceFile[] {
    return this.#files;
  }

  /** Writes one file, as much of it as comes in time and has room. What breaks off is told in the manifest. */
  async add({ name, read }: EvidenceSource, signal: AbortSignal): Promise<void> {
    const file = await open(path.join(this.#path + PARTIAL, name), "wx", 0o600);
    const hash = createHash("sha256");
    const before = this.#bytes;
    let reason = "";
    try {
      for await (const piece of untilAborted(read(signal), signal)) {
        const bytes = typeof piece === "string" ? Buffer.from(piece) : piece;
        const kept = bytes.subarray(0, this.#maxBytes - this.#bytes);
        hash.update(kept);
        await writeAll(file, kept);
        this.#bytes += kept.byteLength;
        if (kept.byteLength < bytes.byteLength) {
          reason = `evidence is limited to ${this.#maxBytes} bytes`;
          break;
        }
      }
    } catch (thrown) {
      reason = messageOf(thrown);
    } finally {
      await file.sync().catch((thrown: unknown) => {
        reason ||= messageOf(thrown);
      });
      await file.close();
    }
    const bytes = this.#bytes - before;
    this.#files.push({ name, bytes, sha256: hash.digest("hex"), complete: reason === "", reason });
  }

  /** Writes the manifest and gives the directory its name. Gives the SHA-256 of the manifest. */
  async finish(about: Readonly<Record<string, unknown>>, manifest = MANIFEST): Promise<string> {
    const text = `${JSON.stringify({ form: 1, ...about, files: this.#files }, undefined, 2)}\n`;
    const file = await open(path.join(this.#path + PARTIAL, manifest), "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(this.#path + PARTIAL, this.#path);
    await syncDirectory(path.dirname(this.#path));
    return createHash("sha256").update(text).digest("hex");
  }

  async discard(): Promise<void> {
    await rm(this.#path + PARTIAL, { recursive: true, force: true });
  }
}

/** Removes what was not finished when the last agent ended. */
export async function discardPartial(root: string): Promise<void> {
  const names = await readdir(root).catch(noneThere);
  for (const name of names.filter((each) => each.endsWith(PARTIAL))) {
    await rm(path.join(root, name), { recursive: true, force: true });
  }
}

/** Bytes of all evidence below a directory. Rejects where they cannot be told: then no bound could be kept. */
export async function bytesBelow(root: string): Promise<number> {
  const entries = await readdir(root, { withFileTypes: true, recursive: true }).catch(noneThere);
  let bytes = 0;
  for (const entry of entries.filter((each) => each.isFile())) {
    const found = await stat(path.join(entry.parentPath, entry.name)).catch(noneThere);
    bytes += "size" in found ? found.size : 0;
  }
  return bytes;
}

function noneThere(thrown: unknown): readonly never[] {
  if (hasCode(thrown, "ENOENT", "ENOTDIR")) return [];
  throw thrown;
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.byteLength) {
    const { bytesWritten } = await file.write(bytes, written);
    written += bytesWritten;
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Also where the source does not heed its signal. */
async function* untilAborted<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  // A source that ends well leaves it unheard.
  aborted.catch(() => undefined);
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", abort);
    // Not awaited: a source that hangs would hold the evidence back for ever.
    iterator.return?.().then(undefined, () => undefined);
  }
}
