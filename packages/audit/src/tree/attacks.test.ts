import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { decodeBundle, encodeBundle } from "./entry-bundle.ts";
import { MemoryTreeStorage } from "./memory-storage.ts";
import { leafHash } from "./merkle.ts";
import { openLogFiles, writeLogFiles } from "./testdata/log-files.ts";
import { event, fill, forgerSigner, logSigner, openLog, start } from "./testdata/sample.ts";
import { directoryTileSource, storageTileSource } from "./tile-source.ts";
import { TreeEdge } from "./tree-edge.ts";
import { parseEntry } from "./tree-entry.ts";
import type { TreeLogOptions } from "./tree-log.ts";
import { type VerifyTreeOptions, verifyTree } from "./verify-tree.ts";

const SIZE = 300;
let directory: string;
let log: string;
let whole: string;

beforeAll(async () => {
  whole = mkdtempSync(path.join(tmpdir(), "pratique-attack-"));
  await write(whole, SIZE, { maxBatch: 1 });
});
afterAll(() => rmSync(whole, { recursive: true, force: true }));
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "pratique-attack-"));
  log = path.join(directory, "log");
  cpSync(whole, log, { recursive: true });
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A clock that goes on by a second with each look at it. */
async function write(at: string, count: number, options: Partial<TreeLogOptions> = {}): Promise<string> {
  const storage = await openLogFiles(at);
  let now = start;
  const writer = openLog({
    storage,
    now: () => {
      now += 1000;
      return new Date(now);
    },
    ...options,
  });
  await fill(writer, count);
  const checkpoint = await writer.checkpoint();
  await writeLogFiles(storage, at);
  return checkpoint;
}

/** What the verifier says: kind and index. */
async function found(
  options: Partial<VerifyTreeOptions> = {},
): Promise<readonly (readonly [string, number])[]> {
  const { problems } = await verifyTree({
    source: directoryTileSource(log),
    logKeys: [logSigner.key],
    ...options,
  });
  return problems.map(({ kind, index }) => [kind, index]);
}

/** Changes the entries of a bundle in the files, as its owner can. */
function tamper(bundle: string, width: number, change: (entries: Buffer[]) => Buffer[]): void {
  const file = path.join(log, "tile/entries", bundle);
  writeFileSync(file, encodeBundle(change([...decodeBundle(readFileSync(file), width)])));
}

function changed(entry: Buffer | undefined): Buffer {
  return Buffer.from((entry ?? Buffer.alloc(0)).toString().replace('"u-1"', '"u-2"'));
}

it("finds nothing where nothing was done", async () => {
  expect(await found()).toEqual([]);
});

it("names a row that was modified", async () => {
  tamper("000", 256, (entries) => entries.with(17, changed(entries[17])));
  expect(await found()).toEqual([
    ["entry-changed", 17],
    ["tile-changed", 0],
    ["root-differs", SIZE - 1],
  ]);
});

it("names it too when the tile was mended to fit", async () => {
  tamper("000", 256, (entries) => entries.with(17, changed(entries[17])));
  const [bundle, tile] = [path.join(log, "tile/entries/000"), path.join(log, "tile/0/000")];
  writeFileSync(tile, Buffer.concat(decodeBundle(readFileSync(bundle), 256).map(leafHash)));
  expect(await found()).toEqual([
    ["tile-changed", 0],
    ["root-differs", SIZE - 1],
  ]);
});

it("finds a row that was modified even when every tile was computed anew", async () => {
  tamper("000", 256, (entries) => entries.with(17, changed(entries[17])));
  const edge = new TreeEdge();
  for (const [bundle, width] of [
    ["000", 256],
    ["001.p/44", 44],
  ] as const) {
    for (const entry of decodeBundle(readFileSync(path.join(log, "tile/entries", bundle)), width)) {
      edge.push(leafHash(entry));
    }
  }
  for (const { level, index, width, hashes } of edge.takeChanged()) {
    const name = `tile/${level}/00${index}${width === 256 ? "" : `.p/${width}`}`;
    writeFileSync(path.join(log, name), hashes);
  }
  expect(await found()).toEqual([["root-differs", SIZE - 1]]);
});

it("names the first of the last rows that were deleted", async () => {
  tamper("001.p/44", 44, (entries) => entries.slice(0, 39));
  expect(await found()).toEqual([["entry-missing", 295]]);
  rmSync(path.join(log, "tile/entries/001.p"), { recursive: true });
  expect(await found()).toEqual([["entry-missing", 256]]);
});

it("names a row in the middle that was deleted", async () => {
  tamper("001.p/44", 44, (entries) => entries.toSpliced(4, 1));
  const problems = await found();
  expect(problems[0]).toEqual(["entry-changed", 260]);
  expect(problems.at(-1)).toEqual(["entry-missing", 299]);
});

it("names rows that changed places", async () => {
  tamper("001.p/44", 44, (entries) => {
    const [left = Buffer.alloc(0), right = Buffer.alloc(0)] = [entries[1], entries[2]];
    return entries.with(1, right).with(2, left);
  });
  expect((await found()).slice(0, 3)).toEqual([
    ["entry-changed", 257],
    ["entry-changed", 258],
    ["time-went-back", 258],
  ]);
});

