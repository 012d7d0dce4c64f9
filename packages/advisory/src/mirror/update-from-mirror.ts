import { createHash } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Digest, parseDigest } from "@pratique/core";
import { removeUnfinished, unfinishedPath } from "@pratique/dataset";
import type { BuildResult } from "../database/build.ts";
import { acquireBuildLock } from "../database/build-lock.ts";
import type { MirrorState } from "../database/mirror-state.ts";
import { readPointer, writePointer } from "../database/pointer.ts";
import { type PreviousDatabase, readPointerOrNothing, readPreviousIfSound } from "../database/previous.ts";
import { putInForce } from "../database/put-in-force.ts";
import type { BuildProgress } from "../database/read-source.ts";
import type { SourceRecord } from "../database/source-record.ts";
import { buildFailure } from "../database/sqlite-failure.ts";
import { AdvisoryError } from "../errors.ts";
import { assembleShards, type ShardOrigin } from "./assemble-shards.ts";
import { fetchBlob, isMirrorFailure } from "./fetch-blob.ts";
import { heldLines } from "./held-lines.ts";
import { applyDelta, type Lines } from "./line-delta.ts";
import { checkedLines, readPackedLines } from "./line-file.ts";
import {
  type Blob,
  type DeltaEntry,
  MANIFEST_TYPE,
  type Manifest,
  parseManifest,
  type ShardEntry,
} from "./manifest.ts";
import type { Mirror } from "./mirror.ts";
import { type MirrorKey, writeMirrorKeys } from "./mirror-key.ts";
import { parseShardName } from "./shard.ts";
import { verifyDocument } from "./signed-document.ts";

/** Where blobs are gathered below the directory of the databases; what one update leaves, the next goes on with. */
const BLOBS = "mirror-blobs";
const PARALLEL_FETCHES = 4;

export interface MirrorUpdateOptions {
  /** Where databases live; made where it does not exist. */
  readonly directory: string;
  /** Asked in this order; a later one where an earlier one fails. */
  readonly mirrors: readonly Mirror[];
  /** Who is believed. */
  readonly keys: readonly MirrorKey[];
  /** Only what is said of these, with their releases (`Debian`, `Debian:12`); all of them where absent. */
  readonly ecosystems?: readonly string[] | undefined;
  readonly clock: () => Date;
  readonly onProgress?: (progress: BuildProgress) => void;
  readonly signal?: AbortSignal;
  /** How long to wait for another build, in milliseconds; by default not at all. */
  readonly lockWaitMs?: number;
}

/** What an update from a mirror has made. */
export interface MirrorUpdateResult extends BuildResult {
  readonly mirror: MirrorState & {
    /** The one that answered. */
    readonly location: string;
    /** Bytes that had to be fetched beside the manifest. */
    readonly fetchedBytes: number;
    readonly shardsHeld: number;
    readonly shardsFetched: number;
    /** Those that were made of what was held, by their changes alone. */
    readonly shardsChanged: number;
    /** Mirrors that were asked before it, and why they were left. */
    readonly left: readonly { readonly location: string; readonly error: AdvisoryError }[];
  };
}

/**
 * Brings the database of a directory to the state that a mirror offers. Only shards that differ are fetched, and of those
 * only the changes where they are known and smaller. What the database holds of other sources than the mirror's stays.
 *
 * Whatever fails leaves the database before in force: a signature of nobody who is believed (`MIRROR_UNTRUSTED`), a manifest
 * past its time (`MIRROR_EXPIRED`) or older than one that was seen (`MIRROR_ROLLBACK`), bytes that are not those that were
 * signed for (`MIRROR_DAMAGED`, `MIRROR_MALFORMED`). Throws what the first of the mirrors said when no one helps.
 */
export async function updateFromMirror(options: MirrorUpdateOptions): Promise<MirrorUpdateResult> {
  const directory = resolve(options.directory);
  try {
    await mkdir(directory, { recursive: true });
    using _lock = await acquireBuildLock(directory, {
      waitMs: options.lockWaitMs ?? 0,
      signal: options.signal,
    });
    await removeUnfinished(directory);
    return await update({ ...options, directory });
  } catch (thrown) {
    throw buildFailure(thrown);
  }
}

/** A manifest that can be believed now, and where it came from. */
interface Offer {
  readonly manifest: Manifest;
  readonly digest: Digest;
  readonly signer: string;
  readonly mirror: Mirror;
  readonly left: readonly { readonly location: string; readonly error: AdvisoryError }[];
}

