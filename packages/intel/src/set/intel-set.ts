import { join, resolve } from "node:path";
import { DatabaseSync, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { type Indicator, indicatorKinds, messageOf } from "@pratique/core";
import {
  formatNetwork,
  type IpAddress,
  type IpNetwork,
  maskOf,
  parseAddress,
  wholeOf,
} from "../canonical/address.ts";
import { canonicalName, nameAndParents } from "../canonical/domain.ts";
import { fnv1a64, keyNumber } from "../canonical/hash64.ts";
import { parseObservable } from "../canonical/observable.ts";
import { IntelError } from "../errors.ts";
import { checkStamp, corrupt, databaseFile, type Pointer, readPointer, snapshotFile } from "./pointer.ts";
import { kindOf } from "./set-writer.ts";
import type { SourceRecord } from "./source-record.ts";
import { type NetworkVisitor, visitNetworks } from "./visit-networks.ts";

/** An indicator as a set holds it. */
export interface ListedIndicator {
  /** Its number, as snapshots have it. */
  readonly id: number;
  readonly indicator: Indicator;
  /** Why it is told and not blocked by: a warning list, or too little confidence. Undefined where it is blocked by. */
  readonly reportOnlyBy: string | undefined;
}

/** Answers for one set of indicators; nothing of it is held in memory. */
export class IntelSet implements Disposable {
  readonly revision: string;
  readonly snapshotPath: string;
  readonly sources: readonly SourceRecord[];
  readonly size: number;
  readonly #database: DatabaseSync;
  readonly #byKey: StatementSync;
  readonly #byId: StatementSync;
  readonly #prefixes: Pointer["prefixes"];
  readonly #now: () => number;
  readonly #snapshot: Pointer["snapshot"];

  constructor(directory: string, pointer: Pointer, now: () => number) {
    const path = join(directory, databaseFile(pointer));
    this.revision = pointer.database.sha256;
    this.snapshotPath = join(directory, snapshotFile(pointer));
    this.sources = pointer.sources;
    this.size = pointer.indicators;
    this.#prefixes = pointer.prefixes;
    this.#now = now;
    this.#snapshot = pointer.snapshot;
    checkStamp(path, pointer.database);
    try {
      this.#database = new DatabaseSync(path, { readOnly: true });
      this.#byKey = this.#database.prepare(
        `${SELECT} WHERE i.key = ?1 AND (?2 = 0 OR i.port = 0 OR i.port = ?2) ORDER BY i.id LIMIT ${MAX_FOUND}`,
      );
      this.#byId = this.#database.prepare(`${SELECT} WHERE i.id = ?`);
    } catch (cause) {
      throw corrupt(`${JSON.stringify(path)} cannot be read: ${messageOf(cause)}`, cause);
    }
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  /** The indicator of a number, as a snapshot of this revision has it. */
  byId(id: number): ListedIndicator | undefined {
    const row = this.#byId.get(id);
    return row === undefined ? undefined : listedOf(row);
  }

  /**
   * Tells the networks and addresses as the kernel has them, each with the number of its indicator: one that is listed
   * at several ports comes more often. Throws `SET_CORRUPT`.
   */
  visitNetworks(visitor: NetworkVisitor): void {
    checkStamp(this.snapshotPath, this.#snapshot);
    visitNetworks(this.snapshotPath, visitor);
  }

  /** Whether an indicator still holds. */
  isInForce({ indicator: { expiresAt } }: ListedIndicator): boolean {
    return expiresAt === undefined || expiresAt > this.#now();
  }

  /** What names are looked up by, one after another: an index of all of them takes less than the names. */
  *domainKeys(): Generator<number, void, undefined> {
    const kind = indicatorKinds.indexOf("domain");
    for (const row of this.#database.prepare("SELECT key FROM indicator WHERE kind = ?").iterate(kind)) {
      yield numberIn(row, "key");
    }
  }

  /** What lists an address, alone or in a network, at a port: the most specific first. */
  byAddress(address: string, port = 0): readonly ListedIndicator[] {
    const parsed = parseAddress(address);
    return parsed === undefined ? [] : this.#ofAddress(parsed, port);
  }

  /** What lists a name, or one that it lies below: the nearest first. */
  byName(name: string): readonly ListedIndicator[] {
    const canonical = canonicalName(name);
    if (canonical === undefined) return [];
    return [...nameAndParents(canonical)].flatMap((each) => this.#ofValue(each, "domain"));
  }

  /** What lists a URL, or the server in it. */
  byUrl(url: string): readonly ListedIndicator[] {
    const observable = parseObservable(url, "url");
    if (observable.kind !== "url") return [];
    const { key, network, port } = observable;
    const host =
      network === undefined
        ? this.byName(new URL(observable.value).hostname)
        : this.#ofAddress(network, port);
    return [...this.#ofKey(key).filter(({ indicator }) => indicator.kind === "url"), ...host];
  }

  /** What lists a text of any kind, as a person types it: for a network the network, and those that it lies in. */
  find(text: string): readonly ListedIndicator[] {
    const observable = parseObservable(text.trim());
    switch (observable.kind) {
      case "refused":
        return [];
      case "address":
      case "network":
        return observable.network === undefined ? [] : this.#ofAddress(observable.network, observable.port);
      case "domain":
        return text.includes("://") ? this.byUrl(text.trim()) : this.byName(observable.value);
      case "url":
        return this.byUrl(observable.value);
      case "hash":
        return this.#ofValue(observable.value, "hash");
    }
  }

  #ofAddress(network: IpNetwork | IpAddress, port: number): readonly ListedIndicator[] {
    const whole = "prefix" in network ? network : wholeOf(network);
    const lengths = network.family === 4 ? this.#prefixes.v4 : this.#prefixes.v6;
    const around = lengths.filter((length) => length <= whole.prefix).map((length) => maskOf(whole, length));
    const values = new Set([formatNetwork(whole), ...around.map(formatNetwork)]);
    return [...values].flatMap((value) =>
      this.#ofKey(value, port).filter(({ indicator }) => indicator.value === value),
    );
  }

  #ofValue(value: string, kind: Indicator["kind"]): readonly ListedIndicator[] {
    return this.#ofKey(value).filter(({ indicator }) => indicator.kind === kind && indicator.value === value);
  }

  /** What the key finds; another text may have the same, so that values are compared by those who ask. */
  #ofKey(key: string, port = 0): readonly ListedIndicator[] {
    return this.#byKey
      .all(keyNumber(fnv1a64(key)), port)
      .map(listedOf)
      .filter((listed) => this.isInForce(listed));
  }
}

/** One value has a row for each source and port. */
const MAX_FOUND = 1000;

const SELECT = `SELECT i.id, i.kind, i.value, i.port, i.confidence, i.first_seen, i.expires_at,
  s.text AS source, f.text AS family, h.text AS held_by
  FROM indicator i JOIN word s ON s.id = i.source JOIN word f ON f.id = i.family JOIN word h ON h.id = i.held_by`;

/** Opens the current set of a directory. Throws `SET_MISSING` and `SET_CORRUPT`. */
export function openSet(directory: string, { now }: { readonly now: () => number }): IntelSet {
  const pointer = readPointer(resolve(directory));
  if (pointer !== undefined) return new IntelSet(resolve(directory), pointer, now);
  throw new IntelError("SET_MISSING", `no set of indicators in ${JSON.stringify(directory)}`);
}

/** The current snapshot of a directory, checked against what was written; undefined where there is no set. */
export function currentSnapshot(
  directory: string,
): { readonly path: string; readonly revision: string } | undefined {
  const pointer = readPointer(resolve(directory));
  if (pointer === undefined) return undefined;
  const path = join(resolve(directory), snapshotFile(pointer));
  checkStamp(path, pointer.snapshot);
  return { path, revision: pointer.database.sha256 };
}

type Row = Readonly<Record<string, SQLOutputValue>>;

function listedOf(row: Row): ListedIndicator {
  const kind = kindOf(numberIn(row, "kind"));
  if (kind === undefined) throw corrupt("a row of the set is of no kind");
  const heldBy = textIn(row, "held_by");
  return {
    id: numberIn(row, "id"),
    indicator: {
      kind,
      value: textIn(row, "value"),
      port: numberIn(row, "port"),
      source: textIn(row, "source"),
      family: textIn(row, "family"),
      confidence: numberIn(row, "confidence"),
      firstSeen: numberIn(row, "first_seen"),
      expiresAt: row.expires_at === null ? undefined : numberIn(row, "expires_at"),
    },
    reportOnlyBy: heldBy === "" ? undefined : heldBy,
  };
}

function numberIn(row: Row, column: string): number {
  const value = row[column];
  if (typeof value === "number") return value;
  throw corrupt(`a row of the set has no ${column}`);
}

function textIn(row: Row, column: string): string {
  const value = row[column];
  if (typeof value === "string") return value;
  throw corrupt(`a row of the set has no ${column}`);
}
