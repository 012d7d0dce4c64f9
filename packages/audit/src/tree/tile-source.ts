import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { hasCode } from "@pratique/core";
import { AuditError, toAuditError } from "../errors.ts";
import { decodeBundle, encodeBundle, MAX_BUNDLE_BYTES } from "./entry-bundle.ts";
import { HASH_BYTES } from "./merkle.ts";
import { MAX_NOTE_BYTES } from "./note.ts";
import { TILE_WIDTH, type TileName, tilePath } from "./tile-path.ts";
import type { TreeStorage } from "./tree-storage.ts";

/** How long one file may take over the network. */
const FETCH_DEADLINE_MS = 30_000;
/** A server that limits how often it is asked says when it may be asked again: so often it is. */
const MAX_WAITS = 10;
const MAX_WAIT_MS = 120_000;
const UNTOLD_WAIT_MS = 60_000;

/**
 * Where the parts of a log are read from. Nothing that it gives is trusted. Throws `TILE_MISSING` for what is not
 * there, and `LOG_UNREADABLE` where that cannot be told.
 */
export interface TileSource {
  /** The signed head, or undefined where there is none. */
  checkpoint(): Promise<string | undefined>;
  /** Exactly the first `width` hashes of a tile. */
  tile(name: TileName): Promise<Uint8Array>;
  /** The first `width` entries of a bundle, as a bundle. */
  bundle(index: number, width: number): Promise<Uint8Array>;
}

/** Reads files by their path below the log's prefix; undefined for what is not there. */
type ReadPart = (name: string, maxBytes: number) => Promise<Buffer | undefined>;

/** A log that lies in a directory as c2sp.org/tlog-tiles lays it out. */
export function directoryTileSource(directory: string): TileSource {
  return sourceOf(async (name) => {
    try {
      return await readFile(path.join(directory, name));
    } catch (thrown) {
      if (hasCode(thrown, "ENOENT", "ENOTDIR")) return undefined;
      throw unreadable(name, thrown);
    }
  });
}

export interface HttpTileSourceOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly signal?: AbortSignal;
  /** Waits until a server may be asked again, in milliseconds; rejects when the signal says so. */
  readonly wait?: (waitMs: number, signal: AbortSignal | undefined) => Promise<unknown>;
}

/**
 * A log that is served below a URL (c2sp.org/tlog-tiles, "APIs"). Redirections are not followed. A server that answers
 * 429, since a large log has more parts than it gives in a minute, is asked again when it says so.
 */
export function httpTileSource(baseUrl: string, options: HttpTileSourceOptions): TileSource {
  const { wait = (waitMs, signal) => setTimeout(waitMs, undefined, { signal }) } = options;
  const prefix = baseUrl.replace(/(?<!\/)\/+$/u, "");
  return sourceOf(async (name, maxBytes) => {
    try {
      for (let waits = 0; ; waits += 1) {
        const answer = await fetchPart(`${prefix}/${name}`, maxBytes, options);
        if (!(answer instanceof Response)) return answer;
        if (waits === MAX_WAITS) throw new Error(`status ${answer.status}`);
        await wait(waitMsIn(answer), options.signal);
      }
    } catch (thrown) {
      throw unreadable(name, thrown);
    }
  });
}

/** The part, undefined where it is not there, or the answer of a server that is to be asked later. */
async function fetchPart(
  url: string,
  maxBytes: number,
  options: HttpTileSourceOptions,
): Promise<Buffer | undefined | Response> {
  const deadline = AbortSignal.timeout(FETCH_DEADLINE_MS);
  const signal = options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal]);
  const response = await options.fetch(url, { signal, redirect: "error" });
  const { status } = response;
  if (status === 200) return await readBounded(response, maxBytes);
  await response.body?.cancel();
  if (status === 404 || status === 410) return undefined;
  if (status === 429) return response;
  if (status === 401) throw new Error("status 401, the token is missing, unknown, revoked or expired");
  if (status === 403) throw new Error("status 403, the token may not read the audit log");
  throw new Error(`status ${status}`);
}

/** The seconds of `Retry-After` (RFC 9110, 10.2.3), within bounds. */
function waitMsIn({ headers }: Response): number {
  const told = headers.get("retry-after") ?? "";
  return /^\d{1,6}$/u.test(told) ? Math.min(Number(told) * 1000, MAX_WAIT_MS) : UNTOLD_WAIT_MS;
}

/** A log that lies in a storage, read without the detour over files. */
export function storageTileSource(storage: TreeStorage): TileSource {
  return {
    checkpoint: () => storage.checkpoint(),
    async tile(name) {
      const tile = await storage.tile(Number(name.level), name.index);
      return cutTile(tile, name);
    },
    async bundle(index, width) {
      const entries = await storage.entries(index * TILE_WIDTH, index * TILE_WIDTH + width);
      return encodeBundle(entries);
    },
  };
}

function sourceOf(read: ReadPart): TileSource {
  /** The full one may have taken the place of a partial one (tlog-tiles, "Partial Tiles"). */
  const readFull = async (name: TileName, maxBytes: number) =>
    name.width === TILE_WIDTH ? undefined : await read(tilePath({ ...name, width: TILE_WIDTH }), maxBytes);
  return {
    async checkpoint() {
      return (await read("checkpoint", MAX_NOTE_BYTES))?.toString("utf8");
    },
    async tile(name) {
      const maxBytes = TILE_WIDTH * HASH_BYTES;
      return cutTile((await read(tilePath(name), maxBytes)) ?? (await readFull(name, maxBytes)), name);
    },
    async bundle(index, width) {
      const name: TileName = { level: "entries", index, width };
      const bundle = await read(tilePath(name), MAX_BUNDLE_BYTES);
      if (bundle !== undefined) return bundle;
      const full = await readFull(name, MAX_BUNDLE_BYTES);
      if (full === undefined) throw missing(name);
      return encodeBundle(decodeBundle(full, TILE_WIDTH).slice(0, width));
    },
  };
}

function cutTile(tile: Uint8Array | undefined, name: TileName): Uint8Array {
  if (tile === undefined || tile.length < name.width * HASH_BYTES) throw missing(name);
  return tile.subarray(0, name.width * HASH_BYTES);
}

async function readBounded(response: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of response.body ?? []) {
    total += chunk.length;
    if (total > maxBytes) throw new Error(`over ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function missing(name: TileName): AuditError {
  return new AuditError("TILE_MISSING", `${tilePath(name)} is missing or too short`);
}

function unreadable(name: string, thrown: unknown): AuditError {
  const { message } = toAuditError(thrown, `${name} cannot be read`);
  return new AuditError("LOG_UNREADABLE", `${message}${underneath(thrown)}`, { cause: thrown });
}

/** What fetch keeps to itself, which says "fetch failed" of all that the network or a certificate has against it. */
function underneath(thrown: unknown): string {
  if (!(thrown instanceof TypeError) || !(thrown.cause instanceof Error)) return "";
  const { cause } = thrown;
  return `: ${cause.message || ("code" in cause && String(cause.code)) || cause.name}`;
}
