import { writeFileSync } from "node:fs";
import type { ContainerRuntimeReport } from "@pratique/api";
import { updateSet } from "@pratique/intel";
import {
  channelHooks,
  type DnsMessage,
  type MessageBody,
  recordFlags,
  type SensorEvent,
  type SensorNotice,
  type TrackedContainer,
  type TrackedProcess,
  wireTags,
} from "@pratique/sensor";
import { tempDirectory } from "@pratique/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type ListedPeer, RuntimeChannel } from "./runtime-channel.ts";
import type { Peer, Talk } from "./talks.ts";

const SHARED = "203.0.113.7";
const RARE = "203.0.113.8";
const NOW = Date.parse("2026-01-01T00:00:00Z");

let directory: ReturnType<typeof tempDirectory>;
let sent: MessageBody[];
let told: string[];
/** By sets as they came into force. */
let met: ListedPeer[];
let talks: readonly Talk[];
let late: Map<string, readonly Peer[]>;
let channels: RuntimeChannel[];
let onCommand: () => void;

beforeEach(() => {
  directory = tempDirectory();
  sent = [];
  told = [];
  met = [];
  talks = [];
  late = new Map();
  channels = [];
  onCommand = () => undefined;
});
afterEach(() => {
  for (const channel of channels) channel[Symbol.dispose]();
  directory[Symbol.dispose]();
});

const containers = ["a", "b", "c", "d", "e"].map(
  (id) =>
    ({
      identity: { id, runtime: "docker" },
      details: { id, name: id, image: "shop:1", runtime: "docker", labels: {}, mounts: [] },
      cgroupIds: new Set([1]),
      // Sound: nothing else of a container is read.
    }) as unknown as TrackedContainer,
);

function open(): RuntimeChannel {
  const channel = new RuntimeChannel({
    directory: directory.at("intel"),
    mode: "cut",
    commands: {
      command: async (_, fields = {}) => {
        sent.push(fields);
        onCommand();
        return {};
      },
    },
    stateFile: directory.at("channel.json"),
    save: writeFileSync,
    neverCut: ["198.51.100.53"],
    containers: () => containers,
    isConcerned: () => true,
    talks: async () => talks,
    latePeersOf: ({ identity }) => late.get(identity.id) ?? [],
    limits: () => ({ containersPerCause: 3, containersPerHost: 10, shareOfHost: 0.5, windowSeconds: 600 }),
    onMet: (peer) => met.push(peer),
    onHeld: (held) =>
      told.push(...held.map(({ value, containers: met, running }) => `${value} ${met}/${running}`)),
    newId: () => "hit",
    now: () => NOW,
    log: { info: () => undefined, warn: () => undefined },
  });
  channels.push(channel);
  return channel;
}

async function list(...indicators: readonly string[]): Promise<void> {
  const file = directory.at("list.txt");
  writeFileSync(file, indicators.map((indicator) => `${indicator}\n`).join(""));
  await updateSet({
    directory: directory.at("intel"),
    sources: [{ feed: "list", location: file }],
    accept: true,
    clock: () => new Date(NOW),
  });
}

function answer(
  containerId: string,
  name: string,
  addresses: readonly string[],
  alias?: string,
): SensorEvent {
  const ttlSeconds = 60;
  const message: DnsMessage = {
    isResponse: true,
    responseCode: 0,
    questions: [{ name, type: 1 }],
    answers: [
      ...(alias === undefined ? [] : [{ owner: name, ttlSeconds, kind: "alias" as const, value: alias }]),
      ...addresses.map((value) => ({ owner: alias ?? name, ttlSeconds, kind: "address" as const, value })),
    ],
  };
  const tracked = containers.find(({ identity }) => identity.id === containerId);
  // Sound: nothing else of the event is read.
  return { dnsMessage: message, tracked } as unknown as SensorEvent;
}

/** A question for a listed name, as the kernel tells it. */
function question(id: number, text: string, flags: number): SensorNotice {
  const numbers = new Map<number, number>([
    [wireTags.number0, id],
    [wireTags.number1, channelHooks.name],
  ]);
  const record = {
    flags,
    pid: 0,
    number: (tag: number) => numbers.get(tag),
    text: () => text,
    findSized: () => -1,
  };
  return { kind: "channel", record, container: containers[0], process: undefined } as unknown as SensorNotice;
}

// Sound: nothing else of a process is read.
const process = {
  pid: 42,
  name: "nc",
  exe: "nc",
  exePath: "/bin/nc",
  args: [],
  parent: undefined,
  facts: { euid: 0 },
} as unknown as TrackedProcess;

const quiet: ContainerRuntimeReport = {
  containerId: "a",
  takenAt: "2026-01-01T00:00:00.000Z",
  processes: [],
  listening: [],
  flows: [],
  written: [],
  rates: { execs: 0, opens: 0, connects: 0, events: 0, suppressed: 0 },
  leftOut: 0,
};

function flowTo(address: string, name = ""): ContainerRuntimeReport["flows"][number] {
  const { takenAt: at } = quiet;
  const ends = { protocol: "tcp", direction: "out", localPort: 40_000, address, port: 443, name } as const;
  return { ...ends, connections: 1, firstAt: at, lastAt: at };
}

