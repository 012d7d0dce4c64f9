import type { DatabaseSync, StatementSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { startTiming } from "./query-time.ts";
import {
  CLOSE,
  isCheckpoint,
  type ReaderSettings,
  type ReadReply,
  type ReadRequest,
} from "./reader-requests.ts";
import { errorCodeOf, openForReading, openForWriting, sqliteValue } from "./sqlite-connection.ts";
import { Statements } from "./statements.ts";

// A thread that reads: what takes long there keeps nobody waiting who wants something else of the server.

const { file, closing } = workerData as ReaderSettings;
const database = openForReading(file);
/** Opened when it is first needed: only it may carry the log over. */
let writer: DatabaseSync | undefined;
const statements = new Statements<StatementSync>((sql) => returningLists(database, sql));

parentPort?.on("message", (message: ReadRequest | typeof CLOSE) => {
  if (message === CLOSE) close();
  else if (Atomics.load(closing, 0) === 0) parentPort?.postMessage(answer(message));
});

function close(): void {
  parentPort?.close();
  database.close();
  writer?.close();
}

function checkpointing(sql: string): StatementSync {
  writer ??= openForWriting(file, "elsewhere");
  return returningLists(writer, sql);
}

function returningLists(from: DatabaseSync, sql: string): StatementSync {
  const statement = from.prepare(sql);
  statement.setReturnArrays(true);
  return statement;
}

function answer({ id, sql, parameters }: ReadRequest): ReadReply {
  try {
    const took = startTiming();
    const statement = isCheckpoint(sql) ? checkpointing(sql) : statements.prepare(sql);
    // With setReturnArrays, each row is a list; Node's types do not say so.
    const rows = statement.all(...parameters.map(sqliteValue)) as unknown as unknown[][];
    const columns = statement.columns().map(({ name }) => name);
    return { id, columns, rows, took: took() };
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return { id, message, errcode: errorCodeOf(thrown) };
  }
}
