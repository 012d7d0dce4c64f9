import { createHash, randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { TreeEvent } from "@pratique/audit";
import { LayerIndexFiles } from "@pratique/oci";
import { openStore, type Store } from "@pratique/store";
import { postgresUnavailable, sharedPostgres, type TempDirectory, tempDirectory } from "@pratique/testkit";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSealing, ownKey } from "../sealing/open-sealing.ts";
import { startJobs } from "../server-jobs.ts";
import { LayerDesk, type LayerDeskOptions, type LayerDifference } from "./layer-desk.ts";
import { LayerDifferences, recentDifference } from "./layer-differences.ts";
import { LayerSharing } from "./layer-sharing.ts";

const skipped = postgresUnavailable() ?? "";
const log = pino({ level: "silent" });
const layer = { diffId: `sha256:${"a".repeat(64)}`, name: "b".repeat(64) };
const content = indexOf("text");

/** What an index looks like to whoever only carries it. */
function indexOf(text: string): Buffer {
  return Buffer.concat([createHash("sha256").update(text).digest(), Buffer.from(text)]);
}

describe.skipIf(skipped !== "")(`the desk of what is read of layers ${skipped}`, () => {
  let store: Store;
  let url: string;
  let one: TempDirectory;
  let two: TempDirectory;

  beforeEach(async () => {
    url = await (await sharedPostgres()).createDatabase();
    store = await openStore({ postgres: url });
    one = tempDirectory();
    two = tempDirectory();
  });

  afterEach(async () => {
    await store.close();
    one[Symbol.dispose]();
    two[Symbol.dispose]();
  });

  function indexes() {
    const { layerIndexes } = store.registries;
    if (layerIndexes === undefined) throw new Error("expected a store that servers share");
    return layerIndexes;
  }

  function deskAt(directory: TempDirectory, maxBytes = 1000): LayerDesk {
    return deskOf("host", directory, { maxBytes });
  }

  function deskOf(host: string, directory: TempDirectory, more: Partial<LayerDeskOptions> = {}): LayerDesk {
    return new LayerDesk({
      indexes: indexes(),
      files: new LayerIndexFiles(directory.path),
      maxBytes: 1000,
      holder: `${host}/1 ${randomUUID()}`,
      registry: "main",
      log,
      isChecked: () => false,
      differs: async () => undefined,
      ...more,
    });
  }

  async function makeAt(host: string): Promise<void> {
    const desk = deskOf(host, one);
    await make(desk);
    desk.stay("all");
    await desk.end();
  }

  /** What is told of a layer that others have made, and another host reads as well. */
  async function readAgain(
    bytes: Buffer,
    end = (desk: LayerDesk): void => desk.stay([layer.diffId]),
  ): Promise<readonly LayerDifference[]> {
    const told: LayerDifference[] = [];
    const second = deskOf("two", two, {
      isChecked: () => true,
      differs: async (difference) => {
        told.push(difference);
      },
    });
    await second.hold(layer);
    if (!existsSync(two.at(layer.name))) writeFileSync(two.at(layer.name), bytes);
    second.free(layer.name, true);
    end(second);
    await second.end();
    return told;
  }

  /** As the process that reads would. */
  async function make(desk: LayerDesk, bytes = content, index = layer): Promise<void> {
    await desk.hold(index);
    writeFileSync(one.at(index.name), bytes);
    desk.free(index.name, true);
  }

  it("brings to one host what was made on another", async () => {
    const [first, second] = [deskAt(one), deskAt(two)];
    await first.hold(layer);
    const waiting = second.hold(layer);
    const asked = indexes().claim(layer, { holder: "x", registry: "main", leaseMs: 1000 });
    expect(await Promise.race([waiting, asked])).toBe("held");
    writeFileSync(one.at(layer.name), content);
    first.free(layer.name, true);
    await waiting;
    expect(readFileSync(two.at(layer.name))).toEqual(content);
    first.stay([layer.diffId]);
    await Promise.all([first.end(), second.end()]);
    expect(await indexes().totals()).toEqual({ count: 1, total: content.length });
  });

  it("lets another one make what was not made", async () => {
    const [first, second] = [deskAt(one), deskAt(two)];
    await first.hold(layer);
    const waiting = second.hold(layer);
    first.free(layer.name, false);
    await waiting;
    second.free(layer.name, false);
    await first.hold(layer);
    // Killed over it, it ends without giving anything back.
    await first.end();
    expect(await indexes().claim(layer, { holder: "x", registry: "main", leaseMs: 1000 })).toBe("yours");
    await second.end();
  });

  it.each([
    ["whose reader died", () => undefined],
    ["whose image is said to have no such layer", (desk: LayerDesk) => desk.stay([])],
  ])("takes back what was made %s", async (_, end) => {
    const desk = deskAt(one);
    await make(desk);
    end(desk);
    await desk.end();
    expect(await indexes().totals()).toEqual({ count: 0, total: 0 });
  });

  it("keeps what was made of an image that could not be read to its end", async () => {
    const desk = deskAt(one);
    await make(desk);
    desk.stay("all");
    await desk.end();
    expect((await indexes().totals()).count).toBe(1);
  });

  it.each([
    ["of something that nobody asked about", { ...layer, name: "c".repeat(64) }],
    ["without a file", layer],
  ])("takes nothing %s", async (_, index) => {
    const desk = deskAt(one);
    await desk.hold(layer);
    desk.free(index.name, true);
    desk.stay("all");
    await desk.end();
    expect(await indexes().totals()).toEqual({ count: 0, total: 0 });
  });

  it.each([
    ["damaged", Buffer.concat([content, Buffer.from("!")])],
    ["too long", Buffer.alloc(65 * 1024 * 1024)],
  ])("takes nothing that is %s", async (_, bytes) => {
    const desk = deskAt(one);
    await make(desk, bytes);
    desk.stay("all");
    await desk.end();
    expect(await indexes().totals()).toEqual({ count: 0, total: 0 });
  });

  it("never replaces what is there", async () => {
    const first = deskAt(one);
    await make(first);
    first.stay("all");
    await first.end();
    const second = deskAt(one);
    await make(second, indexOf("forged"));
    second.stay("all");
    await second.end();
    const third = deskAt(two);
    await third.hold(layer);
    await third.end();
    expect(readFileSync(two.at(layer.name))).toEqual(content);
  });

  it("removes what came to harm in the store, and has it made anew", async () => {
    await indexes().claim(layer, { holder: "x", registry: "main", leaseMs: 1000 });
    await indexes().put(layer, {
      holder: "x",
      parts: (async function* () {
        yield content.subarray(1);
      })(),
    });
    const desk = deskAt(one);
    await desk.hold(layer);
    expect(readdirSync(one.path)).toEqual([]);
    writeFileSync(one.at(layer.name), content);
    desk.free(layer.name, true);
    desk.stay("all");
    await desk.end();
    expect(await indexes().totals()).toEqual({ count: 1, total: content.length });
  });

  it("holds no more at once than an image is read by", async () => {
    const desk = deskAt(one);
    for (let number = 0; number < 20; number += 1) {
      await desk.hold({ ...layer, name: String(number).padStart(64, "0") });
    }
    const claims = [];
    for (let number = 0; number < 20; number += 1) {
      const index = { ...layer, name: String(number).padStart(64, "0") };
      claims.push(await indexes().claim(index, { holder: "x", registry: "main", leaseMs: 1000 }));
    }
    expect(claims.filter((claim) => claim === "held")).toHaveLength(8);
    await desk.end();
  });

  it("keeps no more than it may", async () => {
    const desk = deskAt(one, content.length);
    await make(desk);
    await make(desk, indexOf("more"), { ...layer, name: "c".repeat(64) });
    desk.stay("all");
    await desk.end();
    expect((await indexes().totals()).count).toBe(1);
  });

  it("tells of a layer that two hosts have read differently", async () => {
    await makeAt("one");
    expect(await readAgain(indexOf("forged"))).toEqual([
      { diffId: layer.diffId, maker: "one", checker: "two" },
    ]);
  });

  it.each([
    ["that both have read alike", "one", content, undefined],
    ["of which the second reading came to harm", "one", Buffer.from("damaged"), undefined],
    ["that its own host has made", "two", indexOf("forged"), undefined],
    ["over which its reader died", "one", indexOf("forged"), () => undefined],
    ["that its image is said not to have", "one", indexOf("forged"), (desk: LayerDesk) => desk.stay([])],
  ])("tells nothing of a layer %s, and goes on with it", async (_, maker, bytes, end) => {
    await makeAt(maker);
    expect(await readAgain(bytes, end)).toEqual([]);
    expect((await indexes().totals()).count).toBe(1);
  });

  it("removes what came to harm where it is read for a second time, and blames nobody", async () => {
    await indexes().claim(layer, { holder: "one/1", registry: "main", leaseMs: 1000 });
    await indexes().put(layer, {
      holder: "one/1",
      parts: (async function* () {
        yield content.subarray(1);
      })(),
    });
    expect(await readAgain(content)).toEqual([]);
    expect((await indexes().totals()).count).toBe(0);
  });

  it("lets everybody read for themselves where the store is gone", async () => {
    const desk = deskAt(one);
    await store.close();
    await expect(desk.hold(layer)).resolves.toBeUndefined();
    await desk.end();
    store = await openStore({ postgres: url });
  });

  it("shares one secret, sealed, and nothing where that is not wanted", async () => {
    using sealing = await openSealing({
      records: store.settings.keyRecords,
      key: ownKey(one.path),
      now: () => new Date(),
    });
    const { sealer } = sealing;
    const { jobs } = store;
    const open = (maxBytes = 1000) =>
      new LayerSharing({ indexes: indexes(), jobs, holder: "x", sealer, directory: two.path, maxBytes, log });
    const shared = await Promise.all([open().begin("main"), open().begin("main")]);
    const [secret, same] = shared.map((each) => each?.secret);
    expect(secret).toBe(same);
    const sealed = await indexes().sealedSecret();
    expect([sealed?.startsWith("ps1:layers."), sealed?.includes(secret ?? "")]).toEqual([true, false]);
    await Promise.all(shared.map(async (each) => await each?.desk.end()));
    expect(await open(0).begin("main")).toBeUndefined();
  });

  it("believes nothing any more of what was shared once two hosts have read a layer differently", async () => {
    using sealing = await openSealing({
      records: store.settings.keyRecords,
      key: ownKey(one.path),
      now: () => new Date(),
    });
    const { sealer } = sealing;
    await makeAt("one");
    const { jobs } = store;
    const sharing = new LayerSharing({
      indexes: indexes(),
      jobs,
      holder: "two/1",
      sealer,
      directory: two.path,
      maxBytes: 1000,
      log,
      isChecked: () => true,
    });
    const shared = await sharing.begin("main");
    await shared?.desk.hold(layer);
    writeFileSync(two.at(layer.name), indexOf("forged"));
    shared?.desk.free(layer.name, true);
    shared?.desk.stay("all");
    await shared?.desk.end();
    expect((await indexes().totals()).count).toBe(0);
    // Under another secret nobody finds what hosts have in their files.
    expect((await sharing.begin("main"))?.secret).not.toBe(shared?.secret);
    const events: TreeEvent[] = [];
    const record = async (event: TreeEvent) => {
      events.push(event);
    };
    const differences = new LayerDifferences({ store, now: Date.now, record });
    const working = startJobs(differences.jobs, { store, now: Date.now, log });
    while ((await recentDifference(store, Date.now())) === undefined) await sleep(20);
    await working[Symbol.asyncDispose]();
    expect(events).toMatchObject([
      { action: "layers.differ", data: { layer: layer.diffId, maker: "one", checker: "two" } },
    ]);
    expect(await recentDifference(store, Date.now())).toMatchObject({ hosts: ["one", "two"] });
    expect(await recentDifference(store, Date.now() + 8 * 86_400_000)).toBeUndefined();
  });
});
