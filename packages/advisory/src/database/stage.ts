import { DatabaseSync, type StatementSync } from "node:sqlite";
import { type Advisory, MiB, type VulnerabilityDetails } from "@pratique/core";
import type { ReleaseEnd } from "../end-of-life/release-end.ts";
import type { Repository } from "../providers/source-reader.ts";
import { boundDetails, isName, normalize } from "./limits.ts";
import { type EncodedRecord, encodeRecord } from "./record-codec.ts";
import { releaseKey } from "./release-key.ts";
import { repositoryKey } from "./repository-key.ts";

/** Text that is gathered in memory before it is written; a package's records mostly arrive together. */
const FLUSH_CHARACTERS = 4 * MiB;

/**
 * Takes what readers give, in any order and amount, and puts it into a temporary file in the order in which the
 * database is written. Memory stays bounded, whatever the sources hold.
 */
export class Stage implements Disposable {
  readonly database: DatabaseSync;
  readonly #insertChunk: StatementSync;
  readonly #insertDetail: StatementSync;
  readonly #insertEnrichment: StatementSync;
  readonly #gathered = new Map<string, Map<string, EncodedRecord[]>>();
  #gatheredCharacters = 0;
  #sequence = 0;

  constructor(path: string) {
    this.database = new DatabaseSync(path);
    this.database.exec(`
      PRAGMA journal_mode = OFF;
      PRAGMA synchronous = OFF;
      PRAGMA cache_size = -8192;
      CREATE TABLE chunk (
        ecosystem TEXT NOT NULL,
        package TEXT NOT NULL,
        source INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        records TEXT NOT NULL,
        PRIMARY KEY (ecosystem, package, source, sequence)
      ) WITHOUT ROWID, STRICT;
      CREATE TABLE detail (
        id TEXT NOT NULL, source INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (id, source)
      ) WITHOUT ROWID, STRICT;
      CREATE TABLE enrichment (
        id TEXT NOT NULL, source INTEGER NOT NULL, known_exploited INTEGER NOT NULL, epss REAL,
        PRIMARY KEY (id, source)
      ) WITHOUT ROWID, STRICT;
      BEGIN;
    `);
    this.#insertChunk = this.database.prepare("INSERT INTO chunk VALUES (?, ?, ?, ?, ?)");
    this.#insertDetail = this.database.prepare("INSERT OR IGNORE INTO detail VALUES (?, ?, ?)");
    this.#insertEnrichment = this.database.prepare(`
      INSERT INTO enrichment VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET
        known_exploited = max(known_exploited, excluded.known_exploited),
        epss = coalesce(epss, excluded.epss)
    `);
  }

  /** Takes one advisory that has been checked. */
  addAdvisory(advisory: Omit<Advisory, "source">, source: number): void {
    const normal = normalize(advisory);
    const { ecosystem, package: name } = normal;
    const text = encodeRecord(normal);
    const packages = this.#gathered.get(ecosystem) ?? new Map<string, EncodedRecord[]>();
    this.#gathered.set(ecosystem, packages);
    const records = packages.get(name);
    if (records === undefined) packages.set(name, [text]);
    else records.push(text);
    this.#gatheredCharacters += text.length;
    if (this.#gatheredCharacters > FLUSH_CHARACTERS) this.#flush(source);
  }

  addDetails(details: VulnerabilityDetails, source: number): void {
    if (!isName(details.id)) return;
    const { id, ...body } = boundDetails(details);
    if (Object.keys(body).length > 0) this.#insertDetail.run(id, source, JSON.stringify(body));
  }

  addEnrichment(
    id: string,
    { knownExploited = false, epss }: { readonly knownExploited?: boolean; readonly epss?: number },
    source: number,
  ): void {
    this.#insertEnrichment.run(id, source, knownExploited ? 1 : 0, epss ?? null);
  }

  addReleaseEnd({ distro, release, ...body }: ReleaseEnd, source: number): void {
    this.#insertDetail.run(releaseKey(distro, release), source, JSON.stringify(body));
  }

  addRepository({ name, cpes }: Repository, source: number): void {
    this.#insertDetail.run(repositoryKey(name), source, JSON.stringify({ cpes }));
  }

  /** Writes out what the source at hand has left in memory. */
  finishSource(source: number): void {
    this.#flush(source);
  }

  /** Forgets what a source that failed has given so far. */
  discardSource(source: number): void {
    this.#gathered.clear();
    this.#gatheredCharacters = 0;
    for (const table of ["chunk", "detail", "enrichment"] as const) {
      this.database.prepare(`DELETE FROM ${table} WHERE source = ?`).run(source);
    }
  }

  /** Writes everything to the file, and leaves it open for reading. */
  finish(): void {
    this.database.exec("COMMIT");
  }

  [Symbol.dispose](): void {
    this.database.close();
  }

  #flush(source: number): void {
    for (const [ecosystem, packages] of this.#gathered) {
      for (const [name, records] of packages) {
        this.#sequence += 1;
        this.#insertChunk.run(ecosystem, name, source, this.#sequence, records.join("\n"));
      }
    }
    this.#gathered.clear();
    this.#gatheredCharacters = 0;
  }
}
