import { openStore, type Store } from "@pratique/store";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type PublishedKey, PublishedKeys } from "./published-keys.ts";

const since = "2026-11-24T12:30:00.000Z";
let store: Store;
let keys: PublishedKeys;

beforeEach(async () => {
  store = await openStore({ file: ":memory:" });
  keys = new PublishedKeys(store);
});
afterEach(async () => await store.close());

function keyOf(at: number, more: Partial<PublishedKey> = {}): PublishedKey {
  return { key: `log+${at}`, serverId: `server-${at}`, server: `host-${at}`, since, ...more };
}

it("keeps all keys of servers that tell of theirs at once", async () => {
  await Promise.all([1, 2, 3, 4, 5].map((at) => keys.publish(keyOf(at))));
  const told = (await keys.list()).map(({ key }) => key);
  expect(told.toSorted()).toEqual(["log+1", "log+2", "log+3", "log+4", "log+5"]);
});

it("keeps since when a server signs with a key, and each server of a shared one", async () => {
  await keys.publish(keyOf(1));
  await keys.publish(keyOf(1, { since: "2026-11-25T00:00:00.000Z" }));
  const shared = keyOf(1, { serverId: "server-2", server: "host-2" });
  await keys.publish(shared);
  expect(await keys.list()).toEqual([keyOf(1), shared]);
});

it("forgets the oldest key of a server that is gone where there are too many", async () => {
  const here = {
    name: "host-0",
    address: "https://127.0.0.1:1",
    version: "1",
    startedAt: since,
    seenAt: since,
  };
  await store.settings.servers.put({ id: "server-0", ...here, listensForAgents: false });
  for (let at = 0; at < 258; at += 1) await keys.publish(keyOf(at));
  const told = (await keys.list()).map(({ key }) => key);
  expect(told).toHaveLength(256);
  expect([told[0], told[1], told.at(-1)]).toEqual(["log+0", "log+3", "log+257"]);
});

it("leaves out what is not in its form", async () => {
  await store.settings.documents.put("audit-keys", { keys: [{ key: 1 }, "x", { ...keyOf(1) }] });
  expect(await keys.list()).toEqual([keyOf(1)]);
});
