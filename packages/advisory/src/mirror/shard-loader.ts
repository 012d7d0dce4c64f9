import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type Ecosystem, ecosystem, isSeverity } from "@pratique/core";
import { checksumOf } from "../database/assemble.ts";
import { faultOf, isName } from "../database/limits.ts";
import { packRecords, unpackRecords } from "../database/record-codec.ts";
import { AdvisoryError } from "../errors.ts";
import { type Fields, objectOf } from "../location/fields.ts";
import type { Lines } from "./line-delta.ts";
import { type Shard, seriesOf } from "./shard.ts";

const TAB = "\t";
const MAX_KEY_LENGTH = 600;
/** Links of a vulnerability, or names of a repository. */
const MAX_LIST = 256;

/** What a line of a shard says: KEY, SOURCE and a value as JSON. */
interface Line {
  readonly key: string;
  readonly source: string;
  readonly value: string;
}

/** Puts shards into a new database, whose sources and ecosystems are there already. */
export class ShardLoader {
  readonly #sources: ReadonlyMap<string, number>;
  readonly #ecosystems: ReadonlyMap<string, number>;
  readonly #insertAdvisory: StatementSync;
  readonly #insertDetail: StatementSync;
  readonly #insertEnrichment: StatementSync;

  constructor(
    database: DatabaseSync,
    /** Numbers of the sources by what the mirror calls them. */
    sources: ReadonlyMap<string, number>,
    /** Numbers of the ecosystems by their names. */
    ecosystems: ReadonlyMap<string, number>,
  ) {
    this.#sources = sources;
    this.#ecosystems = ecosystems;
    this.#insertAdvisory = database.prepare("INSERT INTO main.advisory VALUES (?, ?, ?, ?, ?)");
    this.#insertDetail = database.prepare("INSERT INTO main.detail VALUES (?, ?, ?)");
    this.#insertEnrichment = database.prepare("INSERT INTO main.enrichment VALUES (?, ?, ?, ?)");
  }

  /**
   * Takes the lines of one shard as they come. Signed as they are, they are looked at as closely as what a provider reads:
   * what this version could not have written is `MIRROR_MALFORMED`.
   */
  async load(shard: Shard, lines: Lines): Promise<void> {
    let before: Buffer | undefined;
    let group: { readonly key: string; readonly source: string; readonly records: string[] } | undefined;
    for await (const bytes of lines) {
      if (before !== undefined && Buffer.compare(before, bytes) >= 0)
        throw malformed("its lines are not in order");
      before = bytes;
      const line = parseLine(bytes);
      if (shard.kind !== "advisories") this.#insert(shard, line);
      else if (group?.key === line.key && group.source === line.source) group.records.push(line.value);
      else {
        if (group !== undefined) this.#insertPackage(shard.ecosystem, group);
        group = { key: line.key, source: line.source, records: [line.value] };
      }
    }
    if (group !== undefined && shard.kind === "advisories") this.#insertPackage(shard.ecosystem, group);
  }

  #insertPackage(
    name: string,
    { key, source, records }: { readonly key: string; readonly source: string; readonly records: string[] },
  ): void {
    const packed = packRecords(records);
    const of = ecosystem(name);
    checkRecords(packed, { of, key, count: records.length });
    const number = this.#ecosystems.get(name);
    if (number === undefined) throw malformed("it is of an ecosystem that the manifest does not name");
    this.#insertAdvisory.run(number, key, this.#numberOf(source), checksumOf(key, packed), packed);
  }

  #insert(shard: Exclude<Shard, { kind: "advisories" }>, { key, source, value }: Line): void {
    const number = this.#numberOf(source);
    const parsed = parseValue(value);
    if (shard.kind === "details") {
      if (seriesOf(key) !== shard.series || !isDetailKey(key) || !isDetails(objectOf(parsed))) {
        throw malformed(`the details of ${shown(key)} are none`);
      }
      this.#insertDetail.run(key, number, value);
      return;
    }
    const [known, epss, ...rest] = Array.isArray(parsed) ? parsed : [];
    const isShare = typeof epss === "number" && epss >= 0 && epss <= 1;
    if (!isName(key) || (known !== 0 && known !== 1) || rest.length > 0 || (epss !== undefined && !isShare)) {
      throw malformed(`what is known of ${shown(key)} is malformed`);
    }
    this.#insertEnrichment.run(key, number, known, isShare ? epss : null);
  }

  #numberOf(source: string): number {
    const number = this.#sources.get(source);
    if (number === undefined) throw malformed(`the manifest names no source ${shown(source)}`);
    return number;
  }
}

function parseLine(bytes: Buffer): Line {
  const text = bytes.toString("utf8");
  const first = text.indexOf(TAB);
  const second = text.indexOf(TAB, first + 1);
  if (first < 1 || second < 0) throw malformed("expected a key, a source and a value");
  return { key: text.slice(0, first), source: text.slice(first + 1, second), value: text.slice(second + 1) };
}

interface Expected {
  readonly of: Ecosystem;
  readonly key: string;
  readonly count: number;
}

function checkRecords(packed: Uint8Array, { of, key, count }: Expected): void {
  try {
    const advisories = unpackRecords(packed, { source: "mirror", ecosystem: of, package: key });
    const fault = advisories.map(faultOf).find((found) => found !== undefined);
    if (fault !== undefined || advisories.length !== count)
      throw malformed(fault ?? "a record holds several");
  } catch (cause) {
    if (cause instanceof AdvisoryError && cause.code === "MIRROR_MALFORMED") throw cause;
    throw malformed(`the records of ${shown(key)} cannot be read`, cause);
  }
}

function parseValue(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch (cause) {
    throw malformed("expected JSON", cause);
  }
}

/** An identifier, or what keeps other things apart from them: words with spaces between. */
function isDetailKey(key: string): boolean {
  return key.length <= MAX_KEY_LENGTH && key.split(" ").every(isName);
}

/** Texts and short lists of texts, without control characters; links are links, and severities severities. */
function isDetails(body: Fields | undefined): boolean {
  if (body === undefined) return false;
  return Object.entries(body).every(([name, value]) => {
    if (typeof value === "string") return isText(value) && (name !== "severity" || isSeverity(value));
    if (!Array.isArray(value) || value.length > MAX_LIST) return false;
    return value.every(
      (item) => typeof item === "string" && isText(item) && (name !== "urls" || isLink(item)),
    );
  });
}

function isText(text: string): boolean {
  return !/[^\P{C}\n\t]/u.test(text);
}

function isLink(text: string): boolean {
  return /^https?:\/\/[^\s\p{C}]+$/u.test(text);
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}

function malformed(message: string, cause?: unknown): AdvisoryError {
  return new AdvisoryError("MIRROR_MALFORMED", `a shard of the mirror is malformed: ${message}`, { cause });
}
