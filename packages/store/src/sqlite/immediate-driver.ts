import { CompiledQuery, type DatabaseConnection, SqliteDriver } from "kysely";

/**
 * Begins every transaction as a writer. One that began as a reader could not become a writer once another process
 * has written (https://www.sqlite.org/rescode.html#busy_snapshot), and would fail instead of waiting.
 */
export class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin immediate"));
  }
}
