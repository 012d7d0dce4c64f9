import { expect, it } from "vitest";
import type { Channel } from "./channel.ts";
import {
  channelKinds,
  type DispatchEvent,
  Dispatcher,
  type DispatcherOptions,
  NotifyError,
  type PendingChange,
  type PendingEntry,
  parseRouting,
} from "./index.ts";
import { inputOf } from "./testdata/notifications.ts";
import { effectsOf, listenHttp } from "./testdata/peers.ts";

const routing = parseRouting(
  { fallback: ["hook"], timing: { waitSeconds: 10, intervalSeconds: 60, repeatSeconds: 3600 } },
  new Set(["hook"]),
);
const { signal } = new AbortController();

/** A store that a test can look into and break. */
function memoryStore() {
  const entries = new Map<string, string>();
  let failure: Error | undefined;
  return {
    entries,
    breakWith(error: Error | undefined) {
      failure = error;
    },
    async load(): Promise<readonly PendingEntry[]> {
      return [...entries].map(([id, value]) => ({ id, value }));
    },
    async commit({ put, remove }: PendingChange) {
      if (failure !== undefined) throw failure;
      for (const { id, value } of put) entries.set(id, value);
      for (const id of remove) entries.delete(id);
    },
  };
}

/** A channel that does what a test says, and keeps what it was given. */
function channelOf(act: (tries: number) => void | Promise<void>) {
  const ids: string[] = [];
  const channel: Channel = {
    kind: "test",
    async send(message) {
      ids.push(message.id);
      await act(ids.length);
      return { peer: undefined, answer: "ok", messageId: message.id, deliveredAt: 0 };
    },
    test: () => Promise.reject(new Error("not asked for here")),
  };
  return { channel, ids };
}

async function openWith(channel: Channel | undefined, options: Partial<DispatcherOptions> = {}) {
  const clock = { nowMs: 0 };
  const events: DispatchEvent[] = [];
  let made = 0;
  const store = memoryStore();
  const all: DispatcherOptions = {
    store,
    routing: () => routing,
    channel: () => channel,
    now: () => clock.nowMs,
    random: () => 0,
    newId: () => {
      made += 1;
      return `m-${made}`;
    },
    sleep: async () => undefined,
    observe: (event) => events.push(event),
    ...options,
  };
  return { dispatcher: await Dispatcher.open(all), all, clock, events, store };
}

function unreachable(): NotifyError {
  return new NotifyError("CHANNEL_UNREACHABLE", "cannot reach it");
}

it("delivers what it accepted when its group is due, and then forgets it", async () => {
  await using server = await listenHttp((response) => response.end("ok"));
  const kind = channelKinds.find(({ name }) => name === "slack");
  const { dispatcher, clock, events, store } = await openWith(kind?.open({ url: server.url }, effectsOf()));
  await dispatcher.accept([inputOf(), inputOf(), inputOf({ dedupKey: "other" })]);
  expect(dispatcher.status()).toEqual({ grouped: 2, waiting: 0, dead: 0, oldestAtMs: undefined });
  await dispatcher.tick(signal);
  expect(server.requests).toHaveLength(0);
  clock.nowMs = 10_000;
  await dispatcher.tick(signal);
  expect(server.requests).toHaveLength(1);
  expect(events).toEqual([
    { kind: "accepted", count: 3 },
    { kind: "suppressed", count: 1 },
    { kind: "delivered", channel: "hook", notifications: 2 },
  ]);
  expect([...store.entries.keys()].filter((id) => id.startsWith("delivery:"))).toEqual([]);
});

it("tries again after longer and longer waits, with one id, until it is dead and shown", async () => {
  const { channel, ids } = channelOf(() => {
    throw unreachable();
  });
  const { dispatcher, all, clock, events } = await openWith(channel, {
    retry: { maxAttempts: 4, baseDelayMs: 1000 },
  });
  await dispatcher.accept([inputOf()]);
  const tries: number[] = [];
  for (clock.nowMs = 0; clock.nowMs < 30_000; clock.nowMs += 500) {
    const before = ids.length;
    await dispatcher.tick(signal);
    if (ids.length > before) tries.push(clock.nowMs);
  }
  expect(tries).toEqual([10_000, 10_500, 11_500, 13_500]);
  expect(new Set(ids)).toEqual(new Set(["m-1"]));
  expect(events.filter((event) => event.kind === "failed").map(({ isDead }) => isDead)).toEqual([
    false,
    false,
    false,
    true,
  ]);
  expect(dispatcher.deadLetters()).toEqual([
    expect.objectContaining({
      id: "m-1/hook",
      attempts: 4,
      lastError: expect.objectContaining({ code: "CHANNEL_UNREACHABLE" }),
    }),
  ]);
  // A new process knows it too.
  expect((await Dispatcher.open(all)).status().dead).toBe(1);
});

