import { type FileHandle, open } from "node:fs/promises";
import path from "node:path";
import { StoreError } from "../errors.ts";

/**
 * Brings what has been committed to the disk, while the event loop goes on. It stands in for SQLite's own flush at each
 * commit, which would keep everybody waiting: the writer's connection has `synchronous = NORMAL`, where a commit is in
 * the write-ahead log, survives a killed process, and is not flushed
 * (https://www.sqlite.org/pragma.html#pragma_synchronous). One flush serves all who committed before it began.
 */
export class WalSync {
  readonly #file: string;
  #handle: Promise<FileHandle> | undefined;
  #running: Promise<void> | undefined;
  #committed = 0;
  #synced = 0;
  #failure: StoreError | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** How often something was committed. */
  get commits(): number {
    return this.#committed;
  }

  /** To be called after each commit. */
  committed(): void {
    this.#committed += 1;
  }

  /**
   * Resolves when everything that has been committed by now survives a power cut. Rejects with `STORE_UNAVAILABLE`
   * where it may not, and from then on: what the kernel could not write once it may have forgotten
   * (https://www.postgresql.org/docs/current/runtime-config-error-handling.html, `data_sync_retry`).
   */
  async durable(): Promise<void> {
    const wanted = this.#committed;
    while (this.#synced < wanted) {
      if (this.#failure !== undefined) throw this.#failure;
      this.#running ??= this.#sync().finally(() => {
        this.#running = undefined;
      });
      await this.#running;
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async close(): Promise<void> {
    await this.#running?.catch(() => undefined);
    await (await this.#handle?.catch(() => undefined))?.close();
  }

  async #sync(): Promise<void> {
    const upTo = this.#committed;
    try {
      this.#handle ??= openLog(this.#file);
      await (await this.#handle).datasync();
    } catch (cause) {
      const why = "what was stored cannot be brought to the disk; the server has to be started anew";
      this.#failure = new StoreError("STORE_UNAVAILABLE", why, { cause });
      throw this.#failure;
    }
    this.#synced = upTo;
  }
}

/** The file is there since the first commit, and as long as the database is open. */
async function openLog(file: string): Promise<FileHandle> {
  const handle = await open(`${file}-wal`, "r+");
  // That it is in its directory has to survive as well.
  const directory = await open(path.dirname(file));
  await directory.sync().finally(() => directory.close());
  return handle;
}
