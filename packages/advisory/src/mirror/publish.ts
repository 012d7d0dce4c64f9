import { createHash, type KeyObject } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { removeUnfinished, unfinishedPath } from "@pratique/dataset";
import { acquireBuildLock } from "../database/build-lock.ts";
import { readPrevious } from "../database/previous.ts";
import { isUrl } from "../database/read-source.ts";
import type { SourceRecord } from "../database/source-record.ts";
import { buildFailure } from "../database/sqlite-failure.ts";
import { openReadOnly } from "../database/verify.ts";
import { AdvisoryError } from "../errors.ts";
import { fetchBlob, isMirrorFailure } from "./fetch-blob.ts";
import { makeDelta } from "./line-delta.ts";
import { readPackedLines, writeLines } from "./line-file.ts";
import {
  type Blob,
  type DeltaEntry,
  MANIFEST_TYPE,
  MAX_DELTAS,
  type Manifest,
  type PublishedSource,
  parseManifest,
  type ShardEntry,
  writeManifest,
} from "./manifest.ts";
import type { WritableMirror } from "./mirror.ts";
import { mirrorKeyOf } from "./mirror-key.ts";
import { type Shard, shardName, shardsIn } from "./shard.ts";
import { linesOf, type SourceKeys } from "./shard-lines.ts";
import { signDocument, verifyDocument } from "./signed-document.ts";

export interface PublishOptions {
  /** Where the databases live, of which the current one is published. */
  readonly directory: string;
  readonly target: WritableMirror;
  /** Ed25519, private. */
  readonly key: KeyObject;
  /** For how long the manifest is to be believed, in milliseconds. */
  readonly validMs: number;
  readonly clock: () => Date;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
  /** How long to wait for a build, in milliseconds; by default not at all. */
  readonly lockWaitMs?: number;
}

/** What was published. */
export interface PublishResult {
  readonly version: number;
  readonly publishedAt: string;
  readonly expiresAt: string;
  /** The id of the key. */
  readonly signer: string;
  readonly shards: number;
  readonly shardsChanged: number;
  readonly deltas: number;
  /** Of all shards, as they are fetched. */
  readonly bytes: number;
  /** What a reader of the version before fetches. */
  readonly changedBytes: number;
}

/**
 * Publishes the current database of a directory at a mirror, signed, under a version above the one that is there. Shards that
 * have not changed stay as they are; for the others the change is published beside them where it is smaller. A mirror that
 * somebody else has signed is left alone (`MIRROR_UNTRUSTED`).
 *
 * Readers see the manifest before until all that the new one names is there. Throws `DATABASE_MISSING` where there is none.
 */
export async function publishDatabase(options: PublishOptions): Promise<PublishResult> {
  const directory = resolve(options.directory);
  try {
    await mkdir(directory, { recursive: true });
    using _lock = await acquireBuildLock(directory, {
      waitMs: options.lockWaitMs ?? 0,
      signal: options.signal,
    });
    await removeUnfinished(directory);
    const temporary = unfinishedPath(directory, ".publish");
    await mkdir(temporary);
    try {
      return await publish({ ...options, directory, temporary });
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  } catch (thrown) {
    throw buildFailure(thrown);
  }
}

interface Publishing extends PublishOptions {
  /** A directory for temporary files. */
  readonly temporary: string;
}

async function publish(options: Publishing): Promise<PublishResult> {
  const { directory, target, key, clock, validMs, signal, onProgress = () => undefined } = options;
  const previous = readPrevious(directory);
  if (previous === undefined) {
    throw new AdvisoryError(
      "DATABASE_MISSING",
      `there is no database in ${JSON.stringify(directory)} to publish`,
    );
  }
  const before = await readManifest(target, { key, signal });
  const sources = publishedSources(previous.sources.map(({ record }) => record));
  const keys = new Map(previous.sources.map(({ id }, index) => [id, sources[index]?.mirrorKey ?? ""]));
  const database = openReadOnly(previous.path);
  const entries: ShardEntry[] = [];
  let changedBytes = 0;
  let shardsChanged = 0;
  try {
    const shards = shardsIn(database);
    for (const [index, shard] of shards.entries()) {
      signal?.throwIfAborted();
      onProgress(index, shards.length);
      const known = before?.shards.find(({ name }) => name === shardName(shard));
      const entry = await publishShard(shard, { ...options, database, keys, known });
      if (entry !== known) {
        shardsChanged += 1;
        changedBytes += newestOf(entry, known)?.blob.bytes ?? entry.blob.bytes;
      }
      entries.push(entry);
    }
  } finally {
    database.close();
  }
  const now = clock();
  const manifest: Manifest = {
    version: nextVersion(before?.version, now),
    publishedAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + validMs).toISOString(),
    sources,
    shards: entries,
  };
  const payload = writeManifest(manifest);
  // What a reader would refuse is not published.
  parseManifest(payload);
  const kept = [manifest, ...(before === undefined ? [] : [before])].flatMap(({ shards }) =>
    shards.flatMap(blobsOf),
  );
  await target.writeManifest(signDocument(payload, MANIFEST_TYPE, key), kept);
  const { version, publishedAt, expiresAt } = manifest;
  return {
    version,
    publishedAt,
    expiresAt,
    signer: mirrorKeyOf(key).id,
    shards: entries.length,
    shardsChanged,
    deltas: entries.reduce((sum, { deltas }) => sum + deltas.length, 0),
    bytes: entries.reduce((sum, { blob }) => sum + blob.bytes, 0),
    changedBytes,
  };
}

