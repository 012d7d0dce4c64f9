import { expect, it } from "vitest";
import { verifyCheckpoint } from "../checkpoint.ts";
import { opensCommitment } from "../commitment.ts";
import { leafHash } from "../merkle.ts";
import { storageTileSource } from "../tile-source.ts";
import { parseEntry } from "../tree-entry.ts";
import type { TreeGrowth, TreeStorage } from "../tree-storage.ts";
import { verifyTree } from "../verify-tree.ts";
import { event, fill, logSigner, openLog } from "./sample.ts";

/** What every storage of a log has to do. Each call of `open` gives an empty one. */
export function treeStorageContract(open: () => TreeStorage | Promise<TreeStorage>): void {
  it("gives each event its place, and verifies", async () => {
    const storage = await open();
    const log = openLog({ storage });
    const refs = await Promise.all(["a", "b", "c"].map((action) => log.append(event(action))));
    expect(refs.map(({ index, time }) => [index, time])).toEqual(
      [0, 1, 2].map((index) => [index, "2026-01-02T03:04:05.678Z"]),
    );
    const [first] = await storage.entries(0, 1);
    expect(leafHash(first ?? Buffer.alloc(0))).toEqual(refs[0]?.leafHash);
    const note = await log.checkpoint();
    expect(verifyCheckpoint(note, [logSigner.key])).toMatchObject({ origin: "log.example/audit", size: 3 });
    const found = await verifyTree({ source: storageTileSource(storage), logKeys: [logSigner.key] });
    expect(found).toMatchObject({ entries: 3, problems: [], complete: true });
  });

  it("commits together what came together, and goes on across tiles", async () => {
    const storage = await open();
    const commits: number[] = [];
    const counting: TreeStorage = Object.assign(Object.create(storage), {
      head: () => storage.head(),
      tile: (level: number, index: number) => storage.tile(level, index),
      checkpoint: () => storage.checkpoint(),
      putCheckpoint: (note: string) => storage.putCheckpoint(note),
      extend: (size: number, growth: Parameters<TreeStorage["extend"]>[1]) => {
        commits.push(growth.entries.length);
        return storage.extend(size, growth);
      },
    });
    const log = openLog({ storage: counting, maxBatch: 400 });
    await fill(log, 1000);
    expect(commits).toEqual([400, 400, 200]);
    await log.checkpoint();
    const found = await verifyTree({ source: storageTileSource(storage), logKeys: [logSigner.key] });
    expect(found).toMatchObject({ entries: 1000, problems: [] });
  });

  it("lets several logs write to one storage", async () => {
    const storage = await open();
    const logs = [openLog({ storage }), openLog({ storage }), openLog({ storage })];
    for (let round = 0; round < 5; round += 1) await Promise.all(logs.map((log) => fill(log, 20)));
    const indexes = await Promise.all(logs.map(async (log) => (await log.append(event("last"))).index));
    expect(indexes.sort((left, right) => left - right)).toEqual([300, 301, 302]);
    await logs[0]?.checkpoint();
    const found = await verifyTree({ source: storageTileSource(storage), logKeys: [logSigner.key] });
    expect(found).toMatchObject({ entries: 303, problems: [] });
  });

  it("keeps personal values beside the log, and forgets them without breaking it", async () => {
    const storage = await open();
    const log = openLog({ storage });
    const actor = { id: "u-1", kind: "user", method: "oidc", name: "Ada L.", address: "192.0.2.7" } as const;
    const { index } = await log.append(event("sign-in", { class: "access", actor }));
    const [bytes] = await storage.entries(index, index + 1);
    const text = Buffer.from(bytes ?? []).toString();
    expect(text).not.toMatch(/Ada|192\.0/u);
    const recorded = parseEntry(bytes ?? Buffer.alloc(0)).actor;
    const openings = await storage.openings(index);
    expect(openings.map(({ field, value }) => [field, value])).toEqual([
      ["actor.name", "Ada L."],
      ["actor.address", "192.0.2.7"],
    ]);
    const fits = openings.map((opening) => opensCommitment(opening, recorded.name ?? "commitment:"));
    expect(fits).toEqual([true, false]);
    const others = openings.map((opening) => ({ ...opening, value: "Eve" }));
    expect(others.map((opening) => opensCommitment(opening, recorded.name ?? "commitment:"))).toEqual([
      false,
      false,
    ]);
    await storage.eraseOpenings(index);
    expect(await storage.openings(index)).toEqual([]);
    await log.checkpoint();
    const found = await verifyTree({ source: storageTileSource(storage), logKeys: [logSigner.key] });
    expect(found).toMatchObject({ entries: 1, problems: [] });
  });

  it("keeps the checkpoint of the larger tree", async () => {
    const storage = await open();
    const log = openLog({ storage });
    await fill(log, 2);
    const older = await log.checkpoint();
    await fill(log, 2);
    const newer = await log.checkpoint();
    await storage.putCheckpoint(older);
    expect(await storage.checkpoint()).toBe(newer);
  });

  it("is empty at first", async () => {
    const storage = await open();
    expect(await storage.head()).toEqual({ size: 0, time: "", frontier: [] });
    expect(await storage.entries(0, 10)).toEqual([]);
    expect(await storage.tile(0, 0)).toBeUndefined();
    expect(await storage.checkpoint()).toBeUndefined();
    expect(await storage.openings(0)).toEqual([]);
  });

  it("adds nothing where the tree has another size than expected", async () => {
    const storage = await open();
    await fill(openLog({ storage }), 3);
    const head = await storage.head();
    const growth: TreeGrowth = { entries: [], tiles: [], head: { ...head, size: 9 } };
    for (const expected of [0, 2, 4]) expect(await storage.extend(expected, growth)).toBe("conflict");
    expect(await storage.head()).toEqual(head);
  });
}