async function update(options: MirrorUpdateOptions): Promise<MirrorUpdateResult> {
  const { directory, onProgress = () => undefined } = options;
  const before = readPointerOrNothing(directory)?.mirror;
  const offer = await findOffer(options, before);
  const { previous, damage } = readPreviousIfSound(directory);
  const entries = chosen(offer.manifest, options.ecosystems);
  const plan = entries.map((entry) => planOf(entry, previous === undefined ? undefined : before));
  const state = stateOf(options, offer, entries);
  if (previous !== undefined && isHeldWhole(state, before, previous, offer.manifest)) {
    return confirmed(previous, { state, offer, directory });
  }
  const paths = await fetchAll(plan, { ...options, offer, onProgress });
  onProgress({ phase: "assembling" });
  const newPath = unfinishedPath(directory, ".sqlite");
  try {
    const sources = sourcesOf(offer.manifest, previous);
    const { origins, changed } = await originsOf(plan, { paths, previous, options, offer });
    const counts = await assembleShards(newPath, { sources, shards: origins, previous });
    onProgress({ phase: "checking" });
    const { signal } = options;
    const made = await putInForce(newPath, { directory, counts, sources, mirror: state, signal });
    await rm(join(directory, BLOBS), { recursive: true, force: true });
    return {
      ...made,
      changed: previous?.revision !== made.revision,
      sources,
      failures: [],
      ...(damage === undefined ? {} : { previousDamage: damage }),
      mirror: {
        ...state,
        location: offer.mirror.location,
        left: offer.left,
        fetchedBytes: paths.fetchedBytes,
        shardsHeld: origins.filter(({ kind }) => kind === "held").length,
        shardsFetched: origins.filter(({ kind }) => kind === "fetched").length - changed,
        shardsChanged: changed,
      },
    };
  } finally {
    await rm(newPath, { force: true });
  }
}

async function findOffer(options: MirrorUpdateOptions, before: MirrorState | undefined): Promise<Offer> {
  const left: { location: string; error: AdvisoryError }[] = [];
  for (const mirror of options.mirrors) {
    try {
      const text = await mirror.readManifest(options.signal);
      const { payload, keyId } = verifyDocument(text, MANIFEST_TYPE, options.keys);
      const manifest = parseManifest(payload);
      const digest = parseDigest(`sha256:${createHash("sha256").update(payload).digest("hex")}`);
      checkNotOlder({ manifest, digest }, before, options.keys);
      checkNotExpired(manifest, options.clock());
      return { manifest, digest, signer: keyId, mirror, left };
    } catch (thrown) {
      if (!isMirrorFailure(thrown)) throw thrown;
      left.push({ location: mirror.location, error: thrown });
    }
  }
  throw leftBy(left);
}

/** What a person has to hear first is what an honest mirror does not do. */
function leftBy(
  left: readonly { readonly location: string; readonly error: AdvisoryError }[],
): AdvisoryError {
  const [first] = left;
  if (first === undefined) return new AdvisoryError("SOURCES_MISSING", "no mirror to update from");
  const { error } =
    left.find(({ error: { code } }) => code !== "MIRROR_UNREACHABLE" && code !== "MIRROR_MISSING") ?? first;
  if (left.length === 1) return error;
  const all = left.map(({ location, error }) => `${JSON.stringify(location)}: ${error.message}`);
  return new AdvisoryError(error.code, `none of ${left.length} mirrors helps: ${all.join("; ")}`, {
    cause: new AggregateError(left.map((one) => one.error)),
  });
}

/**
 * An attacker who cannot sign can hand out what was signed once (TUF specification, 5.4.4 and 5.4.5). Versions are times, so
 * they count for all signers who are believed together; after one who is believed no more, counting begins anew.
 */
function checkNotOlder(
  { manifest, digest }: Pick<Offer, "manifest" | "digest">,
  before: MirrorState | undefined,
  keys: readonly MirrorKey[],
): void {
  if (before === undefined || !keys.some(({ id }) => id === before.signer)) return;
  const { version } = manifest;
  if (version > before.version || (version === before.version && digest === before.manifest)) return;
  const what = version === before.version ? "another manifest of version" : "version";
  throw new AdvisoryError(
    "MIRROR_ROLLBACK",
    `expected no older manifest than version ${before.version}, found ${what} ${version} of ${manifest.publishedAt}`,
  );
}

function checkNotExpired({ expiresAt, publishedAt }: Manifest, now: Date): void {
  if (now.getTime() < Date.parse(expiresAt)) return;
  throw new AdvisoryError(
    "MIRROR_EXPIRED",
    `the mirror's manifest of ${publishedAt} was good until ${expiresAt}, and it is ${now.toISOString()}`,
  );
}

