import { Worker } from "node:worker_threads";
import { StoreError } from "../errors.ts";
import type { QueryTime } from "./query-time.ts";
import { CLOSE, type ReaderSettings, type ReadReply, type ReadRequest } from "./reader-requests.ts";
import { storeErrorOf } from "./sqlite-error.ts";

/** What a read gave, and how long it took there. */
export interface ReadResult {
  readonly rows: readonly Record<string, unknown>[];
  readonly took: QueryTime;
}

interface Pending {
  readonly resolve: (result: ReadResult) => void;
  readonly reject: (thrown: unknown) => void;
}

/** Where the thread's program lies: beside this file, or where the build has put it. */
const PROGRAM = new URL(process.env.PRATIQUE_SQLITE_READER ?? "./reader-thread.ts", import.meta.url);

/** A thread that reads a database, one question after the other. It is started when it is first asked. */
export class ReaderThread {
  readonly #settings: ReaderSettings;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #asked = 0;

  constructor(file: string) {
    this.#settings = { file, closing: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) };
  }

  /** How many questions wait for an answer. */
  get waiting(): number {
    return this.#pending.size;
  }

  /** Throws StoreError: `STORE_UNAVAILABLE` also once it is closed, when no thread would answer any more. */
  async execute(sql: string, parameters: readonly unknown[]): Promise<ReadResult> {
    if (Atomics.load(this.#settings.closing, 0) === 1) throw closed();
    const { promise, resolve, reject } = Promise.withResolvers<ReadResult>();
    this.#worker ??= this.#start();
    this.#asked += 1;
    const request: ReadRequest = { id: this.#asked, sql, parameters };
    this.#pending.set(request.id, { resolve, reject });
    // The process must not end while somebody waits, and must not be kept by a thread that nobody asks.
    this.#worker.ref();
    this.#worker.postMessage(request);
    return await promise;
  }

  /** Fails what waits. Returns when the thread has ended, which it does after the one question that it is at. */
  async close(): Promise<void> {
    Atomics.store(this.#settings.closing, 0, 1);
    const worker = this.#worker;
    this.#worker = undefined;
    this.#fail(closed());
    if (worker === undefined) return;
    worker.ref();
    const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
    // It is asked, not terminated: a thread that is stopped while V8 makes its code faster can take the process along.
    worker.postMessage(CLOSE);
    await ended;
  }

  #start(): Worker {
    const worker = new Worker(PROGRAM, { workerData: this.#settings });
    worker.on("message", (reply: ReadReply) => this.#hear(reply));
    worker.on("error", (cause) => {
      if (this.#worker === worker) this.#worker = undefined;
      this.#fail(new StoreError("STORE_UNAVAILABLE", `a reader failed: ${String(cause)}`, { cause }));
    });
    return worker;
  }

  #hear(reply: ReadReply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0) this.#worker?.unref();
    if (!("rows" in reply)) {
      pending?.reject(errorOf(reply));
      return;
    }
    const { columns, rows, took } = reply;
    pending?.resolve({ rows: rows.map((row) => rowOf(columns, row)), took });
  }

  #fail(error: StoreError): void {
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of waiting) reject(error);
  }
}

function closed(): StoreError {
  return new StoreError("STORE_UNAVAILABLE", "the store is closed");
}

function rowOf(columns: readonly string[], values: readonly unknown[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const [index, column] of columns.entries()) row[column] = values[index];
  return row;
}

function errorOf({ message, errcode }: { readonly message: string; readonly errcode: number | undefined }) {
  return storeErrorOf(Object.assign(new Error(message), errcode !== undefined && { errcode }));
}
