import { afterEach, beforeEach, expect, it } from "vitest";
import { type Job, openStore, type RegistrySetting, type Store } from "../index.ts";
import { describeOnEach, type TestDatabase } from "../testdata/databases.ts";
import { digestOf, everything, reportOf } from "../testdata/samples.ts";
import type { ClaimedImage, RegistryImageOutcome } from "./registry-queue.ts";

const HOST = "registry.example";

const setting: Omit<RegistrySetting, "revision"> = {
  id: "main",
  name: "Main",
  kind: "distribution",
  address: HOST,
  path: "",
  settings: { include: ["team/*"] },
  everyMinutes: 60,
  concurrency: 2,
  sealedSecrets: null,
  secretNames: [],
};

const fault = { code: "SOURCE_UNAVAILABLE", message: "it broke", advice: "check the network" };
const limited = { code: "RATE_LIMITED", message: "too many", advice: "wait" };
const scanned: RegistryImageOutcome = {
  kind: "scanned",
  imageId: `sha256:${"a".repeat(64)}`,
  digest: null,
  assessment: "complete",
};

function image(repository: string, tag = "1") {
  return { repository: `${HOST}/${repository}`, tag, platform: "" };
}

describeOnEach((make) => {
  let database: TestDatabase;
  let store: Store;

  beforeEach(async () => {
    database = await make();
    store = await openStore(database.options);
    await store.registries.settings.put(setting);
  });

  afterEach(async () => {
    await store.close();
    await database[Symbol.asyncDispose]();
  });

  async function list(names: readonly string[], registry = "main"): Promise<void> {
    const { listings, settings } = store.registries;
    await settings.listNow(registry);
    const listing = await listings.begin(registry, "lister");
    if (listing === undefined) throw new Error("the registry is not due");
    await listings.add(
      listing,
      names.map((name) => image(name)),
    );
    await listings.end(listing, undefined);
  }

  /** Takes the next image. Who takes one in a slot in which another one is being scanned has it that its worker is dead. */
  async function claim(slot = 0, holder = `w${slot}`): Promise<ClaimedImage> {
    const claimed = await store.registries.queue.claim("main", { slot, holder });
    if (claimed === undefined) throw new Error("nothing is due");
    return claimed;
  }

  /** Takes all jobs that wait: the keys of those that are due, and of those that have time. */
  async function takeJobs(): Promise<{ readonly now: readonly string[]; readonly later: readonly string[] }> {
    const queued = await store.jobs.list({ state: "queued", limit: 100 });
    for (const { id } of queued) await store.jobs.cancel(id);
    const keys = (jobs: readonly Job[]) => jobs.map(({ key = "" }) => key).toSorted();
    const isDue = ({ runAtMs }: Job) => runAtMs <= Date.now();
    return { now: keys(queued.filter(isDue)), later: keys(queued.filter((job) => !isDue(job))) };
  }

  async function states(): Promise<readonly string[]> {
    const { items } = await store.registries.queue.list({ seen: everything, limit: 100 });
    return items.map(
      ({ repository, state, tries }) => `${repository.slice(HOST.length + 1)} ${state} ${tries}`,
    );
  }

  it("scans again what was scanned when nobody asked for a list, once its report does not have it", async () => {
    const { queue, gaps } = store.registries;
    await list(["a", "b", "c", "d"]);
    const lists = [{}, { secrets: [] }, { licenses: [] }];
    for (const [index, more] of lists.entries()) {
      const imageId = digestOf(index + 1);
      await store.images.put(imageId, reportOf("x", [], more));
      await queue.finish(await claim(), { ...scanned, imageId });
    }
    expect(await gaps.close([], 0)).toEqual({ asked: 0, next: undefined });
    await takeJobs();
    expect(await gaps.close(["secrets"], 0)).toEqual({ asked: 2, next: undefined });
    expect((await takeJobs()).now).toEqual(["registry.scan main 0", "registry.scan main 1"]);
    expect(await states()).toEqual(["a waiting 0", "b scanned 1", "c waiting 0", "d waiting 0"]);
    expect(await gaps.close(["secrets"], 0)).toEqual({ asked: 0, next: undefined });
    // An image whose scan goes on was perhaps begun before anybody asked.
    const running = await claim();
    expect(await gaps.close(["secrets"], 0)).toEqual({ asked: 1, next: undefined });
    await queue.finish(running, { ...scanned, imageId: digestOf(1) });
    expect((await states())[0]).toBe("a waiting 0");
    for (let count = 0; count < 2; count += 1) {
      await queue.finish(await claim(), { ...scanned, imageId: digestOf(2) });
    }
    expect((await claim()).image.imageId).toBeNull();
    expect(await gaps.close(["secrets"], 0)).toEqual({ asked: 1, next: undefined });
  });

  it("looks for what lacks a list in bounded steps", async () => {
    const { queue, gaps } = store.registries;
    const names = Array.from({ length: 51 }, (_, index) => `n${index}`);
    await list(names);
    await store.images.put(digestOf(1), reportOf("x", []));
    for (const _ of names) await queue.finish(await claim(), { ...scanned, imageId: digestOf(1) });
    const first = await gaps.close(["licenses"], 0);
    expect(first).toEqual({ asked: 50, next: expect.any(Number) });
    expect(await gaps.close(["licenses"], first.next ?? 0)).toEqual({ asked: 1, next: undefined });
  });

  it("keeps what was set up, and lists a new registry at once", async () => {
    const { settings, listings } = store.registries;
    expect(await settings.find("main")).toMatchObject({ ...setting, paused: false, isListing: false });
    expect(await settings.find("other")).toBeUndefined();
    expect(await takeJobs()).toEqual({ now: ["registry.list main"], later: [] });
    const before = (await settings.find("main"))?.revision;
    expect(await settings.put({ ...setting, name: "Renamed" }, before)).toBe(true);
    const seen = (await settings.find("main"))?.revision;
    expect(await settings.list()).toMatchObject([{ id: "main", name: "Renamed" }]);
    for (const from of [before, "new"])
      expect(await settings.put({ ...setting, name: "Late" }, from)).toBe(false);
    expect(await settings.put({ ...setting, id: "second", name: "Late" }, seen)).toBe(false);
    expect(await settings.list()).toMatchObject([{ id: "main", name: "Renamed" }]);
    expect(await settings.put({ ...setting, name: "In time" }, seen)).toBe(true);
    expect(await settings.remove("main")).toBe(true);
    expect(await settings.remove("main")).toBe(false);
    expect(await listings.begin("main", "lister")).toBeUndefined();
  });

  it("lets one worker list, and takes nothing of one that was overtaken", async () => {
    const { listings, settings } = store.registries;
    const dead = await listings.begin("main", "a");
    const next = await listings.begin("main", "b");
    if (dead === undefined || next === undefined) throw new Error("it was not due");
    expect((await settings.find("main"))?.isListing).toBe(true);
    expect(await listings.add(dead, [image("team/a")])).toBe(false);
    expect([await listings.isHeld(dead), await listings.isHeld(next)]).toEqual([false, true]);
    expect(await listings.add(next, [image("team/b")])).toBe(true);
    await listings.end(dead, undefined);
    expect((await settings.find("main"))?.isListing).toBe(true);
    await takeJobs();
    await listings.end(next, undefined);
    expect(await takeJobs()).toEqual({ now: [], later: ["registry.list main"] });
    const found = await settings.find("main");
    expect(found).toMatchObject({ isListing: false, error: null, images: { waiting: 1 } });
    expect((found?.listAtMs ?? 0) - (found?.listedAtMs ?? 0)).toBe(3_600_000);
    expect(await states()).toEqual(["team/b waiting 0"]);
  });

  it("begins a listing anew where what is meant has changed meanwhile", async () => {
    const { listings, settings } = store.registries;
    const old = await listings.begin("main", "a");
    if (old === undefined) throw new Error("it was not due");
    await settings.put({ ...setting, address: "elsewhere.example" });
    expect(await listings.isHeld(old)).toBe(false);
    expect(await listings.add(old, [image("team/a")])).toBe(false);
    await listings.end(old, undefined);
    expect([await states(), (await takeJobs()).now]).toEqual([[], ["registry.list main"]]);
  });

  it("notes once what a listing names twice", async () => {
    await list(["team/a", "team/b", "team/a"]);
    expect(await states()).toEqual(["team/a waiting 0", "team/b waiting 0"]);
  });

  it("forgets what a whole listing does not name, and keeps it where the listing was not whole", async () => {
    const { listings, settings } = store.registries;
    await list(["team/a", "team/b"]);
    await settings.listNow("main");
    const partial = await listings.begin("main", "a");
    if (partial === undefined) throw new Error("it was not due");
    await listings.add(partial, [image("team/c")]);
    await listings.end(partial, { code: "LIMIT_REACHED", message: "more", advice: "narrow it" });
    expect((await settings.find("main"))?.error).toMatchObject({ code: "LIMIT_REACHED" });
    expect(await states()).toHaveLength(3);
    await list(["team/c"]);
    expect(await states()).toEqual(["team/c waiting 0"]);
  });

  it("tries a listing again later, at the time that the registry asks for", async () => {
    const { listings, settings } = store.registries;
    const broken = await listings.begin("main", "a");
    if (broken === undefined) throw new Error("it was not due");
    await takeJobs();
    await listings.fail(broken, fault, { kind: "soon" });
    expect(await takeJobs()).toEqual({ now: [], later: ["registry.list main"] });
    expect(await settings.find("main")).toMatchObject({ error: fault, waitsUntilMs: null });
    await settings.listNow("main");
    const refused = await listings.begin("main", "a");
    if (refused === undefined) throw new Error("it was not due");
    await listings.fail(refused, limited, { kind: "after", waitMs: 60_000 });
    expect(await settings.find("main")).toMatchObject({ error: limited, waitCode: "RATE_LIMITED" });
    // Whoever is impatient does not make the registry willing.
    await settings.listNow("main");
    expect(await listings.begin("main", "a")).toBeUndefined();
    expect(await takeJobs()).toEqual({ now: [], later: ["registry.list main"] });
  });

  it("lists a registry again after a day, whatever it asks for", async () => {
    const { listings, settings } = store.registries;
    const listing = await listings.begin("main", "a");
    if (listing === undefined) throw new Error("it was not due");
    // What Retry-After can say is as far away as a date can be, and further by the database's clock.
    await listings.fail(listing, limited, { kind: "after", waitMs: 8.64e15 - Date.now() + 0.5 });
    const { listAtMs } = (await settings.find("main")) ?? {};
    expect((listAtMs ?? Number.NaN) - Date.now()).toBeLessThan(25 * 3_600_000);
  });

  it("gives each image to one worker, and no more at once than the registry is to bear", async () => {
    const { queue } = store.registries;
    await list(["team/a", "team/b", "team/c"]);
    expect((await takeJobs()).now).toEqual(["registry.scan main 0", "registry.scan main 1"]);
    const [first, second] = [await claim(0), await claim(1)];
    expect([first.image.repository, second.image.repository]).toEqual([`${HOST}/team/a`, `${HOST}/team/b`]);
    expect(await queue.claim("main", { slot: 2, holder: "w2" })).toBeUndefined();
    expect((await takeJobs()).now).toEqual([]);
    expect(await queue.finish(first, scanned)).toBe(true);
    expect(await queue.finish(first, scanned)).toBe(false);
    expect((await claim(0)).image.repository).toBe(`${HOST}/team/c`);
    expect(await states()).toEqual(["team/a scanned 1", "team/b running 1", "team/c running 1"]);
  });

  it("gives what a dead worker held to another one, and believes the dead one no more", async () => {
    const { queue } = store.registries;
    await list(["team/a"]);
    const dead = await claim(0, "w1");
    const next = await claim(0, "w2");
    expect(next.image).toMatchObject({ number: dead.image.number, tries: 2, holder: "w2" });
    expect(await queue.finish(dead, scanned)).toBe(false);
    expect([await queue.isHeld(dead), await queue.isHeld(next)]).toEqual([false, true]);
    expect(await queue.finish(next, scanned)).toBe(true);
  });

  it("gives up an image that kills its workers", async () => {
    await list(["team/bomb", "team/b"]);
    for (let death = 1; death <= 3; death += 1) {
      expect((await claim()).image.repository).toBe(`${HOST}/team/bomb`);
    }
    expect((await claim()).image.repository).toBe(`${HOST}/team/b`);
    const { items } = await store.registries.queue.list({ seen: everything, state: "failed", limit: 10 });
    expect(items).toMatchObject([{ tries: 3, error: { code: "WORKER_DIED" } }]);
  });

  it("tries again what may have been bad luck, and what somebody asks for", async () => {
    const { queue, settings } = store.registries;
    await list(["team/a"]);
    await queue.finish(await claim(), { kind: "unlucky", fault });
    expect(await states()).toEqual(["team/a waiting 1"]);
    await takeJobs();
    // Not before its pause is over.
    expect(await queue.claim("main", { slot: 0, holder: "w" })).toBeUndefined();
    expect(await takeJobs()).toEqual({ now: [], later: ["registry.wake main"] });
    const [waiting] = (await queue.list({ seen: everything, limit: 1 })).items;
    expect(await settings.retry("main", waiting?.number)).toBe(1);
    expect((await takeJobs()).now).toEqual(["registry.scan main 0"]);
    await queue.finish(await claim(), { kind: "failed", fault });
    expect(await states()).toEqual(["team/a failed 1"]);
    expect(await queue.claim("main", { slot: 0, holder: "w" })).toBeUndefined();
    expect((await takeJobs()).now).toEqual([]);
    expect(await settings.retry("main")).toBe(1);
    expect(await settings.retry("main")).toBe(0);
    await queue.finish(await claim(), scanned);
    const [done] = (await queue.list({ seen: everything, limit: 1 })).items;
    expect(done).toMatchObject({ state: "scanned", error: null, assessment: "complete" });
  });

  it("asks nothing of a host that wants to be left alone, whoever retries and by whatever name", async () => {
    const { queue, settings } = store.registries;
    await settings.put({ ...setting, id: "twin" });
    await list(["team/a", "team/b"]);
    await list(["team/a"], "twin");
    const claimed = await claim();
    await queue.finish(claimed, { kind: "put-off", fault: limited, waitMs: 60_000 });
    await takeJobs();
    await settings.retry("main", claimed.image.number);
    expect(await queue.claim("twin", { slot: 0, holder: "w" })).toBeUndefined();
    expect(await takeJobs()).toEqual({ now: [], later: ["registry.wake main", "registry.wake twin"] });
    expect(await states()).toEqual(["team/a waiting 0", "team/b waiting 0", "team/a waiting 0"]);
    const before = (await settings.find("main"))?.waitsUntilMs ?? 0;
    expect(before).toBeGreaterThan(0);
    await settings.put({ ...setting, name: "Impatient" });
    expect((await settings.find("main"))?.waitsUntilMs).toBe(before);
    await settings.put({ ...setting, address: "elsewhere.example" });
    expect((await settings.find("main"))?.waitsUntilMs).toBeNull();
  });

  it("leaves a registry alone that cannot be reached, and counts that as no image's failure", async () => {
    const { queue, settings } = store.registries;
    await list(Array.from({ length: 9 }, (_, index) => `team/${index}`));
    for (let tries = 0; tries < 8; tries += 1)
      await queue.finish(await claim(), { kind: "unreached", fault });
    expect(await queue.claim("main", { slot: 0, holder: "w" })).toBeUndefined();
    expect(await settings.find("main")).toMatchObject({ waitCode: "SOURCE_UNAVAILABLE" });
    expect((await states())[7]).toBe("team/7 waiting 0");
  });

  it("begins nothing while it is paused, and ends what was begun", async () => {
    const { queue, settings, listings } = store.registries;
    await list(["team/a", "team/b"]);
    const running = await claim();
    expect(await settings.setPaused("main", true)).toBe(true);
    expect(await settings.setPaused("none", true)).toBe(false);
    await takeJobs();
    await settings.listNow("main");
    expect(await listings.begin("main", "lister")).toBeUndefined();
    expect(await queue.claim("main", { slot: 1, holder: "w" })).toBeUndefined();
    expect(await takeJobs()).toEqual({ now: [], later: [] });
    expect(await queue.finish(running, scanned)).toBe(true);
    await settings.setPaused("main", false);
    expect((await takeJobs()).now).toEqual(["registry.list main", "registry.scan main 0"]);
    expect((await claim()).image.repository).toBe(`${HOST}/team/b`);
  });

  it("scans what was pushed first, and once more what was pushed while it was scanned", async () => {
    const { queue } = store.registries;
    await list(["team/a", "team/b"]);
    const running = await claim();
    await takeJobs();
    expect(await queue.push("main", [image("team/a"), image("team/new")])).toBe(true);
    expect(await queue.push("none", [image("team/a")])).toBe(false);
    expect((await takeJobs()).now).toEqual(["registry.scan main 1"]);
    const pushed = await claim(1);
    expect(pushed.image.repository).toBe(`${HOST}/team/new`);
    await queue.finish(running, scanned);
    expect((await claim()).image.repository).toBe(`${HOST}/team/a`);
    const many = Array.from({ length: 10_001 }, (_, index) => image("team/flood", `t${index}`));
    expect(await queue.push("main", many)).toBe(false);
  });

  it("scans what was pushed while it was scanned before what was not pushed", async () => {
    const { queue } = store.registries;
    await list(["team/a", "team/b"]);
    const [other, running] = [await claim(0), await claim(1)];
    await queue.push("main", [image("team/b")]);
    await queue.finish(running, scanned);
    await queue.finish(other, { kind: "given-back" });
    expect((await claim()).image.repository).toBe(`${HOST}/team/b`);
  });

  it("scans what was pushed while a listing went on that does not name it", async () => {
    const { listings, queue, settings } = store.registries;
    await list(["team/a"]);
    await settings.listNow("main");
    const listing = await listings.begin("main", "lister");
    if (listing === undefined) throw new Error("the registry is not due");
    await queue.push("main", [image("team/a")]);
    await listings.end(listing, undefined);
    expect(await states()).toEqual(["team/a waiting 0"]);
  });

  it("scans what was pushed while the image before it killed its workers", async () => {
    const { queue } = store.registries;
    await list(["team/bomb"]);
    for (let death = 1; death <= 3; death += 1) await claim();
    await queue.push("main", [image("team/bomb")]);
    // Once, however it ends.
    await claim();
    expect(await queue.claim("main", { slot: 0, holder: "w" })).toBeUndefined();
    expect(await states()).toEqual(["team/bomb failed 4"]);
  });

  it("gives back what a worker that ends was at, without counting it", async () => {
    await list(["team/a"]);
    await store.registries.queue.finish(await claim(), { kind: "given-back" });
    expect(await states()).toEqual(["team/a waiting 0"]);
  });

  it("has a slot go on, and others begin that a registry has more of", async () => {
    const { queue, settings } = store.registries;
    await list(["team/a", "team/b", "team/c", "team/d"]);
    await claim(0);
    await takeJobs();
    await queue.handOver("main", 0);
    expect((await takeJobs()).now).toEqual(["registry.scan main 0"]);
    await settings.put({ ...setting, concurrency: 3 });
    const more = ["registry.list main", "registry.scan main 1", "registry.scan main 2"];
    expect((await takeJobs()).now).toEqual(more);
  });

  it("begins no more than a registry that has fewer slots is to bear, and goes on when it may", async () => {
    const { queue, settings } = store.registries;
    await list(["team/a", "team/b", "team/c"]);
    const [first, second] = [await claim(0), await claim(1)];
    await settings.put({ ...setting, concurrency: 1 });
    await queue.finish(first, scanned);
    await takeJobs();
    expect(await queue.claim("main", { slot: 0, holder: "w" })).toBeUndefined();
    expect((await takeJobs()).now).toEqual([]);
    await queue.finish(second, scanned);
    expect(await queue.claim("main", { slot: 1, holder: "w" })).toBeUndefined();
    expect((await takeJobs()).now).toEqual(["registry.scan main 0"]);
  });

  it("takes back what a dead worker held in a slot that there is no more", async () => {
    const { queue, settings } = store.registries;
    await list(["team/a"]);
    await claim(1);
    await settings.put({ ...setting, concurrency: 1 });
    await takeJobs();
    expect(await queue.claim("main", { slot: 1, holder: "w" })).toBeUndefined();
    expect([await states(), (await takeJobs()).now]).toEqual([
      ["team/a waiting 1"],
      ["registry.scan main 0"],
    ]);
  });

  it("does not put off what waits for its turn, however much is pushed", async () => {
    const { queue, settings } = store.registries;
    await settings.put({ ...setting, id: "other", concurrency: 1 });
    const waiting = async () => {
      const jobs = await store.jobs.list({ state: "queued", limit: 9 });
      return jobs.filter(({ key }) => key === "registry.scan other 0").map(({ runAtMs }) => runAtMs);
    };
    await queue.push("other", [image("team/a")]);
    const before = await waiting();
    for (const tag of ["2", "3", "4"]) await queue.push("other", [image("team/a", tag)]);
    expect([before.length, await waiting()]).toEqual([1, before]);
  });

  it("has begun anew what has lost its jobs", async () => {
    const { queue } = store.registries;
    await list(["team/a", "team/b", "team/c"]);
    await claim(0);
    await takeJobs();
    await queue.resume();
    const now = ["registry.scan main 0", "registry.scan main 1"];
    expect(await takeJobs()).toEqual({ now, later: ["registry.list main"] });
  });

  it("goes on at once with what was put off while the clock was years ahead", async () => {
    const { queue, settings } = store.registries;
    await list(["team/a", "team/b"]);
    await takeJobs();
    await queue.followClock();
    expect(await takeJobs()).toEqual({ now: [], later: [] });
    const ahead = Date.now() + 3653 * 86_400_000;
    await database.run(`update registries set list_at_ms = ${ahead}, not_before_ms = ${ahead}`);
    await database.run(`update registry_images set next_try_ms = ${ahead}`);
    await queue.followClock();
    expect((await takeJobs()).now).toEqual([
      "registry.list main",
      "registry.scan main 0",
      "registry.scan main 1",
    ]);
    expect(await settings.find("main")).toBeDefined();
  });

  it("begins what has waited when its time has come", async () => {
    const { queue } = store.registries;
    await list(["team/a"]);
    await takeJobs();
    await queue.wake("main");
    await queue.wake("none");
    expect((await takeJobs()).now).toEqual(["registry.scan main 0"]);
  });

  it("lists page by page what somebody may see", async () => {
    const { queue } = store.registries;
    await list(["team/a", "team/b", "other/c"]);
    const team = [[{ registries: [`${HOST}/team/*`] }]];
    const first = await queue.list({ seen: team, limit: 1 });
    expect(first).toMatchObject({ total: 2, items: [{ repository: `${HOST}/team/a` }] });
    const rest = await queue.list({ seen: team, limit: 5, cursor: first.nextCursor ?? "" });
    expect(rest).toMatchObject({ nextCursor: null, items: [{ repository: `${HOST}/team/b` }] });
    expect((await queue.list({ seen: [[{ hosts: ["*"] }]], limit: 5 })).total).toBe(0);
    expect((await queue.list({ seen: everything, text: "R/C:", limit: 5 })).total).toBe(1);
    expect((await queue.list({ seen: everything, state: "failed", limit: 5 })).total).toBe(0);
    await expect(queue.list({ seen: everything, limit: 5, cursor: "x" })).rejects.toMatchObject({
      code: "CURSOR_MALFORMED",
    });
  });

  it("forgets the images of a registry that is another one now", async () => {
    await list(["team/a"]);
    await store.registries.settings.put({ ...setting, address: "elsewhere.example" });
    expect(await states()).toEqual([]);
  });
});
