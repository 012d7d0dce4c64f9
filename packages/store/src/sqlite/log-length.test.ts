import { statSync } from "node:fs";
import { MiB } from "@pratique/core";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { openStore } from "../store.ts";

/** The log may have 32 MiB, and what is written within a second besides: well below half of this. */
const ENOUGH_BYTES = 128 * MiB;

it("keeps the log short while somebody writes all the time", async () => {
  using directory = tempDirectory();
  const file = directory.at("store.sqlite");
  const store = await openStore({ file, readerThreads: 1 });
  const status = "x".repeat(60_000);
  let written = 0;
  // Several times as long as it takes between two looks at the log, and as much as would be seen.
  const ended = Date.now() + 5000;
  for (let at = 0; Date.now() < ended || written <= ENOUGH_BYTES; at += 1) {
    await store.hosts.put({
      name: `h${at % 500}`,
      logId: "log",
      heardAt: "2026-11-26T10:00:00.000Z",
      status,
    });
    written += status.length;
  }
  expect(statSync(`${file}-wal`).size).toBeLessThan(written / 2);
  await store.close();
});
