import type { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import { type Ecosystem, ecosystem } from "@pratique/core";
import { listOf } from "../location/fields.ts";
import { unpackText } from "./record-codec.ts";
import { repositoryKey } from "./repository-key.ts";
import { bytesColumn, numberColumn, type Row, textColumn } from "./row.ts";
import { readFailure } from "./sqlite-failure.ts";
import { openReadOnly } from "./verify.ts";

/** A package as advisories name it. */
export interface AdvisoryKey {
  readonly ecosystem: Ecosystem;
  /** In the ecosystem's canonical spelling. */
  readonly package: string;
}

/** What another database may answer otherwise. */
export interface AdvisoryDelta {
  /** Packages of which other things are said, or whose vulnerabilities are described otherwise. */
  readonly keys: readonly AdvisoryKey[];
  /** Ecosystems that only one of the two speaks of: with them, the starter advisories begin or cease to answer. */
  readonly ecosystems: readonly Ecosystem[];
  /**
   * True where the answers may differ for any package: only one of the two knows which vulnerabilities are exploited, or
   * they say different things of what Red Hat's repositories hold.
   */
  readonly everything: boolean;
}

/** So many rows are read before others get their turn: a millisecond or two. */
const ROWS_AT_ONCE = 1_000;

/**
 * Says what differs between two database files, by a merge of their rows. Whatever is asked of both about a package that
 * is in no key, in none of the ecosystems, and while `everything` is false, has the same answer; only probabilities of
 * exploitation (EPSS) may differ, which all change every day, and the ends of releases.
 *
 * Reads both from end to end, a little at a time. Throws `DATABASE_CORRUPT`, and the reason of the signal.
 */
export async function compareDatabases(
  beforePath: string,
  afterPath: string,
  signal?: AbortSignal,
): Promise<AdvisoryDelta> {
  const pace = new Pace(signal);
  using before = new Side(beforePath);
  using after = new Side(afterPath);
  const keys = new Keys();
  await changedRows(before.advisories(), after.advisories(), pace, ({ name }) => keys.add(name));
  const described = new Set<string>();
  await changedRows(before.details(), after.details(), pace, ({ name }) => described.add(name[1]));
  await changedRows(before.exploited(), after.exploited(), pace, ({ name }) => described.add(name[1]));
  if (described.size > 0) await after.naming(described, pace, (name) => keys.add(name));
  let everything = before.tellsExploited() !== after.tellsExploited();
  await changedRows(before.repositories(), after.repositories(), pace, () => {
    everything = true;
  });
  const [was, is] = [before.ecosystems(), after.ecosystems()];
  return {
    keys: keys.list(),
    ecosystems: [...was.symmetricDifference(is)].sort().map(ecosystem),
    everything,
  };
}

/** What one database says under one name. */
interface Said {
  readonly name: readonly [ecosystem: string, name: string];
  /** In the order of its sources. */
  readonly content: readonly (string | Uint8Array)[];
}

class Keys {
  readonly #found = new Map<string, AdvisoryKey>();

  add([of, name]: Said["name"]): void {
    this.#found.set(`${of}\n${name}`, { ecosystem: ecosystem(of), package: name });
  }

  list(): readonly AdvisoryKey[] {
    return [...this.#found.values()];
  }
}

/** Gives way to others now and then. */
class Pace {
  readonly #signal: AbortSignal | undefined;
  #rows = 0;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  async row(): Promise<void> {
    this.#rows += 1;
    if (this.#rows % ROWS_AT_ONCE !== 0) return;
    await setImmediate();
    this.#signal?.throwIfAborted();
  }
}

/** Walks two sorted lists side by side, and tells of each name under which they do not say the same. */
async function changedRows(
  before: Iterator<Said>,
  after: Iterator<Said>,
  pace: Pace,
  changed: (said: Said) => void,
): Promise<void> {
  let [left, right] = [before.next(), after.next()];
  while (left.done !== true || right.done !== true) {
    await pace.row();
    const order = orderOf(left, right);
    if (order < 0 && left.done !== true) changed(left.value);
    if (order > 0 && right.done !== true) changed(right.value);
    if (order === 0 && left.done !== true && right.done !== true && !isSame(left.value, right.value)) {
      changed(right.value);
    }
    if (order <= 0) left = before.next();
    if (order >= 0) right = after.next();
  }
}

function orderOf(left: IteratorResult<Said>, right: IteratorResult<Said>): number {
  if (left.done === true) return 1;
  if (right.done === true) return -1;
  const [[of, name], [otherOf, otherName]] = [left.value.name, right.value.name];
  // As a build numbers them: see assemble.ts.
  if (of !== otherOf) return of < otherOf ? -1 : 1;
  // As SQLite orders text: by its bytes.
  return name === otherName ? 0 : Buffer.compare(Buffer.from(name), Buffer.from(otherName));
}

function isSame(left: Said, right: Said): boolean {
  return (
    left.content.length === right.content.length &&
    left.content.every((one, place) => isSameContent(one, right.content[place] ?? ""))
  );
}

function isSameContent(left: string | Uint8Array, right: string | Uint8Array): boolean {
  if (typeof left === "string" || typeof right === "string") return left === right;
  return Buffer.compare(left, right) === 0;
}

/** One of the two databases. */
class Side implements Disposable {
  readonly #path: string;
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.#path = path;
    this.#database = openReadOnly(path);
  }

  advisories(): Iterator<Said> {
    return grouped(
      this.#rows(`
        SELECT e.name AS first, a.package AS second, s.provider, a.records AS content
        FROM advisory a JOIN ecosystem e ON e.id = a.ecosystem JOIN source s ON s.id = a.source
        ORDER BY a.ecosystem, a.package, a.source`),
    );
  }

  /** Without the ends of releases and what repositories hold, whose names have spaces. */
  details(): Iterator<Said> {
    return grouped(
      this.#rows(`
        SELECT '' AS first, d.id AS second, s.provider, d.body AS content
        FROM detail d JOIN source s ON s.id = d.source WHERE instr(d.id, ' ') = 0 ORDER BY d.id, d.source`),
    );
  }

  repositories(): Iterator<Said> {
    const prefix = repositoryKey("");
    return grouped(
      this.#rows(`
        SELECT '' AS first, d.id AS second, s.provider, d.body AS content
        FROM detail d JOIN source s ON s.id = d.source
        WHERE substr(d.id, 1, ${prefix.length}) = '${prefix}' ORDER BY d.id, d.source`),
    );
  }

  /** Vulnerabilities that are known to be exploited. */
  exploited(): Iterator<Said> {
    return grouped(
      this.#rows(`
        SELECT DISTINCT '' AS first, id AS second, '' AS provider, '' AS content
        FROM enrichment WHERE known_exploited = 1 ORDER BY id`),
    );
  }

  ecosystems(): Set<string> {
    return new Set([...this.#rows("SELECT name FROM ecosystem")].map((row) => textColumn(row, "name")));
  }

  /** Whether the starter advisories are silent about what is exploited: see advisory-database.ts. */
  tellsExploited(): boolean {
    const [row = {}] = this.#rows("SELECT count(*) AS n FROM source WHERE provider = 'kev'");
    return numberColumn(row, "n") > 0;
  }

  /** Tells of each package of which an advisory names one of the vulnerabilities, by its id or an alias. */
  async naming(
    vulnerabilities: ReadonlySet<string>,
    pace: Pace,
    found: (name: Said["name"]) => void,
  ): Promise<void> {
    for (const row of this.#rows(`
      SELECT e.name AS ecosystem, a.package, a.records FROM advisory a JOIN ecosystem e ON e.id = a.ecosystem`)) {
      await pace.row();
      if (namesAny(bytesColumn(row, "records"), vulnerabilities)) {
        found([textColumn(row, "ecosystem"), textColumn(row, "package")]);
      }
    }
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  *#rows(query: string): Generator<Row> {
    try {
      yield* this.#database.prepare(query).iterate();
    } catch (thrown) {
      throw readFailure(thrown, this.#path);
    }
  }
}

/** Rows of one name lie side by side. */
function* grouped(rows: Iterable<Row>): Generator<Said> {
  let name: readonly [string, string] | undefined;
  let content: (string | Uint8Array)[] = [];
  for (const row of rows) {
    const [first, second] = [textColumn(row, "first"), textColumn(row, "second")];
    if (name === undefined || name[0] !== first || name[1] !== second) {
      if (name !== undefined) yield { name, content };
      name = [first, second];
      content = [];
    }
    content.push(textColumn(row, "provider"), contentOf(row));
  }
  if (name !== undefined) yield { name, content };
}

function contentOf(row: Row): string | Uint8Array {
  return typeof row.content === "string" ? row.content : bytesColumn(row, "content");
}

/** See record-codec.ts: an identifier is the first member of a record, aliases are the third. */
function namesAny(records: Uint8Array, vulnerabilities: ReadonlySet<string>): boolean {
  return listOf(JSON.parse(unpackText(records))).some((record) => {
    const [id, , aliases] = listOf(record);
    return [id, ...listOf(aliases)].some((name) => typeof name === "string" && vulnerabilities.has(name));
  });
}