it("does not try again what will not be accepted later either", async () => {
  await using server = await listenHttp((response) => response.writeHead(410).end("gone"));
  const kind = channelKinds.find(({ name }) => name === "slack");
  const { dispatcher, clock } = await openWith(kind?.open({ url: server.url }, effectsOf()));
  await dispatcher.accept([inputOf()]);
  clock.nowMs = 10_000;
  await dispatcher.tick(signal);
  expect(dispatcher.deadLetters()).toEqual([
    expect.objectContaining({ attempts: 1, lastError: expect.objectContaining({ status: 410 }) }),
  ]);
});

it.each([
  [429, 120, 120_000],
  [503, 7200, 3_600_000],
])("waits as long as a server asks for with %i, up to a limit", async (status, seconds, expectedMs) => {
  await using server = await listenHttp((response) =>
    response.writeHead(status, { "retry-after": String(seconds) }).end(),
  );
  const kind = channelKinds.find(({ name }) => name === "slack");
  const { dispatcher, clock } = await openWith(kind?.open({ url: server.url }, effectsOf()));
  await dispatcher.accept([inputOf()]);
  clock.nowMs = 10_000;
  await dispatcher.tick(signal);
  clock.nowMs += expectedMs - 1;
  await dispatcher.tick(signal);
  expect(server.requests).toHaveLength(1);
  clock.nowMs += 1;
  await dispatcher.tick(signal);
  expect(server.requests).toHaveLength(2);
});

it("keeps to the limit of each channel, and lets no slow one hold up another", async () => {
  const release = Promise.withResolvers<void>();
  let running = 0;
  let most = 0;
  const { channel: slow } = channelOf(async () => {
    running += 1;
    most = Math.max(most, running);
    await release.promise;
    running -= 1;
  });
  const done = Promise.withResolvers<void>();
  const { channel: fast } = channelOf(() => done.resolve());
  const table = parseRouting(
    {
      routes: [{ name: "fast", match: { kinds: ["z.last"] }, to: ["fast"] }],
      fallback: ["slow"],
      timing: { waitSeconds: 0 },
    },
    new Set(["slow", "fast"]),
  );
  const { dispatcher, clock } = await openWith(undefined, {
    routing: () => table,
    channel: (name) => (name === "slow" ? slow : fast),
    concurrency: 3,
  });
  const kinds = Array.from({ length: 10 }, (_, index) => `a.k${"x".repeat(index)}`);
  await dispatcher.accept([...kinds, "z.last"].map((kind) => inputOf({ kind })));
  clock.nowMs = 60_000;
  const tick = dispatcher.tick(signal);
  await done.promise;
  expect(running).toBe(3);
  release.resolve();
  await tick;
  while (dispatcher.status().waiting > 0) await dispatcher.tick(signal);
  expect(most).toBe(3);
});

it("accepts nothing that it could not write down", async () => {
  const { channel } = channelOf(() => undefined);
  const { dispatcher, store } = await openWith(channel);
  store.breakWith(new Error("disk full"));
  await expect(dispatcher.accept([inputOf()])).rejects.toThrow("disk full");
  expect(dispatcher.status().grouped).toBe(0);
  store.breakWith(undefined);
  await dispatcher.accept([inputOf()]);
  expect(dispatcher.status().grouped).toBe(1);
});

it("accepts all or none", async () => {
  const { dispatcher } = await openWith(undefined);
  const both = [inputOf(), inputOf({ kind: "not a kind" })];
  await expect(dispatcher.accept(both)).rejects.toEqual(
    expect.objectContaining({ code: "NOTIFICATION_INVALID" }),
  );
  expect(dispatcher.status().grouped).toBe(0);
});

it("delivers again after a restart what it could not write down as delivered", async () => {
  const { channel, ids } = channelOf(() => store.breakWith(new Error("disk full")));
  const { dispatcher, all, clock, events, store } = await openWith(channel);
  await dispatcher.accept([inputOf()]);
  clock.nowMs = 10_000;
  await dispatcher.tick(signal);
  expect(events.at(-1)).toEqual({ kind: "store-failed", message: "disk full" });
  store.breakWith(undefined);
  await (await Dispatcher.open(all)).tick(signal);
  expect(ids).toEqual(["m-1", "m-1"]);
});