function talkTo(address: string, ...ids: readonly string[]): readonly Talk[] {
  return containers
    .filter(({ identity }) => ids.includes(identity.id))
    .map((container) => ({ container, process, address, port: 443, protocol: "tcp" }));
}

function talking(...ids: readonly string[]): void {
  talks = talkTo(SHARED, ...ids);
}

it("holds what would cut off most containers, refuses the rest, and tells once", async () => {
  await list(SHARED, RARE);
  talking("a", "b", "c");
  const channel = open();
  await channel.begin();
  expect(sent).toMatchObject([{ mode: "enforce", report: [SHARED], reportNames: [] }]);
  expect(told).toEqual([`${SHARED} 3/5`]);
  await channel.begin();
  await channel.refresh();
  expect(told).toHaveLength(1);
});

it("marks in a report whom the set in force lists, by address or by name", async () => {
  await list(RARE, "evil.example.com");
  const channel = open();
  const flows = [flowTo(RARE), flowTo(SHARED, "www.evil.example.com"), flowTo(SHARED)];
  const marks = () => channel.marked({ ...quiet, flows }).flows.map(({ listed }) => listed?.value);
  expect(marks()).toEqual([undefined, undefined, undefined]);
  await channel.begin();
  expect(marks()).toEqual([RARE, "evil.example.com", undefined]);
});

it("does not take a set at all that is wrong about more than a person can look at", async () => {
  const many = Array.from({ length: 1001 }, (_, place) => `203.0.${place >> 8}.${place & 255}`);
  const channel = open();
  await list(RARE);
  await channel.begin();
  talks = many.flatMap((address) => talkTo(address, "a", "b", "c"));
  await list(RARE, ...many);
  await channel.refresh();
  expect(channel.failure).toContain("3 of 5 running containers from 1001 peers");
  expect([sent.length, channel.held]).toEqual([1, []]);
});

it("counts whom containers talked to a few minutes ago", async () => {
  await list(SHARED);
  late = new Map(["a", "b", "c"].map((id) => [id, [{ address: SHARED, port: 443 }]]));
  await open().begin();
  expect(told).toEqual([`${SHARED} 3/5`]);
});

it("meets whoever talks to what has just been listed, without another packet", async () => {
  await list(SHARED);
  talks = [...talkTo(SHARED, "a"), ...talkTo(RARE, "b"), ...talkTo(SHARED, "a")];
  await open().begin();
  expect(met).toMatchObject([
    {
      detection: { outcome: "prevented", eventType: "connect", processes: [{ pid: 42 }] },
      hit: { container: { id: "a" }, remote: { address: SHARED, port: 443 }, protocol: "tcp", pid: 42 },
    },
  ]);
});

it("only tells of whoever talks to what waits to be confirmed", async () => {
  await list(SHARED);
  talking("a", "b", "c");
  await open().begin();
  expect(met.map(({ detection, hit }) => [detection.container?.id, detection.outcome, hit])).toEqual(
    ["a", "b", "c"].map((id) => [id, "none", undefined]),
  );
});

it("holds nothing where most containers are left alone", async () => {
  await list(SHARED, RARE);
  talking("a", "b");
  await open().begin();
  expect(sent).toMatchObject([{ report: [] }]);
  expect(told).toEqual([]);
});

it("counts different indicators together, and names that were asked for", async () => {
  talks = [...talkTo(SHARED, "a"), ...talkTo(RARE, "b")];
  const channel = open();
  channel.observed(answer("c", "evil.example.com", ["198.51.100.1"]));
  await list(SHARED, RARE, "evil.example.com");
  await channel.begin();
  expect(sent).toMatchObject([{ report: [SHARED, RARE], reportNames: ["evil.example.com"] }]);
});

it("refuses what a person has confirmed, now and by later sets, and counts it no more", async () => {
  await list(SHARED);
  talking("a", "b", "c");
  const channel = open();
  await channel.begin();
  expect(await channel.confirm(RARE)).toBe(false);
  expect(await channel.confirm(SHARED)).toBe(true);
  expect(sent.at(-1)).toMatchObject({ report: [] });
  await list(SHARED, RARE);
  await channel.refresh();
  expect(sent).toHaveLength(3);
  expect([sent.at(-1)?.report, told]).toEqual([[], [`${SHARED} 3/5`]]);
});

it("remembers what is held over a restart, and forgets it with the list", async () => {
  await list(SHARED, RARE);
  talking("a", "b", "c");
  await open().begin();
  talking();
  const second = open();
  await second.begin();
  expect(second.held).toMatchObject([{ value: SHARED }]);
  await list(RARE);
  await second.refresh();
  expect([second.held, sent.at(-1)?.report]).toEqual([[], []]);
});

it("does not hold what the set before refused already", async () => {
  await list(SHARED);
  const channel = open();
  await channel.begin();
  talking("a", "b", "c");
  await list(SHARED, RARE);
  await channel.refresh();
  expect(channel.held).toEqual([]);
});