/** Details and enrichments are of all ecosystems. */
function chosen({ shards }: Manifest, ecosystems: readonly string[] | undefined): readonly ShardEntry[] {
  if (ecosystems === undefined) return shards;
  return shards.filter(({ name }) => {
    const shard = parseShardName(name);
    if (shard.kind !== "advisories") return true;
    return ecosystems.some((of) => shard.ecosystem === of || shard.ecosystem.startsWith(`${of}:`));
  });
}

/** How to come to one shard. */
interface ShardPlan {
  readonly entry: ShardEntry;
  readonly isHeld: boolean;
  /** From what is held to what is wanted; absent where nothing leads there, or the whole is smaller. */
  readonly deltas?: readonly DeltaEntry[];
}

function planOf(entry: ShardEntry, before: MirrorState | undefined): ShardPlan {
  const held = before?.shards[entry.name];
  if (held === undefined) return { entry, isHeld: false };
  if (held === entry.content.digest) return { entry, isHeld: true };
  const deltas = chainOf(entry, held);
  const bytes = deltas?.reduce((sum, { blob }) => sum + blob.bytes, 0) ?? Number.POSITIVE_INFINITY;
  return deltas !== undefined && bytes < entry.blob.bytes
    ? { entry, isHeld: false, deltas }
    : { entry, isHeld: false };
}

function chainOf({ content, deltas }: ShardEntry, held: Digest): readonly DeltaEntry[] | undefined {
  const chain: DeltaEntry[] = [];
  let at = held;
  // As many steps as there are deltas at most: a circle ends there.
  while (at !== content.digest && chain.length <= deltas.length) {
    const next = deltas.find(({ from }) => from === at);
    if (next === undefined) return undefined;
    chain.push(next);
    at = next.to;
  }
  return at === content.digest ? chain : undefined;
}

function stateOf(
  { mirrors, keys, ecosystems }: MirrorUpdateOptions,
  { manifest, digest, signer }: Offer,
  entries: readonly ShardEntry[],
): MirrorState {
  return {
    locations: mirrors.map(({ location }) => location),
    keys: writeMirrorKeys(keys),
    ...(ecosystems === undefined ? {} : { ecosystems }),
    signer,
    version: manifest.version,
    manifest: digest,
    publishedAt: manifest.publishedAt,
    expiresAt: manifest.expiresAt,
    shards: Object.fromEntries(entries.map(({ name, content }) => [name, content.digest])),
  };
}

/** Whether there is nothing to do but to remember that it was asked. */
function isHeldWhole(
  state: MirrorState,
  before: MirrorState | undefined,
  previous: PreviousDatabase,
  manifest: Manifest,
): boolean {
  if (before === undefined || before.manifest !== state.manifest) return false;
  const held = new Set(previous.sources.map(({ record }) => record.mirrorKey));
  if (!manifest.sources.every(({ mirrorKey }) => held.has(mirrorKey))) return false;
  const names = Object.keys(state.shards);
  return (
    names.length === Object.keys(before.shards).length &&
    names.every((name) => before.shards[name] === state.shards[name])
  );
}

interface Confirmation {
  readonly state: MirrorState;
  readonly offer: Offer;
  readonly directory: string;
}

async function confirmed(
  previous: PreviousDatabase,
  { state, offer, directory }: Confirmation,
): Promise<MirrorUpdateResult> {
  const pointer = readPointer(directory);
  if (pointer !== undefined) await writePointer(directory, { ...pointer, mirror: state });
  return {
    revision: previous.revision,
    path: previous.path,
    bytes: pointer?.bytes ?? 0,
    changed: false,
    sources: previous.sources.map(({ record }) => record),
    failures: [],
    mirror: {
      ...state,
      location: offer.mirror.location,
      left: offer.left,
      fetchedBytes: 0,
      shardsHeld: Object.keys(state.shards).length,
      shardsFetched: 0,
      shardsChanged: 0,
    },
  };
}

/** The mirror's, and those that are held of other providers; in the order in which a build numbers them. */
function sourcesOf({ sources }: Manifest, previous: PreviousDatabase | undefined): readonly SourceRecord[] {
  const providers = new Set(sources.map(({ provider }) => provider));
  const own = (previous?.sources ?? [])
    .map(({ record }) => record)
    .filter(({ provider, mirrorKey }) => mirrorKey === undefined && !providers.has(provider));
  const keyOf = ({ provider, location, mirrorKey = "" }: SourceRecord): string =>
    `${provider} ${location} ${mirrorKey}`;
  return [...sources, ...own].sort((left, right) => {
    const [one, other] = [keyOf(left), keyOf(right)];
    return one < other ? -1 : Number(one > other);
  });
}

