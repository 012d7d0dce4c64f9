import { createHash } from "node:crypto";
import { join } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import {
  type Advisory,
  type AdvisoryIndex,
  type AdvisorySource,
  type Coverage,
  type Distro,
  type Ecosystem,
  type EndOfLife,
  type Enrichment,
  ecosystem,
  isSeverity,
  type VulnerabilityDetails,
} from "@pratique/core";
import { knownEnd } from "../end-of-life/known-ends.ts";
import { endFor, type ReleaseEnd, releaseOf } from "../end-of-life/release-end.ts";
import { AdvisoryError } from "../errors.ts";
import { type Fields, textOf, textsOf } from "../location/fields.ts";
import { canonicalPackageName } from "../package-name.ts";
import { openStarter } from "../starter/starter.ts";
import { type StaleLimits, summarizeSources } from "./age.ts";
import { checksumOf } from "./assemble.ts";
import { checkStamp } from "./file-stamp.ts";
import { fileNameOf, readPointer } from "./pointer.ts";
import { unpackRecords, unpackText } from "./record-codec.ts";
import { releaseKey } from "./release-key.ts";
import { repositoryKey } from "./repository-key.ts";
import { bytesColumn, numberColumn, type Row, textColumn } from "./row.ts";
import { parseObject, parseSourceRecord, type SourceRecord } from "./source-record.ts";
import { readFailure } from "./sqlite-failure.ts";
import { openReadOnly } from "./verify.ts";

export interface OpenOptions extends StaleLimits {
  readonly clock: () => Date;
}

/**
 * Opens the database that is current in a directory. It stays the same until it is disposed of, whatever is built
 * meanwhile. Where there is none, the starter set answers.
 *
 * Throws `DATABASE_CORRUPT` where there is one that cannot be trusted: falling back to the starter set would hide it.
 */
export function openDatabase(directory: string, options: OpenOptions): AdvisoryDatabase {
  const found = openCurrent(directory);
  return new AdvisoryDatabase(found, options);
}

interface Opened {
  readonly database: DatabaseSync;
  readonly path: string;
  readonly revision: string;
}

/** A build may remove what the pointer named a moment ago; then the pointer has moved on, too. */
const OPEN_ATTEMPTS = 3;

function openCurrent(directory: string): Opened | undefined {
  for (let attempt = 1; ; attempt += 1) {
    const pointer = readPointer(directory);
    if (pointer === undefined) return undefined;
    const path = join(directory, fileNameOf(pointer));
    try {
      checkStamp(path, pointer);
      return { database: openReadOnly(path), path, revision: pointer.revision };
    } catch (thrown) {
      if (attempt < OPEN_ATTEMPTS && readPointer(directory)?.checksum !== pointer.checksum) continue;
      throw thrown;
    }
  }
}

/**
 * The advisories of one database file, with the starter set for ecosystems that no source of it speaks of.
 *
 * Every row read is checked against its check sum; a row that does not fit is `DATABASE_CORRUPT`.
 */
export class AdvisoryDatabase implements AdvisoryIndex, Disposable {
  readonly revision: string;
  readonly sources: readonly AdvisorySource[];
  /** What each source was when it was read; empty where only the starter set answers. */
  readonly records: readonly SourceRecord[];
  readonly #path: string;
  readonly #database: DatabaseSync | undefined;
  readonly #ecosystems = new Map<string, number>();
  readonly #providers = new Map<number, string>();
  readonly #statements: Statements | undefined;
  readonly #starter = openStarter();
  readonly #hasEnrichment: boolean;
  readonly #today: () => string;