it("names a row that was inserted with an earlier time", async () => {
  tamper("001.p/44", 44, (entries) => {
    const backdated = (entries[9] ?? Buffer.alloc(0)).toString().replace("2026-01-02T", "2025-01-02T");
    return entries.toSpliced(10, 0, Buffer.from(backdated)).slice(0, 44);
  });
  const problems = await found();
  expect(problems).toContainEqual(["entry-changed", 266]);
  expect(problems).toContainEqual(["time-went-back", 266]);
});

it("sees by a checkpoint that was kept elsewhere that a backup was restored", async () => {
  const backup = path.join(directory, "backup");
  cpSync(log, backup, { recursive: true });
  const earlier = await write(log, 50);
  rmSync(log, { recursive: true });
  cpSync(backup, log, { recursive: true });
  expect(await found()).toEqual([]);
  expect(await found({ earlier })).toEqual([["log-shortened", SIZE]]);
});

it("sees by a checkpoint that was kept elsewhere that the log is another one since", async () => {
  const longer = path.join(directory, "longer");
  const earlier = await write(longer, 20, { maxBatch: 1 });
  await write(longer, 1);
  const source = directoryTileSource(longer);
  expect(await found({ earlier, source })).toEqual([]);
  rmSync(log, { recursive: true });
  await write(log, 1);
  await write(log, 20, { maxBatch: 1 });
  expect(await found({ earlier })).toEqual([["history-changed", 19]]);
});

it("does not build on a storage that lost what was signed", async () => {
  const [storage, older] = [new MemoryTreeStorage(), new MemoryTreeStorage()];
  const writer = openLog({ storage });
  await fill(writer, 10);
  await fill(openLog({ storage: older }), 4);
  await older.putCheckpoint(await writer.checkpoint());
  await expect(openLog({ storage: older }).append(event("x"))).rejects.toMatchObject({
    code: "LOG_ROLLED_BACK",
  });
});

it("notices while it runs that the storage was set back", async () => {
  const [storage, older] = [new MemoryTreeStorage(), new MemoryTreeStorage()];
  const writer = openLog({ storage });
  await fill(writer, 10);
  await fill(openLog({ storage: older }), 4);
  for (const name of ["head", "extend", "tile", "checkpoint", "entries"] as const) {
    Object.assign(storage, { [name]: older[name].bind(older) });
  }
  await expect(writer.append(event("x"))).rejects.toMatchObject({ code: "LOG_ROLLED_BACK" });
});

it("does not trust a log whose key was replaced", async () => {
  rmSync(log, { recursive: true });
  await write(log, 5, { signer: forgerSigner });
  expect(await found()).toEqual([["checkpoint-untrusted", 5]]);
});

it("cannot say whose log it is without a key, and says that", async () => {
  const { complete, problems } = await verifyTree({ source: directoryTileSource(log), logKeys: [] });
  expect([complete, problems]).toEqual([false, []]);
});

it("reports an hour without a heartbeat", async () => {
  const storage = new MemoryTreeStorage();
  let now = start;
  const writer = openLog({ storage, now: () => new Date(now) });
  await writer.append(event("before"));
  now += 3_600_000 * 2;
  await writer.append(event("after"));
  await writer.checkpoint();
  expect(await found({ source: storageTileSource(storage) })).toEqual([["silence", 1]]);
});

it("reports the intent whose process ended before the outcome", async () => {
  const storage = new MemoryTreeStorage();
  const half = { call: "c1", class: "policy" } as const;
  await openLog({ storage }).append(event("thing.changed", { ...half, stage: "intent" }));
  const writer = openLog({ storage, now: () => new Date(start + 120_000) });
  await writer.append(event("restarted"));
  await writer.checkpoint();
  expect(await found({ source: storageTileSource(storage) })).toEqual([["intent-without-outcome", 0]]);
});

it("keeps lines and terminal codes inside one entry", async () => {
  const action = "x\n{}\n\u001b[2J\u2028";
  const storage = new MemoryTreeStorage();
  await openLog({ storage }).append(event(action));
  const [bytes] = await storage.entries(0, 1);
  expect(Buffer.from(bytes ?? []).toString()).not.toMatch(/[\n\r]/u);
  expect(parseEntry(bytes ?? Buffer.alloc(0)).action).toBe(action);
});

it("follows the chains of hosts through the log", async () => {
  const storage = new MemoryTreeStorage();
  const writer = openLog({ storage, maxBatch: 1 });
  const record = (sequence: number, previousHash: string, hash: string) =>
    writer.append(event("host", { data: { hostRecord: { log: "h1", sequence, previousHash, hash } } }));
  const records = (from: number, to: number, previousHash: string, hash: string) =>
    writer.append(event("host", { data: { hostRecords: { log: "h2", from, to, previousHash, hash } } }));
  await record(1, "0", "a");
  await record(2, "a", "b");
  await record(3, "x", "c");
  await record(5, "d", "e");
  await records(1, 40, "0", "a");
  await records(41, 50, "a", "b");
  await records(41, 50, "a", "b");
  await records(51, 60, "x", "c");
  await records(62, 70, "c", "d");
  await writer.checkpoint();
  expect(await found({ source: storageTileSource(storage) })).toEqual([
    ["host-chain-broken", 2],
    ["host-chain-broken", 3],
    ["host-chain-broken", 7],
    ["host-chain-broken", 8],
  ]);
});