interface Fetched {
  readonly paths: ReadonlyMap<Digest, string>;
  readonly fetchedBytes: number;
}

interface FetchAllOptions extends MirrorUpdateOptions {
  readonly offer: Offer;
  readonly onProgress: (progress: BuildProgress) => void;
}

async function fetchAll(plan: readonly ShardPlan[], options: FetchAllOptions): Promise<Fetched> {
  const { offer, signal, onProgress } = options;
  const directory = join(options.directory, BLOBS);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const blobs = plan.flatMap(({ entry, isHeld, deltas }) =>
    isHeld ? [] : (deltas?.map(({ blob }) => blob) ?? [entry.blob]),
  );
  await removeOthers(directory, blobs);
  const totalBytes = blobs.reduce((sum, { bytes }) => sum + bytes, 0);
  const source = { provider: "mirror", location: offer.mirror.location };
  let bytes = 0;
  const paths = new Map<Digest, string>();
  const onBytes = (more: number): void => {
    bytes += more;
    onProgress({ phase: "downloading", source, bytes: Math.min(bytes, totalBytes), totalBytes });
  };
  const mirrors = mirrorsFrom(options);
  const queue = blobs.values();
  const work = async (): Promise<void> => {
    for (const blob of queue) {
      paths.set(blob.digest, await fetchBlob(blob, { directory, mirrors, signal, onBytes }));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_FETCHES }, work));
  return { paths, fetchedBytes: totalBytes };
}

/** The one that gave the manifest has the blobs most likely. */
function mirrorsFrom({ mirrors, offer }: { readonly mirrors: readonly Mirror[]; readonly offer: Offer }) {
  return [offer.mirror, ...mirrors.filter((mirror) => mirror !== offer.mirror)];
}

/** What an update before has left, and this one does not want. */
async function removeOthers(directory: string, blobs: readonly Blob[]): Promise<void> {
  const wanted = new Set(blobs.map(({ digest }) => digest.slice("sha256:".length)));
  for (const name of await readdir(directory)) {
    if (!wanted.has(name.replace(/\.part$/u, ""))) await rm(join(directory, name), { force: true });
  }
}

interface OriginOptions {
  readonly paths: Fetched;
  readonly previous: PreviousDatabase | undefined;
  readonly options: MirrorUpdateOptions;
  readonly offer: Offer;
}

/**
 * A chain of deltas is followed once before it is used. One that does not lead to what was signed is no reason to stop: the
 * whole shard is fetched in its place.
 */
async function originsOf(
  plan: readonly ShardPlan[],
  { paths, previous, options, offer }: OriginOptions,
): Promise<{ readonly origins: readonly ShardOrigin[]; readonly changed: number }> {
  const origins: ShardOrigin[] = [];
  let changed = 0;
  for (const { entry, isHeld, deltas } of plan) {
    const { name, content, blob } = entry;
    if (isHeld) {
      origins.push({ kind: "held", name });
      continue;
    }
    if (deltas !== undefined && previous !== undefined) {
      const lines = (): Lines =>
        alongChain(heldLines(previous, parseShardName(name)), { deltas, paths, content });
      if (await leadsThere(lines)) {
        changed += 1;
        origins.push({ kind: "fetched", name, lines });
        continue;
      }
    }
    const directory = join(options.directory, BLOBS);
    const { signal } = options;
    const mirrors = mirrorsFrom({ mirrors: options.mirrors, offer });
    const path =
      paths.paths.get(blob.digest) ??
      (await fetchBlob(blob, { directory, mirrors, signal, onBytes: () => undefined }));
    origins.push({ kind: "fetched", name, lines: () => readPackedLines(path, content) });
  }
  return { origins, changed };
}

interface Chain {
  readonly deltas: readonly DeltaEntry[];
  readonly paths: Fetched;
  readonly content: Blob;
}

function alongChain(held: Lines, { deltas, paths, content }: Chain): Lines {
  let lines = held;
  for (const delta of deltas) {
    const path = paths.paths.get(delta.blob.digest) ?? "";
    lines = applyDelta(lines, readPackedLines(path, delta.content));
  }
  return checkedLines(lines, content);
}

async function leadsThere(lines: () => Lines): Promise<boolean> {
  try {
    for await (const _line of lines()) {
      // Only whether it comes to its end counts.
    }
    return true;
  } catch (thrown) {
    if (isMirrorFailure(thrown)) return false;
    throw thrown;
  }
}
