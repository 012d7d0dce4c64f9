import { RecentMap } from "@pratique/core";

/** Statements that are kept: a server asks the same few hundred questions all day. */
const MAX_STATEMENTS = 500;
/** A longer one inserts many rows: it takes more memory than it saves time. */
const MAX_KEPT_CHARS = 4096;

/**
 * Prepares each text once: that takes longer than most statements run. Those that were not asked for longest are
 * forgotten.
 */
export class Statements<Statement> {
  readonly #make: (sql: string) => Statement;
  readonly #kept = new RecentMap<string, Statement>(MAX_STATEMENTS);

  constructor(make: (sql: string) => Statement) {
    this.#make = make;
  }

  prepare(sql: string): Statement {
    if (sql.length > MAX_KEPT_CHARS) return this.#make(sql);
    const statement = this.#kept.get(sql) ?? this.#make(sql);
    this.#kept.set(sql, statement);
    return statement;
  }
}