/**
 * Seconds since 1970, so that a mirror that begins anew, or beside another one of the same key, does not fall behind what its
 * readers have seen.
 */
function nextVersion(before: number | undefined, now: Date): number {
  return Math.max((before ?? 0) + 1, Math.floor(now.getTime() / 1000));
}

/** What is at the mirror now; undefined where nothing is. Its time may be over. */
async function readManifest(
  target: WritableMirror,
  { key, signal }: { readonly key: KeyObject; readonly signal: AbortSignal | undefined },
): Promise<Manifest | undefined> {
  let text: string;
  try {
    text = await target.readManifest(signal);
  } catch (thrown) {
    if (thrown instanceof AdvisoryError && thrown.code === "MIRROR_MISSING") return undefined;
    throw thrown;
  }
  return parseManifest(verifyDocument(text, MANIFEST_TYPE, [mirrorKeyOf(key)]).payload);
}

interface PublishShardOptions extends Publishing {
  readonly database: DatabaseSync;
  readonly keys: SourceKeys;
  /** What is at the mirror of this shard. */
  readonly known: ShardEntry | undefined;
}

async function publishShard(shard: Shard, options: PublishShardOptions): Promise<ShardEntry> {
  const { database, keys, known, target, temporary } = options;
  const path = unfinishedPath(temporary, ".zst");
  const { blob, content } = await writeLines(path, linesOf(database, shard, keys));
  try {
    if (known?.content.digest === content.digest && (await target.holds(known.blob))) return known;
    const delta = known === undefined ? undefined : await publishDelta(known, { ...options, path, content });
    if (!(await target.holds(blob))) await target.writeBlob(blob, path);
    const deltas = shortened([...(delta === undefined ? [] : [delta]), ...(known?.deltas ?? [])], blob);
    return { name: shardName(shard), blob, content, deltas };
  } finally {
    await rm(path, { force: true });
  }
}

interface PublishDeltaOptions extends PublishShardOptions {
  readonly path: string;
  readonly content: Blob;
}

/** Undefined where what is at the mirror cannot be read any more: its readers fetch the whole. */
async function publishDelta(
  known: ShardEntry,
  { path, content, target, temporary, signal }: PublishDeltaOptions,
): Promise<DeltaEntry | undefined> {
  const deltaPath = unfinishedPath(temporary, ".delta");
  try {
    const before = await fetchBlob(known.blob, {
      directory: temporary,
      mirrors: [target],
      signal,
      onBytes: () => undefined,
    });
    const packed = await writeLines(
      deltaPath,
      makeDelta(readPackedLines(before, known.content), readPackedLines(path, content)),
    );
    await rm(before, { force: true });
    if (!(await target.holds(packed.blob))) await target.writeBlob(packed.blob, deltaPath);
    return { from: known.content.digest, to: content.digest, ...packed };
  } catch (thrown) {
    if (isMirrorFailure(thrown) && thrown.code !== "MIRROR_UNWRITABLE") return undefined;
    throw thrown;
  } finally {
    await rm(deltaPath, { force: true });
  }
}

/** As many, from the newest on, as are smaller together than the shard itself. */
function shortened(deltas: readonly DeltaEntry[], whole: Blob): readonly DeltaEntry[] {
  let bytes = 0;
  const count = deltas.findIndex(({ blob }) => {
    bytes += blob.bytes;
    return bytes >= whole.bytes;
  });
  return deltas.slice(0, Math.min(MAX_DELTAS, count < 0 ? deltas.length : count));
}

function newestOf(entry: ShardEntry, known: ShardEntry | undefined): DeltaEntry | undefined {
  const [newest] = entry.deltas;
  return newest?.from === known?.content.digest ? newest : undefined;
}

function blobsOf({ blob, deltas }: ShardEntry): readonly Blob[] {
  return [blob, ...deltas.map((delta) => delta.blob)];
}

/**
 * The sources as others may see them: where they were read is nobody's business but for its last part, and addresses lose
 * what may be a secret. The key is made of the whole, so that it stays the same from day to day.
 */
function publishedSources(records: readonly SourceRecord[]): readonly PublishedSource[] {
  return records.map(({ provider, providerVersion, builtAt, entries, advisories, ...rest }) => ({
    provider,
    location: publishedLocation(rest.location),
    providerVersion,
    builtAt,
    entries,
    advisories,
    malformed: rest.malformed,
    ignored: rest.ignored,
    samples: [],
    bytes: rest.bytes,
    mirrorKey: rest.mirrorKey ?? keyOf(provider, rest.location),
  }));
}

function keyOf(provider: string, location: string): string {
  return `${provider}#${createHash("sha256").update(location).digest("hex").slice(0, 12)}`;
}

function publishedLocation(location: string): string {
  const url = isUrl(location) ? URL.parse(location) : null;
  return url === null ? basename(location) : `${url.origin}${url.pathname}`;
}
