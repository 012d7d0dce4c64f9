import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { workshop } from "../testdata/workshop.ts";
import { currentSnapshot } from "./intel-set.ts";

const SCRIPT = fileURLToPath(new URL("../testdata/update-and-hang.ts", import.meta.url));

/** An update in a process of its own, which has reached a phase and hangs there until it is killed. */
async function hangingUpdate(phase: string, sets: string, location: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [SCRIPT, phase, sets, "list", location], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await Promise.race([
    once(child.stdout, "data"),
    once(child, "exit").then(() => Promise.reject(new Error("the update ended"))),
  ]);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

it.each(["reading", "keeping", "writing"])(
  "an update that is killed while %s leaves the set before, and nothing in the way of the next",
  async (phase) => {
    using shop = workshop();
    const before = await shop.update([`list:${shop.feed("one.txt", "198.51.100.7\n")}`]);
    const child = await hangingUpdate(phase, shop.sets, shop.feed("two.txt", "evil.example\n"));
    await kill(child);
    expect(readdirSync(shop.sets).some((name) => name.startsWith("building-"))).toBe(true);
    {
      using set = shop.open();
      expect(set.find("198.51.100.7")).toHaveLength(1);
      expect(currentSnapshot(shop.sets)?.revision).toBe(before.revision);
    }
    expect((await shop.update([])).sources).toHaveLength(1);
    expect(readdirSync(shop.sets).filter((name) => name.startsWith("building-"))).toEqual([]);
  },
);

it("a second update is refused while one is at work, and runs when that one is dead", async () => {
  using shop = workshop();
  const feed = shop.feed("two.txt", "evil.example\n");
  const child = await hangingUpdate("reading", shop.sets, feed);
  try {
    await expect(shop.update([`list:${feed}`])).rejects.toMatchObject({ code: "UPDATE_LOCKED" });
    const waiting = shop.update([`list:${feed}`], { lockWaitMs: 15_000 });
    await kill(child);
    expect((await waiting).changed).toBe(true);
  } finally {
    child.kill("SIGKILL");
  }
});
