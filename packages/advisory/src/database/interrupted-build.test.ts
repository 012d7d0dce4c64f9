import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ecosystem } from "@pratique/core";
import { expect, it } from "vitest";
import { workshop } from "../testdata/workshop.ts";
import { openDatabase } from "./advisory-database.ts";

const SCRIPT = fileURLToPath(new URL("../testdata/build-and-hang.ts", import.meta.url));

/** A build in a process of its own, which has reached a phase and hangs there until it is killed. */
async function hangingBuild(phase: string, databases: string, feed: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [SCRIPT, phase, databases, "debian-dsa-dla", feed], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await Promise.race([
    once(child.stdout, "data"),
    once(child, "exit").then(() => Promise.reject(new Error("the build ended"))),
  ]);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

it.each(["reading", "assembling", "checking"])(
  "a build that is killed while %s leaves the database before, and nothing in the way of the next",
  async (phase) => {
    using shop = workshop();
    const { revision } = await shop.build(["osv:osv.json"]);
    const child = await hangingBuild(
      phase,
      shop.databases,
      shop.feed("DSA.list", "[12 Feb 2025] DSA-1-1 a - b\n\t[sid] - a 1\n"),
    );
    await kill(child);
    expect(readdirSync(shop.databases).some((name) => name.startsWith("building-"))).toBe(true);
    {
      using database = openDatabase(shop.databases, { clock: shop.now });
      expect(database.lookUp(ecosystem("npm"), "left-pad")).toHaveLength(1);
    }
    const next = await shop.build(["osv:osv.json"]);
    expect(next.revision).toBe(revision);
    expect(readdirSync(shop.databases).filter((name) => name.startsWith("building-"))).toEqual([]);
  },
);

it("a second build is refused while one is at work, and runs when that one is dead", async () => {
  using shop = workshop();
  const child = await hangingBuild(
    "reading",
    shop.databases,
    shop.feed("DSA.list", "[12 Feb 2025] DSA-1-1 a - b\n"),
  );
  try {
    await expect(shop.build(["osv:osv.json"])).rejects.toMatchObject({ code: "BUILD_LOCKED" });
    await expect(shop.build(["osv:osv.json"], { lockWaitMs: 150 })).rejects.toMatchObject({
      code: "BUILD_LOCKED",
    });
    const waiting = shop.build(["osv:osv.json"], { lockWaitMs: 15_000 });
    await kill(child);
    expect((await waiting).changed).toBe(true);
  } finally {
    child.kill("SIGKILL");
  }
});

it("two builds in one process are kept apart as well", async () => {
  using shop = workshop();
  const outcomes = await Promise.allSettled([shop.build(["osv:osv.json"]), shop.build(["kev:kev.json"])]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  const results = await Promise.all([
    shop.build(["osv:osv.json"], { lockWaitMs: 15_000 }),
    shop.build(["kev:kev.json"], { lockWaitMs: 15_000 }),
  ]);
  expect(results).toHaveLength(2);
  using database = openDatabase(shop.databases, { clock: shop.now });
  expect(database.sources.map(({ source }) => source)).toEqual(["kev", "osv", "starter"]);
});

it("stops waiting for another build when it is called off", async () => {
  using shop = workshop();
  const child = await hangingBuild(
    "reading",
    shop.databases,
    shop.feed("DSA.list", "[12 Feb 2025] DSA-1-1 a - b\n"),
  );
  try {
    const controller = new AbortController();
    const waiting = shop.build(["osv:osv.json"], { lockWaitMs: 15_000, signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: "BUILD_ABORTED" });
  } finally {
    await kill(child);
  }
});