it("meets whoever is at the addresses that a listed name was answered with, but for what no feed may list", async () => {
  await list("evil.example.net");
  const channel = open();
  await channel.begin();
  const addresses = [SHARED, "127.0.0.1", "10.0.0.1", "198.51.100.53"];
  const [peer] = channel.observed(answer("a", "honest.example.com", addresses, "cdn.evil.example.net"));
  expect(peer?.hit).toMatchObject({ answered: [SHARED], remote: { address: "" }, confirmed: false });
  expect(peer?.detection).toMatchObject({ eventType: "dns", fields: { peer: "cdn.evil.example.net" } });
  expect(channel.observed(answer("a", "honest.example.com", [SHARED], "cdn.evil.example.net"))).toEqual([]);
  const [moved] = channel.observed(answer("a", "honest.example.com", [RARE], "cdn.evil.example.net"));
  expect(moved?.hit?.answered).toEqual([RARE, SHARED]);
  expect(channel.observed(answer("a", "honest.example.org", [SHARED]))).toEqual([]);
});

it("meets them as well where the name is listed later", async () => {
  await list(RARE);
  const channel = open();
  await channel.begin();
  expect(channel.observed(answer("a", "evil.example.net", [SHARED]))).toEqual([]);
  await list(RARE, "evil.example.net");
  await channel.refresh();
  expect(met).toMatchObject([{ hit: { answered: [SHARED] } }]);
  expect(channel.waited()).toEqual([]);
});

it("compares no more answers at once than it has time for, and the others later", async () => {
  await list("evil.example.net");
  const channel = open();
  await channel.begin();
  for (let i = 0; i < 100; i++) channel.observed(answer("a", `n${i}.example.com`, [RARE]));
  expect(channel.observed(answer("a", "evil.example.net", [SHARED]))).toEqual([]);
  // Another container's are not held back by that.
  expect(channel.observed(answer("b", "evil.example.net", [SHARED]))).toHaveLength(1);
  expect(channel.waited()).toMatchObject([{ hit: { container: { id: "a" } } }]);
});

it("has the ladder hear of a question, which names nobody to be cut from", async () => {
  await list("evil.example.net");
  const channel = open();
  await channel.begin();
  const peer = channel.noticed(question(0, "www.evil.example.net", recordFlags.prevented));
  expect(peer?.hit).toMatchObject({ remote: { address: "", port: 0 }, answered: [], prevented: true });
  expect(channel.noticed(question(0, "www.evil.example.com", recordFlags.prevented))).toBeUndefined();
});

it("acts at once on what it has just told, when a person confirms it", async () => {
  await list("evil.example.net");
  const channel = open();
  for (const id of ["a", "b", "c"]) channel.observed(answer(id, "evil.example.net", [SHARED]));
  await channel.begin();
  expect(channel.held).toMatchObject([{ kind: "domain", value: "evil.example.net", containers: 3 }]);
  expect(channel.noticed(question(0, "evil.example.net", 0))?.hit).toBeUndefined();
  expect(channel.noticed(question(0, "evil.example.net", 0))).toBeUndefined();
  await channel.confirm("evil.example.net");
  const { hit } = channel.noticed(question(0, "evil.example.net", recordFlags.prevented)) ?? {};
  expect(hit).toMatchObject({ confirmed: true, prevented: true });
});

it("does not take an indicator for another one, of another set, that has its number", async () => {
  await list("evil.example.net");
  const channel = open();
  await channel.begin();
  expect(channel.noticed(question(0, "evil.example.net", recordFlags.prevented))).toBeDefined();
  await list("bad.example.net", "evil.example.net");
  await channel.refresh();
  const ids = [0, 1].map((id) => channel.noticed(question(id, "bad.example.net", recordFlags.prevented)));
  expect(ids.filter((peer) => peer !== undefined)).toHaveLength(1);
});

it("tells of whom the kernel has refused while a set was put in force, as soon as it is", async () => {
  const channel = open();
  await list("evil.example.net");
  await channel.begin();
  // The kernel has the set before its answer is read; the number of one is that of the other in the set before.
  const atOnce: unknown[] = [];
  onCommand = () => {
    for (const id of [0, 1]) {
      atOnce.push(channel.noticed(question(id, "bad.example.net", recordFlags.prevented)));
    }
  };
  await list("bad.example.net", "evil.example.net");
  await channel.refresh();
  expect(atOnce).toEqual([undefined, undefined]);
  const [peer, ...others] = met;
  expect(peer?.detection).toMatchObject({ outcome: "prevented", fields: { listed: "bad.example.net" } });
  expect(others).toEqual([]);
  expect(channel.waited()).toEqual([]);
});

it("only tells of what is to be told only", async () => {
  const file = directory.at("weak.txt");
  writeFileSync(file, "evil.example.net\n");
  await updateSet({
    directory: directory.at("intel"),
    sources: [{ feed: "list", location: file }],
    blockFromConfidence: 100,
    clock: () => new Date(NOW),
  });
  const channel = open();
  await channel.begin();
  const peer = channel.noticed(question(0, "evil.example.net", 0));
  expect(peer?.detection.outcome).toBe("none");
  expect(peer?.hit).toBeUndefined();
});
