import { join } from "node:path";
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { messageOf } from "@pratique/core";
import { parseNetwork } from "../canonical/address.ts";
import type { Guard } from "../canonical/guard.ts";
import type { Observable } from "../canonical/observable.ts";
import { IntelError } from "../errors.ts";
import type { Intake } from "./intake.ts";
import { checkStamp, corrupt, databaseFile, type Pointer, readPointer } from "./pointer.ts";
import { kindOf, type SetWriter } from "./set-writer.ts";
import { type SourceLocation, sourceName } from "./source-record.ts";

/** The set that a directory holds before an update. */
export class PreviousSet implements Disposable {
  readonly pointer: Pointer;
  readonly #database: DatabaseSync;

  /** Throws `SET_CORRUPT` where the database is not what was written. */
  constructor(directory: string, pointer: Pointer) {
    this.pointer = pointer;
    const path = join(directory, databaseFile(pointer));
    checkStamp(path, pointer.database);
    try {
      this.#database = new DatabaseSync(path, { readOnly: true });
    } catch (cause) {
      throw corrupt(`${JSON.stringify(path)} cannot be read: ${messageOf(cause)}`, cause);
    }
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  /** Of what a source has named here, how many the source that is written now does not name any more. */
  countRemoved(source: SourceLocation, writer: SetWriter): number {
    let removed = 0;
    for (const row of this.#rowsOf(source)) {
      const { observable, port } = row;
      if (!writer.has(observable.key, port)) removed += 1;
    }
    return removed;
  }

  /** Takes over what a source has named, judged anew by the rules of now. */
  replay(
    source: SourceLocation,
    intake: Intake,
    { guard, now }: { readonly guard: Guard; readonly now: number },
  ): void {
    for (const { observable, port, family, confidence, firstSeen, expiresAt } of this.#rowsOf(source)) {
      if (expiresAt !== undefined && expiresAt <= now) intake.ignored("expired");
      else {
        const fault = guard.faultOf(observable);
        if (fault === undefined) intake.take(observable, { port, family, confidence, firstSeen, expiresAt });
        else intake.refused("the set before", fault, observable.value);
      }
    }
  }

  *#rowsOf(source: SourceLocation): Generator<PreviousRow> {
    const rows = this.#database
      .prepare(
        `SELECT i.kind, i.value, i.port, f.text AS family, i.confidence, i.first_seen, i.expires_at
         FROM indicator i JOIN word f ON f.id = i.family
         WHERE i.source = (SELECT id FROM word WHERE text = ?) ORDER BY i.id`,
      )
      .iterate(sourceName(source));
    for (const row of rows) yield previousRow(row);
  }
}

interface PreviousRow {
  readonly observable: Observable;
  readonly port: number;
  readonly family: string;
  readonly confidence: number;
  readonly firstSeen: number;
  readonly expiresAt: number | undefined;
}

/** The set of a directory, and why it could not be read, where it could not: that is no reason not to build anew. */
export function openPrevious(directory: string): {
  readonly previous?: PreviousSet | undefined;
  readonly damage?: string;
} {
  try {
    const pointer = readPointer(directory);
    return pointer === undefined ? {} : { previous: new PreviousSet(directory, pointer) };
  } catch (thrown) {
    if (thrown instanceof IntelError && thrown.code === "SET_CORRUPT") return { damage: thrown.message };
    throw thrown;
  }
}

function previousRow(row: Readonly<Record<string, SQLOutputValue>>): PreviousRow {
  const { value, port, family, confidence, first_seen: firstSeen, expires_at: expiresAt } = row;
  const kind = typeof row.kind === "number" ? kindOf(row.kind) : undefined;
  if (
    kind === undefined ||
    typeof value !== "string" ||
    typeof port !== "number" ||
    typeof family !== "string" ||
    typeof confidence !== "number" ||
    typeof firstSeen !== "number"
  ) {
    throw corrupt("a row of the set before is not in its form");
  }
  return {
    observable: observableOf(kind, value, port),
    port,
    family,
    confidence,
    firstSeen,
    expiresAt: typeof expiresAt === "number" ? expiresAt : undefined,
  };
}

/** From a value that was canonical when it was written. */
function observableOf(kind: Observable["kind"], value: string, port: number): Observable {
  if (kind === "url") {
    const key = value.replace(/^[a-z]+:\/\//u, "");
    const host = key.slice(0, Math.max(0, key.indexOf("/")));
    const network = parseNetwork(
      host.startsWith("[") ? host.replace(/^\[|\](?::\d+)?$/gu, "") : host.replace(/:\d+$/u, ""),
    );
    return { kind, value, port, key, ...(network !== undefined && { network }) };
  }
  const network = kind === "address" || kind === "network" ? parseNetwork(value) : undefined;
  return { kind, value, port, key: value, ...(network !== undefined && { network }) };
}