it("names what is damaged in its store and goes on with the rest", async () => {
  const { channel } = channelOf(() => undefined);
  const { dispatcher, all, store, events } = await openWith(channel);
  await dispatcher.accept([inputOf()]);
  store.entries.set("group:x", "{");
  store.entries.set("delivery:y", '{"id":"z"}');
  store.entries.set("other", "1");
  const again = await Dispatcher.open(all);
  expect(events.filter(({ kind }) => kind === "damaged")).toHaveLength(3);
  expect(again.status().grouped).toBe(1);
});

it("tells of notifications that nobody hears, and of channels that are gone", async () => {
  const empty = parseRouting({}, new Set());
  const unrouted = await openWith(undefined, { routing: () => empty });
  await unrouted.dispatcher.accept([inputOf()]);
  expect(unrouted.events).toContainEqual({ kind: "unrouted", count: 1 });

  const gone = await openWith(undefined);
  await gone.dispatcher.accept([inputOf()]);
  gone.clock.nowMs = 10_000;
  await gone.dispatcher.tick(signal);
  expect(gone.events.at(-1)).toEqual(expect.objectContaining({ code: "CHANNEL_UNKNOWN", isDead: false }));
});

it("runs by itself, wakes for what is new, and ends with its signal", async () => {
  const end = new AbortController();
  const { channel, ids } = channelOf(() => end.abort());
  const { dispatcher, clock } = await openWith(channel, {
    // Waiting is what moves this clock.
    sleep: async (ms, stop) => {
      await new Promise((resolve) => setImmediate(resolve));
      stop.throwIfAborted();
      clock.nowMs += ms;
    },
  });
  const running = dispatcher.run(end.signal);
  await dispatcher.accept([inputOf()]);
  await running;
  expect(ids).toEqual(["m-1"]);
  expect(dispatcher.status().waiting).toBe(0);
});

it("counts no try that it ended itself", async () => {
  const end = new AbortController();
  const { channel } = channelOf(async () => {
    end.abort();
    throw new NotifyError("ABORTED", "gave up");
  });
  const { dispatcher, clock } = await openWith(channel);
  await dispatcher.accept([inputOf()]);
  clock.nowMs = 10_000;
  await dispatcher.tick(end.signal);
  expect(dispatcher.status()).toEqual(expect.objectContaining({ waiting: 1, dead: 0 }));
});

it("keeps what it has no room for as dead, and shows it", async () => {
  const { channel, ids } = channelOf(() => {
    throw unreachable();
  });
  const { dispatcher, clock, events } = await openWith(channel, { maxWaiting: 1 });
  await dispatcher.accept([inputOf({ kind: "a.a" }), inputOf({ kind: "a.b" })]);
  clock.nowMs = 10_000;
  await dispatcher.tick(signal);
  expect(ids).toHaveLength(1);
  expect(dispatcher.status()).toEqual(expect.objectContaining({ waiting: 1, dead: 1 }));
  expect(dispatcher.deadLetters()[0]?.lastError?.code).toBe("QUEUE_FULL");
  expect(events).toContainEqual(
    expect.objectContaining({ kind: "failed", code: "QUEUE_FULL", isDead: true }),
  );
});

it("leaves the others their room when a channel is full", async () => {
  const { channel: down } = channelOf(() => {
    throw unreachable();
  });
  const { channel: up, ids } = channelOf(() => undefined);
  const both = parseRouting(
    {
      routes: [
        { name: "a", match: { kinds: ["a.*"] }, to: ["down"] },
        { name: "b", match: { kinds: ["b.*"] }, to: ["up"] },
      ],
    },
    new Set(["down", "up"]),
  );
  const { dispatcher, clock } = await openWith(undefined, {
    maxWaiting: 1,
    routing: () => both,
    channel: (name) => (name === "down" ? down : up),
  });
  for (const kind of ["a.a", "b.b"]) {
    await dispatcher.accept([inputOf({ kind })]);
    clock.nowMs += 3_600_000;
    await dispatcher.tick(signal);
  }
  expect(ids).toHaveLength(1);
  expect(dispatcher.status()).toEqual(expect.objectContaining({ waiting: 1, dead: 0 }));
});

it("looks again at once at what becomes due while it looks", async () => {
  const { channel, ids } = channelOf(() => undefined);
  const end = new AbortController();
  const waits: number[] = [];
  // Due at 10 000. The clock gets there after the groups were looked at, before it is said how long to wait.
  const times = [0, 9_999, 9_999, 9_999];
  const { dispatcher } = await openWith(channel, {
    now: () => times.shift() ?? 10_000,
    sleep: async (ms) => {
      waits.push(ms);
      if (waits.length === 5 || ids.length > 0) end.abort();
    },
  });
  await dispatcher.accept([inputOf()]);
  await dispatcher.run(end.signal);
  expect(waits[0]).toBe(0);
  expect(ids).toEqual(["m-1"]);
});
