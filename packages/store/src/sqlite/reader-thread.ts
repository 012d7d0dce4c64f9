import type { StatementSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { errorCodeOf, openForReading, sqliteValue } from "./sqlite-connection.ts";
import { Statements } from "./statements.ts";

// A thread that reads: what takes long there keeps nobody waiting who wants something else of the server.

/** What is asked of the thread. */
export interface ReadRequest {
  readonly id: number;
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** Rows are lists in the order of `columns`: names are not copied for each of them. `ms` is what it took. */
export type ReadReply =
  | {
      readonly id: number;
      readonly columns: readonly string[];
      readonly rows: readonly (readonly unknown[])[];
      readonly ms: number;
    }
  | { readonly id: number; readonly message: string; readonly errcode: number | undefined };

const database = openForReading(String(workerData));
const statements = new Statements<StatementSync>((sql) => {
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  return statement;
});

parentPort?.on("message", (request: ReadRequest) => parentPort?.postMessage(answer(request)));

function answer({ id, sql, parameters }: ReadRequest): ReadReply {
  try {
    const started = performance.now();
    const statement = statements.prepare(sql);
    // With setReturnArrays, each row is a list; Node's types do not say so.
    const rows = statement.all(...parameters.map(sqliteValue)) as unknown as unknown[][];
    const columns = statement.columns().map(({ name }) => name);
    return { id, columns, rows, ms: performance.now() - started };
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return { id, message, errcode: errorCodeOf(thrown) };
  }
}
