import { DatabaseSync, type StatementSync } from "node:sqlite";
import { type IndicatorKind, indicatorKinds } from "@pratique/core";
import { fnv1a64, keyNumber } from "../canonical/hash64.ts";
import { KeyTable } from "../canonical/key-table.ts";
import type { Observable } from "../canonical/observable.ts";
import { INDEX, SCHEMA } from "./schema.ts";
import { type SnapshotOut, SnapshotRows, type SnapshotSummary } from "./snapshot-rows.ts";

/** One indicator that has passed all checks. */
export interface SetRow {
  readonly observable: Observable;
  readonly port: number;
  readonly family: string;
  readonly confidence: number;
  readonly firstSeen: number;
  readonly expiresAt: number | undefined;
  /** What keeps it from being blocked by: a warning list, or too little confidence; empty where nothing does. */
  readonly heldBy: string;
}

/** Rows in one transaction; the journal is off, as an unfinished file is thrown away. */
const PRAGMAS = `
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA page_size = 8192;
PRAGMA cache_size = -8000;
`;
const MAX_FAMILIES = 200_000;

/** Writes a new set: the database, and the rows of the snapshot. */
export class SetWriter implements Disposable {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #words = new Map<string, number>([["", 0]]);
  readonly #rows = new SnapshotRows();
  readonly #prefixes = new Set<number>();
  #seen = new KeyTable({ keysOnly: true });
  #count = 0;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec(PRAGMAS + SCHEMA);
    this.#database.exec("BEGIN");
    this.#insert = this.#database.prepare("INSERT INTO indicator VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  }

  get count(): number {
    return this.#count;
  }

  /** Begins a source: what it names twice is kept once. */
  begin(): { readonly count: number; readonly rows: readonly [number, number, number] } {
    this.#seen = new KeyTable({ keysOnly: true });
    return { count: this.#count, rows: this.#rows.mark() };
  }

  /** Takes back all since a source was begun. */
  rollBack({ count, rows }: ReturnType<SetWriter["begin"]>): void {
    this.#database.prepare("DELETE FROM indicator WHERE id >= ?").run(count);
    this.#rows.rollBack(rows);
    this.#count = count;
    this.#seen = new KeyTable({ keysOnly: true });
  }

  /** Whether the source at hand has named this already. */
  has(key: string, port: number): boolean {
    return this.#seen.get(identity(key, port)) !== undefined;
  }

  /** Says whether the row is new; the first of two that name the same holds. */
  add(source: string, row: SetRow): boolean {
    const { observable, port, heldBy, expiresAt } = row;
    const hash = fnv1a64(observable.key);
    if (!this.#seen.set(withPort(hash, port))) return false;
    const indicator = this.#count;
    this.#insert.run(
      indicator,
      keyNumber(hash),
      indicatorKinds.indexOf(observable.kind),
      observable.value,
      port,
      this.#wordOf(source),
      this.#wordOf(row.family),
      row.confidence,
      row.firstSeen,
      expiresAt ?? null,
      this.#wordOf(heldBy),
    );
    this.#count += 1;
    const { network, kind } = observable;
    // What a URL names is one page of a server: its address is worth a report, and no more.
    const facts = { indicator, expiresAt, reportOnly: heldBy !== "" || kind === "url" };
    if (network !== undefined) {
      this.#rows.network(network, port, facts);
      if (kind === "network") this.#prefixes.add(network.family * 1000 + network.prefix);
    } else if (kind === "domain" && port === 0) {
      // One that is listed at a port may be a relay that honest people use at another; names are asked for without one.
      this.#rows.name(hash, facts);
    }
    return true;
  }

  /** Ends the database, and writes the snapshot; both are whole, and not yet synced. */
  finish(out: SnapshotOut): { readonly snapshot: SnapshotSummary; readonly prefixes: Prefixes } {
    const insertWord = this.#database.prepare("INSERT INTO word VALUES (?, ?)");
    for (const [text, id] of this.#words) insertWord.run(id, text);
    this.#seen = new KeyTable({ keysOnly: true });
    this.#database.exec(INDEX);
    this.#database.exec("COMMIT");
    this.#database.close();
    const lengths = [...this.#prefixes].sort((left, right) => right - left);
    const ofFamily = (family: number): readonly number[] =>
      lengths.filter((length) => Math.floor(length / 1000) === family).map((length) => length % 1000);
    return { snapshot: this.#rows.writeTo(out), prefixes: { v4: ofFamily(4), v6: ofFamily(6) } };
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #wordOf(text: string): number {
    const known = this.#words.get(text);
    if (known !== undefined) return known;
    // A feed that names another family in each row names none.
    if (this.#words.size >= MAX_FAMILIES) return 0;
    this.#words.set(text, this.#words.size);
    return this.#words.size - 1;
  }
}

/** The lengths of the networks in a set, the longest first: what a look-up has to try. */
export interface Prefixes {
  readonly v4: readonly number[];
  readonly v6: readonly number[];
}

/** The kind of a number that a row has. */
export function kindOf(number: number): IndicatorKind | undefined {
  return indicatorKinds[number];
}

function identity(key: string, port: number): ReturnType<typeof fnv1a64> {
  return withPort(fnv1a64(key), port);
}

function withPort({ high, low }: ReturnType<typeof fnv1a64>, port: number): ReturnType<typeof fnv1a64> {
  return { high: (high ^ Math.imul(port, 0x9e37_79b1)) >>> 0, low };
}