  /** Use {@link openDatabase}. */
  constructor(opened: Opened | undefined, options: OpenOptions) {
    this.#database = opened?.database;
    this.#path = opened?.path ?? "";
    this.#today = () => options.clock().toISOString().slice(0, 10);
    try {
      this.#statements = opened === undefined ? undefined : prepare(opened.database);
      this.records = opened === undefined ? [] : this.#readSources(opened.database);
    } catch (thrown) {
      opened?.database.close();
      throw readFailure(thrown, this.#path);
    }
    this.#hasEnrichment = this.records.some(({ provider }) => provider === "kev");
    this.sources = [
      ...summarizeSources(this.records, options.clock(), options),
      // Listed even beside full sources, as it answers wherever they do not reach.
      ...this.#starter.sources,
    ];
    this.revision =
      opened === undefined
        ? this.#starter.revision
        : createHash("sha256").update(`${opened.revision} ${this.#starter.revision}`).digest("hex");
  }

  /** ISO 8601: when the newest of its sources was read; the day of the starter set where that alone answers. */
  get builtAt(): string {
    const dates = this.sources.map(({ builtAt }) => new Date(builtAt).toISOString());
    return dates.sort().at(-1) ?? "";
  }

  coverage(of: Ecosystem): Coverage {
    return this.#ecosystems.has(of) ? "full" : this.#starter.coverage(of);
  }

  lookUp(of: Ecosystem, packageName: string): readonly Advisory[] {
    const id = this.#ecosystems.get(of);
    if (id === undefined || this.#statements === undefined) return this.#starter.lookUp(of, packageName);
    const name = canonicalPackageName(of, packageName);
    const { advisories } = this.#statements;
    return this.#guarded(() => advisories.all(id, name).flatMap((row) => this.#unpack(row, of, name)));
  }

  details(id: string): VulnerabilityDetails | undefined {
    const rows = this.#guarded(() => this.#statements?.details.all(id) ?? []);
    const found = rows.map((row) => decodeDetails(id, parseObject(textColumn(row, "body"))));
    const starter = this.#starter.details(id);
    return mergeDetails(starter === undefined ? found : [...found, starter]);
  }

  enrichment(id: string): Enrichment {
    const rows = this.#guarded(() => this.#statements?.enrichments.all(id) ?? []);
    const fallback = this.#hasEnrichment ? false : this.#starter.enrichment(id).knownExploited;
    const epss = rows.map(({ epss }) => epss).find((value) => typeof value === "number");
    return {
      knownExploited: fallback || rows.some((row) => numberColumn(row, "known_exploited") === 1),
      ...(typeof epss === "number" ? { epss } : {}),
    };
  }

  endOfLife(distro: Distro): EndOfLife | undefined {
    const release = releaseOf(distro);
    if (release === undefined) return undefined;
    const { id } = distro;
    const told = this.#toldEnd(id, release);
    const end = told ?? knownEnd(id, release);
    const since = end === undefined ? undefined : endFor(end, distro);
    if (since === undefined || since >= this.#today()) return undefined;
    return { since, source: told === undefined ? "built in" : "eol" };
  }

  repositoryCpes(repository: string): readonly string[] | undefined {
    const [row] = this.#guarded(() => this.#statements?.details.all(repositoryKey(repository)) ?? []);
    return row === undefined ? undefined : textsOf(parseObject(textColumn(row, "body")).cpes);
  }

  /**
   * All advisories that carry an identifier, as their own or as an alias or a document. Reads the whole database: for
   * people who ask about one vulnerability, not for matching.
   */
  find(id: string): readonly Advisory[] {
    const wanted = (advisory: Advisory): boolean =>
      advisory.id === id || advisory.document === id || advisory.aliases.includes(id);
    const names = new Map([...this.#ecosystems].map(([name, number]) => [number, ecosystem(name)]));
    const found = this.#guarded(() => {
      const advisories: Advisory[] = [];
      for (const row of this.#database?.prepare("SELECT * FROM advisory").iterate() ?? []) {
        if (!unpackText(bytesColumn(row, "records")).includes(JSON.stringify(id))) continue;
        const of = names.get(numberColumn(row, "ecosystem"));
        if (of !== undefined)
          advisories.push(...this.#unpack(row, of, textColumn(row, "package")).filter(wanted));
      }
      return advisories;
    });
    return [
      ...found,
      ...this.#starter.find(id).filter((advisory) => this.coverage(advisory.ecosystem) !== "full"),
    ];
  }

  [Symbol.dispose](): void {
    this.#database?.close();
  }

  #readSources(database: DatabaseSync): readonly SourceRecord[] {
    for (const row of database.prepare("SELECT id, name FROM ecosystem").all()) {
      this.#ecosystems.set(textColumn(row, "name"), numberColumn(row, "id"));
    }
    return database
      .prepare("SELECT id, body FROM source ORDER BY id")
      .all()
      .map((row) => {
        const record = parseSourceRecord(textColumn(row, "body"));
        this.#providers.set(numberColumn(row, "id"), record.provider);
        return record;
      });
  }

  /** What a feed says of the end of a release. */
  #toldEnd(distro: string, release: string): ReleaseEnd | undefined {
    const [row] = this.#guarded(() => this.#statements?.details.all(releaseKey(distro, release)) ?? []);
    if (row === undefined) return undefined;
    const body = parseObject(textColumn(row, "body"));
    const ends = textOf(body.ends);
    const endsForSubscribers = textOf(body.endsForSubscribers);
    return {
      distro,
      release,
      ...(ends === undefined ? {} : { ends }),
      ...(endsForSubscribers === undefined ? {} : { endsForSubscribers }),
    };
  }

  #unpack(row: Row, of: Ecosystem, name: string): readonly Advisory[] {
    const records = bytesColumn(row, "records");
    const source = this.#providers.get(numberColumn(row, "source"));
    if (source === undefined || checksumOf(name, records) !== numberColumn(row, "checksum")) {
      throw new AdvisoryError(
        "DATABASE_CORRUPT",
        `the records of ${JSON.stringify(name)} in ${JSON.stringify(this.#path)} are damaged`,
      );
    }
    return unpackRecords(records, { source, ecosystem: of, package: name });
  }

  #guarded<T>(read: () => T): T {
    try {
      return read();
    } catch (thrown) {
      throw readFailure(thrown, this.#path);
    }
  }
}

interface Statements {
  readonly advisories: StatementSync;
  readonly details: StatementSync;
  readonly enrichments: StatementSync;
}

function prepare(database: DatabaseSync): Statements {
  return {
    advisories: database.prepare(
      "SELECT source, checksum, records FROM advisory WHERE ecosystem = ? AND package = ? ORDER BY source",
    ),
    details: database.prepare("SELECT body FROM detail WHERE id = ? ORDER BY source"),
    enrichments: database.prepare(
      "SELECT known_exploited, epss FROM enrichment WHERE id = ? ORDER BY source",
    ),
  };
}

function decodeDetails(id: string, body: Fields): VulnerabilityDetails {
  const title = textOf(body.title);
  const description = textOf(body.description);
  const severity = textOf(body.severity);
  const published = textOf(body.published);
  const urls = textsOf(body.urls);
  const standing = body.standing === "disputed" || body.standing === "rejected" ? body.standing : undefined;
  return {
    id,
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(severity !== undefined && isSeverity(severity) ? { severity } : {}),
    ...(published === undefined ? {} : { published }),
    ...(urls.length === 0 ? {} : { urls }),
    ...(standing === undefined ? {} : { standing }),
  };
}

/** Each member comes from the first source that has it; links come from all. */
function mergeDetails(list: readonly VulnerabilityDetails[]): VulnerabilityDetails | undefined {
  const [first] = list;
  if (first === undefined) return undefined;
  const urls = [...new Set(list.flatMap((details) => details.urls ?? []))];
  const merged: VulnerabilityDetails = Object.assign({}, ...list.toReversed());
  return urls.length === 0 ? merged : { ...merged, urls };
}
