import { CompiledQuery, type DatabaseConnection, SqliteDriver } from "kysely";

/**
 * Begins every transaction as a writer. One that began as a reader could not become a writer once another process
 * has written (https://www.sqlite.org/rescode.html#busy_snapshot), and would fail instead of waiting.
 */
export class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin immediate"));
  }

  /**
   * SQLite has rolled back by itself where the disk is full (https://www.sqlite.org/lang_transaction.html, "Response
   * To Errors Within A Transaction"). That there is nothing left to roll back must not hide why.
   */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await super.rollbackTransaction(connection);
    } catch (thrown) {
      const isOver = thrown instanceof Error && thrown.message.includes("no transaction is active");
      if (!isOver) throw thrown;
    }
  }
}
