import { hash } from "node:crypto";
import { type FileHandle, open, stat } from "node:fs/promises";
import path from "node:path";
import { MiB } from "@pratique/core";
import { AuditError } from "../errors.ts";
import { flushDirectory, replaceFile } from "./durable-file.ts";
import { HASH_BYTES } from "./merkle.ts";

/** Where a journal begins: everything before lies in tiles. */
export interface JournalBase {
  readonly size: number;
  readonly time: string;
}

const MAGIC = "pratique-tree-journal-v1";
const HEADER_BYTES = 96;
const LENGTH_BYTES = 4;
/** More than a batch of the largest entries that a log commits at once. */
const MAX_FRAME_BYTES = 512 * MiB;

/**
 * The commits of a log since its tiles were written last. A commit is one frame: its length, the SHA-256 of its
 * content, its content. A frame that breaks off at the end of the file was never acknowledged, and is not there.
 */
export class Journal {
  readonly base: JournalBase;
  readonly #file: string;
  readonly #handle: FileHandle;
  #end = HEADER_BYTES;

  private constructor(file: string, handle: FileHandle, base: JournalBase) {
    this.#file = file;
    this.#handle = handle;
    this.base = base;
  }

  /** Opens a journal, and gives what it holds. Throws `LOG_CORRUPT`, and what the file system throws. */
  static async open(
    file: string,
  ): Promise<{ readonly journal: Journal; readonly commits: readonly Buffer[] }> {
    const handle = await open(file, "r+");
    try {
      const bytes = await handle.readFile();
      const journal = new Journal(file, handle, readHeader(bytes));
      const commits = readFrames(bytes);
      for (const { length } of commits) journal.#end += LENGTH_BYTES + HASH_BYTES + length;
      return { journal, commits };
    } catch (thrown) {
      await handle.close();
      throw thrown;
    }
  }

  /** Puts an empty journal in the place of any other, in one step. */
  static async create(file: string, { size, time }: JournalBase): Promise<void> {
    const header = Buffer.alloc(HEADER_BYTES, " ");
    header.write(`${MAGIC} ${size} ${time === "" ? "-" : time}`);
    header.write("\n", HEADER_BYTES - 1);
    await replaceFile(file, header);
    await flushDirectory(path.dirname(file));
  }

  /** Adds a commit that survives the machine. When this throws, the journal is as it was before. */
  async append(content: Uint8Array): Promise<void> {
    const frame = Buffer.allocUnsafe(LENGTH_BYTES + HASH_BYTES + content.length);
    frame.writeUInt32BE(content.length);
    frame.set(hash("sha256", content, "buffer"), LENGTH_BYTES);
    frame.set(content, LENGTH_BYTES + HASH_BYTES);
    try {
      for (let done = 0; done < frame.length; ) {
        const { bytesWritten } = await this.#handle.write(frame, done, frame.length - done, this.#end + done);
        done += bytesWritten;
      }
      await this.#handle.datasync();
    } catch (thrown) {
      // Not to be taken for a commit by whoever reads the journal next.
      await this.#handle.truncate(this.#end);
      throw thrown;
    }
    this.#end += frame.length;
  }

  get bytes(): number {
    return this.#end;
  }

  /** Whether no other process has written to it or replaced it since. Meaningful only while the log is locked. */
  async isCurrent(): Promise<boolean> {
    const [named, held] = [
      await stat(this.#file, { bigint: true }),
      await this.#handle.stat({ bigint: true }),
    ];
    return named.ino === held.ino && named.dev === held.dev && named.size === BigInt(this.#end);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

function readHeader(bytes: Buffer): JournalBase {
  const [magic, size, time, ...rest] = bytes
    .subarray(0, HEADER_BYTES)
    .toString("latin1")
    .trimEnd()
    .split(" ");
  const base = { size: Number(size), time: time === "-" ? "" : (time ?? "") };
  if (magic !== MAGIC || !Number.isSafeInteger(base.size) || rest.length > 0 || bytes.length < HEADER_BYTES) {
    throw new AuditError("LOG_CORRUPT", "the journal of the log has no head");
  }
  return base;
}

function readFrames(bytes: Buffer): readonly Buffer[] {
  const frames: Buffer[] = [];
  let offset = HEADER_BYTES;
  while (offset + LENGTH_BYTES + HASH_BYTES <= bytes.length) {
    const length = bytes.readUInt32BE(offset);
    const start = offset + LENGTH_BYTES + HASH_BYTES;
    if (length > MAX_FRAME_BYTES || start + length > bytes.length) break;
    const content = bytes.subarray(start, start + length);
    if (!hash("sha256", content, "buffer").equals(bytes.subarray(offset + LENGTH_BYTES, start))) {
      if (start + length === bytes.length) break;
      throw new AuditError("LOG_CORRUPT", `commit ${frames.length + 1} of the journal was changed`);
    }
    frames.push(content);
    offset = start + length;
  }
  return frames;
}
