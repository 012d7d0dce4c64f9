import {
  eraseAuditOpenings,
  exportAuditEntries,
  listAuditEntries,
  readAuditCheckpoint,
  readAuditEntries,
  readAuditTile,
  showAuditProof,
  showAuditStatus,
} from "@pratique/api";
import {
  leafHash,
  makeProof,
  parseCheckpoint,
  parseProof,
  parseTilePath,
  storageTileSource,
  TILE_WIDTH,
  type TileName,
  type TileSource,
} from "@pratique/audit";
import { hasCode } from "@pratique/core";
import type { FastifyReply } from "fastify";
import { entryView } from "../audit/entry-view.ts";
import { provedLines } from "../audit/proved-lines.ts";
import { UNFINISHED } from "../audit/unfinished.ts";
import type { Binder } from "../bind.ts";
import { sendWhole } from "../calls/send-whole.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";

const DAY_MS = 86_400_000;
const UNFINISHED_DAYS = 30;
/** Accounts that a text of a search may mean. */
const MAX_MEANT = 200;

/** The server's log: for people, and for programs that do not trust the server. */
export function bindAudit(binder: Binder, context: Context): void {
  const { ledger, store } = context;
  const source = storageTileSource(ledger.storage);

  binder.bind(listAuditEntries, async ({ query }) => {
    const { items, ...page } = await store.audit.entries.search({
      ...query,
      ...(await meantBy(context, query)),
    });
    return { ...page, items: await Promise.all(items.map((item) => entryView(item, ledger.openings))) };
  });

  binder.bind(exportAuditEntries, async ({ query, http }) => {
    const lines = provedLines(context, { ...query, ...(await meantBy(context, query)) });
    // Before anything is sent: what cannot be begun is refused as any other call is.
    const first = await lines.next();
    if (http === undefined) return undefined;
    async function* content(): AsyncGenerator<string> {
      if (first.done === true) return;
      yield first.value;
      yield* lines;
    }
    http.reply.header("cache-control", "no-store");
    sendWhole(http, {
      type: exportAuditEntries.content,
      fileName: "audit.jsonl",
      content: content(),
      endpoint: exportAuditEntries.id,
    });
    return undefined;
  });

  binder.bind(eraseAuditOpenings, async ({ body }) => ({ entries: await ledger.openings.erase(body) }));

  binder.bind(showAuditProof, async ({ params }) => {
    const index = Number(params.index);
    const note = await checkpointOver(context, index);
    const signed = { ...source, checkpoint: async () => note };
    const { proof, entry } = await makeProof(signed, index).catch(noSuchEntry);
    const { path, checkpoint } = parseProof(proof);
    const { size, root } = parseCheckpoint(checkpoint);
    return {
      index,
      treeSize: size,
      rootHash: base64(root),
      leafHash: base64(leafHash(entry)),
      hashes: path.map(base64),
      checkpoint,
      proof,
      keys: [...ledger.keys],
    };
  });

  binder.bind(showAuditStatus, async () => await statusOf(context));

  binder.bind(readAuditCheckpoint, async ({ http }) => {
    const checkpoint = await ledger.checkpoint();
    http?.reply
      .type(`${readAuditCheckpoint.content}; charset=utf-8`)
      .header("cache-control", "no-store")
      .send(checkpoint);
    return undefined;
  });

  binder.bind(readAuditTile, async ({ params: { level, tile }, http }) => {
    return await sendTile(source, `tile/${level}/${tile}`, http?.reply);
  });

  binder.bind(readAuditEntries, async ({ params: { bundle }, http }) => {
    return await sendTile(source, `tile/entries/${bundle}`, http?.reply);
  });
}

/** Names are sealed: a text means the accounts that are called like it, and whole names and addresses. */
async function meantBy({ ledger, store }: Context, { text = "" }: { readonly text?: string }) {
  if (text === "") return {};
  const { items } = await store.people.accounts.list({ text, limit: MAX_MEANT });
  return { meant: { actors: items.map(({ id }) => id), marks: await ledger.openings.marksOf(text) } };
}

async function sendTile(
  source: TileSource,
  path: string,
  reply: FastifyReply | undefined,
): Promise<undefined> {
  const name = parseTilePath(path);
  if (name === undefined) throw noSuchTile();
  const bytes = await tileOf(source, name);
  if (bytes.length === 0) throw noSuchTile();
  // Hashes of a whole tile never change. What was recorded is asked for each time: each read is told to the record.
  const isKept = name.level !== "entries" && name.width === TILE_WIDTH;
  reply
    ?.type(readAuditTile.content)
    .header("cache-control", isKept ? "private, max-age=31536000, immutable" : "no-store")
    .send(Buffer.from(bytes));
  return undefined;
}

async function tileOf(source: TileSource, name: TileName): Promise<Uint8Array> {
  try {
    // A bundle is cut short where entries are missing; whoever verifies says so.
    return name.level === "entries" ? await source.bundle(name.index, name.width) : await source.tile(name);
  } catch (cause) {
    if (hasCode(cause, "TILE_MISSING")) {
      throw noSuchTile(cause);
    }
    throw cause;
  }
}

function noSuchTile(cause?: unknown): ServerError {
  return new ServerError("NOT_FOUND", "there is no such tile", { cause });
}

/**
 * What was recorded a moment ago may be newer than what was signed, and what was signed last may be of another server,
 * whose key is not among those that this one names.
 */
async function checkpointOver({ ledger }: Context, index: number): Promise<string> {
  const kept = ledger.lastSigned;
  return kept !== undefined && parseCheckpoint(kept).size > index ? kept : await ledger.checkpoint();
}

function noSuchEntry(thrown: unknown): never {
  if (!(thrown instanceof RangeError)) throw thrown;
  throw new ServerError("NOT_FOUND", "the log has no such entry", { cause: thrown });
}

async function statusOf(context: Context) {
  const { ledger, store, exports, now } = context;
  const checkpoint = ledger.lastSigned ?? (await ledger.checkpoint());
  const { size, root } = parseCheckpoint(checkpoint);
  const since = new Date(now() - UNFINISHED_DAYS * DAY_MS).toISOString();
  const lags = await exports.lags();
  return {
    origin: ledger.origin,
    key: ledger.signer.key.vkey,
    keys: await keysOf(context),
    size,
    rootHash: base64(root),
    checkpoint,
    checkpointAt: ledger.signedAt,
    witnesses: [...ledger.witnesses.list(checkpoint)],
    exporters: lags.map(({ exporter: { id, name, lastError }, exported, entries, seconds }) => ({
      id,
      name,
      exported,
      lagEntries: entries,
      lagSeconds: seconds,
      error: lastError,
    })),
    // Calls that run at this moment are no concern: those of the dead are closed by whoever finds them.
    unfinished: await store.audit.entries.count(UNFINISHED, since),
  };
}

/** What servers sign with, this one or others, and whether each of them is there. */
async function keysOf({ ledger, servers }: Context) {
  const states = new Map((await servers.list()).map(({ id, state }) => [id, state]));
  return (await ledger.publishedKeys()).map(({ key, serverId, server, since }) => {
    return { key, server, since, state: states.get(serverId) ?? ("gone" as const) };
  });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
