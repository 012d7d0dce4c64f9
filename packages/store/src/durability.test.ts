import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { openStore } from "./index.ts";
import { describeOnEach } from "./testdata/databases.ts";
import { everything } from "./testdata/samples.ts";

const script = fileURLToPath(new URL("testdata/append-until-killed.ts", import.meta.url));

describeOnEach((make) => {
  it.each([1, 5, 9])("keeps what it acknowledged when it is killed after batch %i", async (batches) => {
    await using database = await make();
    const child = spawn(process.execPath, [script, JSON.stringify(database.options)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "close");
    let acknowledged = 0;
    let seen = 0;
    for await (const line of createInterface(child.stdout)) {
      acknowledged = Number(line);
      seen += 1;
      if (seen === batches) child.kill("SIGKILL");
    }
    await ended;
    expect(seen).toBeGreaterThanOrEqual(batches);

    const store = await openStore(database.options);
    const held = await store.records.acknowledged("log");
    const { total } = await store.launches.list({ seen: everything, limit: 1 });
    await store.close();
    expect(held).toBeGreaterThanOrEqual(acknowledged);
    expect(held % 20).toBe(0);
    expect(total).toBe(held);
  });
});
