import { execFileSync } from "node:child_process";
import { DatabaseSync } from "node:sqlite";

/** The tables in which the server's log lies. */
const tables = [
  "audit_heads",
  "audit_tiles",
  "audit_entries",
  "audit_openings",
  "audit_sealed_openings",
  "audit_open_calls",
] as const;

/** The server's database, in the hands of somebody who may do anything with it. */
export class AuditDatabase {
  readonly #run: (sql: string) => string;
  readonly #hex: (column: string) => string;
  readonly #literal: (hex: string) => string;

  private constructor(
    run: (sql: string) => string,
    bytes: { readonly hex: (column: string) => string; readonly literal: (hex: string) => string },
  ) {
    this.#run = run;
    this.#hex = bytes.hex;
    this.#literal = bytes.literal;
  }

  static sqlite(file: string): AuditDatabase {
    const run = (sql: string) => {
      using database = new DatabaseSync(file, { timeout: 10_000 });
      if (!/^select/iu.test(sql)) {
        database.exec(`begin immediate; ${sql}; commit`);
        return "";
      }
      return String(Object.values(database.prepare(sql).get() ?? {})[0] ?? "");
    };
    return new AuditDatabase(run, { hex: (column) => `hex(${column})`, literal: (hex) => `x'${hex}'` });
  }

  static postgres(url: string): AuditDatabase {
    const run = (sql: string) => {
      const words = [url, "-qXAt", "-v", "ON_ERROR_STOP=1", "-c", sql];
      return execFileSync("psql", words, { encoding: "utf8", maxBuffer: 2 ** 26 }).trim();
    };
    return new AuditDatabase(run, {
      hex: (column) => `encode(${column}, 'hex')`,
      literal: (hex) => `'\\x${hex}'::bytea`,
    });
  }

  /** Runs statements, all or none. */
  run(sql: string): void {
    this.#run(sql);
  }

  get size(): number {
    return Number(this.#run("select count(*) from audit_entries"));
  }

  /** How many calls of an endpoint have begun and not ended. */
  openCalls(action: string): number {
    const calls = "audit_open_calls join audit_entries on audit_entries.place = audit_open_calls.place";
    return Number(this.#run(`select count(*) from ${calls} where action = '${action}'`));
  }

  entry(place: number): Buffer {
    const hex = this.#run(`select ${this.#hex("bytes")} from audit_entries where place = ${place}`);
    return Buffer.from(hex, "hex");
  }

  change(place: number, bytes: Uint8Array): void {
    const literal = this.#literal(Buffer.from(bytes).toString("hex"));
    this.#run(`update audit_entries set bytes = ${literal} where place = ${place}`);
  }

  /** Keeps the log as it is now, under a name. */
  keep(name: string): void {
    this.#run(tables.map((table) => `create table ${name}_${table} as select * from ${table}`).join("; "));
  }

  /** Sets the log back to what was kept. */
  setBack(name: string): void {
    const each = (table: string) =>
      `delete from ${table}; insert into ${table} select * from ${name}_${table}`;
    this.#run(tables.map(each).join("; "));
  }

  /** Puts back the entries that were kept and are missing or others now, and leaves the newer ones. */
  mend(name: string): void {
    const kept = `${name}_audit_entries`;
    this.#run(
      `delete from audit_entries where place in (select place from ${kept}); insert into audit_entries select * from ${kept}`,
    );
  }
}
