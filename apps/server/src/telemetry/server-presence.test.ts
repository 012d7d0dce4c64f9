import { openStore, type Store } from "@pratique/store";
import { fixedClock, tempDirectory } from "@pratique/testkit";
import { pino } from "pino";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ServerPresence } from "./server-presence.ts";

const clock = fixedClock("2026-11-24T12:30:00Z");
const START = "2026-11-24T12:30:00.000Z";

let directory: ReturnType<typeof tempDirectory>;
let store: Store;

beforeEach(async () => {
  directory = tempDirectory();
  store = await openStore({ file: directory.at("store.sqlite") });
});
afterEach(async () => {
  await store.close();
  directory[Symbol.dispose]();
});

function presenceOf(id: string, more: { readonly startedAt?: string } = {}): ServerPresence {
  const self = {
    id,
    name: `server-${id}`,
    address: "https://127.0.0.1:8443",
    version: "1.2.3",
    startedAt: START,
    listensForAgents: id === "1",
    ...more,
  };
  return new ServerPresence({ store, self: () => self, now: clock.now, log: pino({ level: "silent" }) });
}

const seen = async (presence: ServerPresence) =>
  (await presence.list()).map(({ name, state, listensForAgents }) => [name, state, listensForAgents]);

it("lists all that share the store, until they end", async () => {
  const [first, second] = [presenceOf("1"), presenceOf("2")];
  await first.start();
  await second.start();
  const both = [
    ["server-1", "running", true],
    ["server-2", "running", false],
  ];
  expect([await seen(first), await seen(second)]).toEqual([both, both]);
  await first.close();
  expect(await seen(second)).toEqual([["server-2", "running", false]]);
  await second.close();
  expect(await store.settings.servers.list()).toEqual([]);
});

it("calls silent who was killed, says when it was heard, and forgets it after a day", async () => {
  await presenceOf("1").beat();
  const second = presenceOf("2");
  clock.advance(45_000);
  await second.beat();
  expect(await seen(second)).toEqual([
    ["server-1", "running", true],
    ["server-2", "running", false],
  ]);
  clock.advance(1000);
  expect((await second.list())[0]).toMatchObject({ state: "silent", seenAt: START });
  expect((await second.list())[1]).toMatchObject({ state: "running", seenAt: "2026-11-24T12:30:46.000Z" });
  clock.advance(86_400_000);
  await second.beat();
  expect(await seen(second)).toEqual([["server-2", "running", false]]);
});

it("has a server that is started anew once, and does not take it out when its last process ends late", async () => {
  const before = presenceOf("1");
  await before.start();
  const after = presenceOf("1", { startedAt: "2026-11-25T12:30:00.000Z" });
  await after.start();
  await before.close();
  expect((await store.settings.servers.list()).map(({ startedAt }) => startedAt)).toEqual([
    "2026-11-25T12:30:00.000Z",
  ]);
  await after.close();
});

it("lists itself while the store cannot be read", async () => {
  const lost = await openStore({ file: directory.at("lost.sqlite") });
  const self = { id: "1", name: "a", address: "x", version: "1", startedAt: START, listensForAgents: false };
  const presence = new ServerPresence({
    store: lost,
    self: () => self,
    now: clock.now,
    log: pino({ level: "silent" }),
  });
  await lost.close();
  await presence.beat();
  expect(await presence.list()).toMatchObject([{ name: "a", state: "running" }]);
  await presence.close();
});
