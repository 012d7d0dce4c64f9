import { type Digest, GiB, isDigest, MiB } from "@pratique/core";
import { isName } from "../database/limits.ts";
import { SCHEMA_VERSION } from "../database/schema.ts";
import { parseSourceRecord, type SourceRecord } from "../database/source-record.ts";
import { AdvisoryError } from "../errors.ts";
import { type Fields, objectOf } from "../location/fields.ts";
import { parseShardName } from "./shard.ts";

/** What kind of document a manifest is, for those who sign and verify it. */
export const MANIFEST_TYPE = "application/vnd.pratique.advisories.manifest.v1+json";
/** Of a signed manifest; one with every distribution there is has some 400 kB. */
export const MAX_MANIFEST_BYTES = 16 * MiB;

const FORMAT = 1;
const MAX_SHARDS = 4096;
const MAX_SOURCES = 1024;
export const MAX_DELTAS = 14;
const MAX_BLOB_BYTES = GiB;
const MAX_CONTENT_BYTES = 8 * GiB;
const MAX_SOURCE_KEY_LENGTH = 80;

/** Bytes that are known by their digest. */
export interface Blob {
  readonly digest: Digest;
  readonly bytes: number;
}

/** How a shard of one content becomes one of another: the digests are those of the contents. */
export interface DeltaEntry {
  readonly from: Digest;
  readonly to: Digest;
  /** The delta as it is fetched. */
  readonly blob: Blob;
  /** The delta itself. */
  readonly content: Blob;
}

/** One part of a published database. */
export interface ShardEntry {
  /** As `shardName` writes it. */
  readonly name: string;
  /** As it is fetched. */
  readonly blob: Blob;
  /** What it holds, as lines. */
  readonly content: Blob;
  /** From the newest to the oldest; a chain of them leads from what a reader holds to this content. */
  readonly deltas: readonly DeltaEntry[];
}

/** A source as it is published: known by its key, in all versions of a mirror. */
export type PublishedSource = SourceRecord & { readonly mirrorKey: string };

/** What a mirror offers, signed as one. */
export interface Manifest {
  /** Rises with each manifest of one signer. */
  readonly version: number;
  /** ISO 8601, UTC. */
  readonly publishedAt: string;
  /** ISO 8601, UTC: from then on nobody is to believe it. */
  readonly expiresAt: string;
  readonly sources: readonly PublishedSource[];
  /** By their names in order. */
  readonly shards: readonly ShardEntry[];
}

/** Writes a manifest as {@link parseManifest} reads it. */
export function writeManifest(manifest: Manifest): Uint8Array {
  return Buffer.from(JSON.stringify({ format: FORMAT, schema: SCHEMA_VERSION, ...manifest }));
}

/** Reads what was signed. Throws `MIRROR_MALFORMED` for anything but a manifest that this version understands. */
export function parseManifest(payload: Uint8Array): Manifest {
  const fields = parseObject(payload);
  if (fields.format !== FORMAT || fields.schema !== SCHEMA_VERSION) {
    throw malformed(
      `expected format ${FORMAT} with schema ${SCHEMA_VERSION}, found ${shown(fields.format)} with ${shown(fields.schema)}`,
    );
  }
  checkMembers(fields, ["format", "schema", "version", "publishedAt", "expiresAt", "sources", "shards"]);
  const manifest = {
    version: count(fields, "version", Number.MAX_SAFE_INTEGER),
    publishedAt: time(fields, "publishedAt"),
    expiresAt: time(fields, "expiresAt"),
    sources: list(fields.sources, "sources", MAX_SOURCES).map(sourceOf),
    shards: list(fields.shards, "shards", MAX_SHARDS).map(shardOf),
  };
  checkDistinct(manifest.sources.map(({ mirrorKey }) => mirrorKey));
  checkDistinct(manifest.shards.map(({ name }) => name));
  return manifest;
}

function parseObject(payload: Uint8Array): Fields {
  try {
    const fields = objectOf(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload)));
    if (fields !== undefined) return fields;
  } catch (cause) {
    throw malformed("expected JSON", cause);
  }
  throw malformed("expected an object");
}

function sourceOf(value: unknown): PublishedSource {
  const fields = object(value, "a source");
  const { mirrorKey } = fields;
  if (typeof mirrorKey !== "string" || mirrorKey.length > MAX_SOURCE_KEY_LENGTH || !isName(mirrorKey)) {
    throw malformed(`expected a key of a source, found ${shown(mirrorKey)}`);
  }
  try {
    const record = parseSourceRecord(JSON.stringify(fields));
    if (!isName(record.provider) || /\p{C}/u.test(record.location)) throw malformed("expected a short word");
    return { ...record, mirrorKey };
  } catch (cause) {
    throw malformed(`expected a source, found ${shown(mirrorKey)}`, cause);
  }
}

function shardOf(value: unknown): ShardEntry {
  const fields = object(value, "a shard");
  checkMembers(fields, ["name", "blob", "content", "deltas"]);
  const { name } = fields;
  if (typeof name !== "string") throw malformed(`expected the name of a shard, found ${shown(name)}`);
  parseShardName(name);
  return {
    name,
    blob: blobOf(fields.blob, MAX_BLOB_BYTES),
    content: blobOf(fields.content, MAX_CONTENT_BYTES),
    deltas: list(fields.deltas, "deltas", MAX_DELTAS).map(deltaOf),
  };
}

function deltaOf(value: unknown): DeltaEntry {
  const fields = object(value, "a delta");
  checkMembers(fields, ["from", "to", "blob", "content"]);
  return {
    from: digest(fields.from),
    to: digest(fields.to),
    blob: blobOf(fields.blob, MAX_BLOB_BYTES),
    content: blobOf(fields.content, MAX_CONTENT_BYTES),
  };
}

function blobOf(value: unknown, maxBytes: number): Blob {
  const fields = object(value, "a blob");
  checkMembers(fields, ["digest", "bytes"]);
  return { digest: digest(fields.digest), bytes: count(fields, "bytes", maxBytes) };
}

function digest(value: unknown): Digest {
  if (typeof value === "string" && isDigest(value)) return value;
  throw malformed(`expected a digest, found ${shown(value)}`);
}

function count(fields: Fields, name: string, most: number): number {
  const value = fields[name];
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= most) return value;
  throw malformed(`expected ${name} to be a number up to ${most}, found ${shown(value)}`);
}

function time(fields: Fields, name: string): string {
  const value = fields[name];
  if (
    typeof value === "string" &&
    !Number.isNaN(Date.parse(value)) &&
    new Date(value).toISOString() === value
  ) {
    return value;
  }
  throw malformed(`expected ${name} to be a time, found ${shown(value)}`);
}

function list(value: unknown, what: string, most: number): readonly unknown[] {
  if (Array.isArray(value) && value.length <= most) return value;
  throw malformed(`expected at most ${most} ${what}`);
}

function object(value: unknown, what: string): Fields {
  const fields = objectOf(value);
  if (fields === undefined) throw malformed(`expected ${what}, found ${shown(value)}`);
  return fields;
}

function checkMembers(fields: Fields, known: readonly string[]): void {
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  if (unknown !== undefined) throw malformed(`unknown member ${shown(unknown)}`);
}

function checkDistinct(names: readonly string[]): void {
  if (new Set(names).size !== names.length) throw malformed("a name is given twice");
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 80);
}

function malformed(message: string, cause?: unknown): AdvisoryError {
  return new AdvisoryError("MIRROR_MALFORMED", `the mirror's manifest is malformed: ${message}`, { cause });
}
