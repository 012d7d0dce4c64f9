import { writeFileSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { expect, it, vi } from "vitest";
import { openStore, StoreError } from "../index.ts";
import { WalSync } from "./wal-sync.ts";

it("waits for nothing where nothing was committed", async () => {
  using directory = tempDirectory();
  const sync = new WalSync(directory.at("none.sqlite"));
  // There is not even a file to flush.
  expect(await sync.durable()).toBeUndefined();
  await sync.close();
});

it("resolves for all who committed", async () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("store.sqlite-wal"), "");
  const sync = new WalSync(directory.at("store.sqlite"));
  const all = Array.from({ length: 50 }, () => {
    sync.committed();
    return sync.durable();
  });
  expect(await Promise.all(all)).toHaveLength(50);
  expect(sync.commits).toBe(50);
  await sync.close();
});

it("says that nothing is safe any more, once something was not", async () => {
  using directory = tempDirectory();
  const sync = new WalSync(directory.at("store.sqlite"));
  sync.committed();
  await expect(sync.durable()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  // The disk is there again; whether it holds what it was given before, nobody knows.
  writeFileSync(directory.at("store.sqlite-wal"), "");
  await expect(sync.durable()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  await sync.close();
});

it("does nothing again of which nobody knows whether it has reached the disk", async () => {
  using directory = tempDirectory();
  const store = await openStore({ file: directory.at("store.sqlite"), readerThreads: 1 });
  const put = (subject: string) =>
    store.changes.write(async (_transaction, changed) => changed({ kind: "host", subject }));
  await put("before");
  const durable = vi.spyOn(WalSync.prototype, "durable");
  durable.mockRejectedValueOnce(new StoreError("STORE_UNAVAILABLE", "it cannot be brought to the disk"));
  const outcomes = await Promise.allSettled([put("one"), put("two")]);
  durable.mockRestore();
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({ reason: { message: "it cannot be brought to the disk" } });
  }
  // It is in the log, once, and may be there when the server is started anew.
  const { changes } = await store.changes.since(0, 9);
  expect(changes.map(({ subject }) => subject)).toEqual(["before", "one", "two"]);
  await store.close();
});
