import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { containerOf, meetingOf } from "../testdata/past.ts";
import { listPastHours, readPastHour } from "./past-hours.ts";
import { PastWriter } from "./past-writer.ts";

const HOUR = 3_600_000;
const START = Date.parse("2026-11-26T10:00:00Z");
const web = containerOf("web");
const limits = { days: 30, maxBytes: 64 * 2 ** 20 };

function past(directory: string, more: Partial<typeof limits> = {}) {
  let now = START;
  const clocks = { now: () => now, elapsedMs: () => now };
  const open = () => new PastWriter({ directory, limits: { ...limits, ...more }, ...clocks });
  return {
    writer: open(),
    open,
    after: (ms: number) => {
      now += ms;
    },
    get now() {
      return now;
    },
  };
}

/** `CONTAINER KIND PEER TIMES` of all hours, and what was left out of each container. */
function contactsIn(directory: string) {
  const contacts: string[] = [];
  const leftOut: Record<string, number> = {};
  for (const hour of listPastHours(directory)) {
    const recorded = readPastHour(directory, hour);
    expect(recorded?.damage).toBeUndefined();
    for (const share of recorded?.shares ?? []) {
      const { name } = share.container;
      leftOut[name] = (leftOut[name] ?? 0) + share.leftOut;
      for (const { kind, peer, count } of share.contacts) contacts.push(`${name} ${kind} ${peer} ${count}`);
    }
  }
  return { contacts: contacts.sort(), leftOut };
}

it("keeps each peer of a program once an hour, with when and how often", async () => {
  using directory = tempDirectory();
  const { writer, after } = past(directory.at("past"));
  await writer.open();
  writer.meet(web, meetingOf("198.51.100.7", START + 1000, { name: "evil.example", reached: false }));
  writer.meet(web, meetingOf("198.51.100.7", START + 9000));
  writer.meet(web, meetingOf("198.51.100.7", START + 9000, { executable: "/usr/bin/wget" }));
  writer.meet(web, meetingOf("evil.example", START, { kind: "name" }));
  writer.meet(
    web,
    meetingOf("evil.example", START, { kind: "name", answers: ["198.51.100.7"], isAnswer: true }),
  );
  after(10_000);
  await writer.tick();
  const [hour] = listPastHours(directory.at("past"));
  const recorded = hour === undefined ? undefined : readPastHour(directory.at("past"), hour);
  expect(recorded?.shares).toEqual([
    {
      container: web,
      leftOut: 0,
      contacts: [
        expect.objectContaining({
          peer: "198.51.100.7",
          executable: "/usr/bin/curl",
          name: "evil.example",
          reached: true,
          firstAt: START + 1000,
          lastAt: START + 9000,
          count: 2,
        }),
        expect.objectContaining({ executable: "/usr/bin/wget", count: 1 }),
        expect.objectContaining({ kind: "name", answers: ["198.51.100.7"], count: 1 }),
      ],
    },
  ]);
  expect(statSync(directory.at("past")).mode & 0o777).toBe(0o700);
  expect(statSync(directory.at("past", hour?.name ?? "")).mode & 0o777).toBe(0o600);
});

it("is JSON in zstd, for those who have nothing else", async () => {
  using directory = tempDirectory();
  const { writer } = past(directory.at("past"));
  await writer.open();
  writer.meet(web, meetingOf("198.51.100.7", START));
  await writer.close();
  const [name = ""] = readdirSync(directory.at("past"));
  expect(name).toBe("2026-11-26T10.zst");
  // A frame that readers of zstd skip stands in front.
  const bytes = readFileSync(directory.at("past", name)).subarray(16);
  expect(JSON.parse(zstdDecompressSync(bytes).toString("utf8"))).toMatchObject({
    containers: [{ name: "web" }],
    executables: ["/usr/bin/curl"],
  });
});

it("writes what is new within seconds, and how often within a minute", async () => {
  using directory = tempDirectory();
  const { writer, after } = past(directory.at("past"));
  await writer.open();
  await writer.tick();
  writer.meet(web, meetingOf("198.51.100.7", START));
  after(5000);
  await writer.tick();
  after(5000);
  await writer.tick();
  expect(contactsIn(directory.at("past")).contacts).toEqual(["web out 198.51.100.7 1"]);
  writer.meet(web, meetingOf("198.51.100.7", START + 11_000));
  writer.meet(web, meetingOf("198.51.100.8", START + 11_000));
  after(5000);
  await writer.tick();
  expect(contactsIn(directory.at("past")).contacts).toEqual([
    "web out 198.51.100.7 1",
    "web out 198.51.100.8 1",
  ]);
  after(60_000);
  await writer.tick();
  expect(contactsIn(directory.at("past")).contacts).toContain("web out 198.51.100.7 2");
  // Nothing has happened since: nothing is written.
  const [hour] = listPastHours(directory.at("past"));
  after(61_000);
  await writer.tick();
  expect(listPastHours(directory.at("past"))).toEqual([hour]);
});

it("goes on where a writer was killed, in whatever place of a block", async () => {
  using directory = tempDirectory();
  const at = directory.at("past");
  const { writer, open, after } = past(at);
  await writer.open();
  await writer.tick();
  for (const last of [7, 8, 9]) {
    writer.meet(web, meetingOf(`198.51.100.${last}`, START));
    after(6000);
    await writer.tick();
  }
  const [name = ""] = readdirSync(at);
  const file = directory.at("past", name);
  const whole = readFileSync(file);
  for (const cut of [whole.length - 1, whole.length - 30]) {
    writeFileSync(file, whole);
    truncateSync(file, cut);
    const second = open();
    await second.open();
    second.meet(web, meetingOf("198.51.100.10", START));
    await second.tick();
    expect(contactsIn(at).contacts.slice(0, 3)).toEqual([
      "web out 198.51.100.10 1",
      "web out 198.51.100.7 1",
      "web out 198.51.100.8 1",
    ]);
  }
  // One that broke off hours ago is written whole, and its hour is not mixed with this one.
  writeFileSync(file, whole.subarray(0, whole.length - 1));
  writeFileSync(directory.at("past", `writing-${name}`), "half");
  after(3 * HOUR);
  const third = open();
  await third.open();
  await third.tick();
  expect(readdirSync(at).sort()).toEqual(["2026-11-26T10.zst", "2026-11-26T13.zst"]);
  expect(contactsIn(at).contacts).toEqual(["web out 198.51.100.7 1", "web out 198.51.100.8 1"]);
});

it("tells damage from the end, and gives what comes before it", async () => {
  using directory = tempDirectory();
  const { writer } = past(directory.at("past"));
  await writer.open();
  writer.meet(web, meetingOf("198.51.100.7", START));
  await writer.close();
  const [hour] = listPastHours(directory.at("past"));
  if (hour === undefined) throw new Error("no hour");
  const file = directory.at("past", hour.name);
  appendFileSync(file, Buffer.alloc(40, 1));
  const read = () => readPastHour(directory.at("past"), { ...hour, bytes: statSync(file).size });
  expect(read()).toMatchObject({ damage: "expected a block", shares: [{ contacts: { length: 1 } }] });
  const bytes = readFileSync(file);
  bytes[24] = (bytes[24] ?? 0) ^ 1;
  writeFileSync(file, bytes);
  expect(read()).toMatchObject({ damage: "a block has changed since it was written", shares: [] });
});

it("keeps nothing that no feed may list", async () => {
  using directory = tempDirectory();
  const { writer } = past(directory.at("past"));
  await writer.open();
  for (const peer of ["10.0.0.1", "127.0.0.1", "::1", "fe80::1", "169.254.169.254", "no address", "@x"]) {
    writer.meet(web, meetingOf(peer, START));
  }
  writer.meet(web, meetingOf("::ffff:198.51.100.7", START));
  await writer.tick();
  expect(contactsIn(directory.at("past")).contacts).toEqual(["web out ::ffff:198.51.100.7 1"]);
});

it("lets one that talks to everybody, asks for everything and is called by everybody blind nobody", async () => {
  using directory = tempDirectory();
  const { writer } = past(directory.at("past"));
  await writer.open();
  const addressOf = (number: number) => `11.0.${number >> 8}.${number & 255}`;
  // Long texts take the place of 32 contacts: with short ones the same takes longer.
  const executable = `/${"x".repeat(4000)}`;
  // More of them than the pool feeds.
  for (let noisy = 0; noisy < 10; noisy += 1) {
    const flood = containerOf(`flood${noisy}`);
    for (let number = 0; number < 200; number += 1) {
      const name = `n${number}.tunnel.example`;
      writer.meet(flood, meetingOf(name, START, { kind: "name", executable }));
      writer.meet(flood, meetingOf(addressOf(number), START, { kind: "in", port: 80, executable }));
      writer.meet(flood, meetingOf(addressOf(number), START, { executable }));
    }
  }
  const honest = containerOf("honest");
  for (let number = 0; number < 16; number += 1)
    writer.meet(honest, meetingOf(`198.51.100.${number}`, START));
  await writer.close();
  const { contacts, leftOut } = contactsIn(directory.at("past"));
  expect(contacts.filter((text) => text.startsWith("honest "))).toHaveLength(16);
  expect(leftOut.honest).toBe(0);
  // The names and the callers of a container do not push out the addresses that it calls.
  expect(contacts.filter((text) => text.startsWith("flood0 out "))).toHaveLength(4096 / 32);
  expect(contacts.filter((text) => text.startsWith("flood0 in "))).toHaveLength(1024 / 32);
  expect(contacts.filter((text) => text.startsWith("flood9 "))).toEqual([]);
  const ofFlood = contacts.filter((text) => text.startsWith("flood")).length;
  const left = Object.values(leftOut).reduce((sum, count) => sum + count, 0);
  expect(ofFlood + left).toBe(10 * 3 * 200);
});

it("forgets what is too old, and takes what is too much from those that have most", async () => {
  using directory = tempDirectory();
  const at = directory.at("past");
  const { writer, after } = past(at, { days: 1, maxBytes: 24_000 });
  await writer.open();
  const flood = containerOf("flood");
  let seed = 1;
  const random = () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return seed;
  };
  for (let hour = 0; hour < 30; hour += 1) {
    writer.meet(web, meetingOf(`198.51.100.${hour}`, START + hour * HOUR));
    for (let number = 0; number < 300; number += 1) {
      const peer = `11.${random() >>> 24}.${random() >>> 24}.${random() >>> 24}`;
      writer.meet(flood, meetingOf(peer, START + hour * HOUR));
    }
    after(HOUR);
    await writer.tick();
  }
  const { contacts, leftOut } = contactsIn(at);
  expect(contacts.filter((text) => text.startsWith("web "))).toHaveLength(24);
  expect(leftOut.web).toBe(0);
  expect(leftOut.flood).toBeGreaterThan(500);
  const bytes = listPastHours(at).reduce((sum, hour) => sum + hour.bytes, 0);
  expect(bytes).toBeLessThan(26_000);
  expect(bytes).toBeGreaterThan(8000);
});

it("keeps most of the past where the clock is ten years ahead for a while", async () => {
  using directory = tempDirectory();
  const at = directory.at("past");
  const { writer, after } = past(at, { days: 7 });
  await writer.open();
  for (let hour = 0; hour < 150; hour += 1) {
    writer.meet(web, meetingOf(`198.51.100.${hour}`, START + hour * HOUR));
    after(HOUR);
    await writer.tick();
  }
  after(3653 * 24 * HOUR);
  await writer.tick();
  after(-3653 * 24 * HOUR);
  await writer.tick();
  await writer.close();
  expect(contactsIn(at).contacts).toHaveLength(150 - 48);
});

it("says why it cannot write, and writes it later", async () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("past"), "a file is in the way");
  const { writer, after } = past(directory.at("past"));
  await writer.open();
  expect(writer.failure).toContain("EEXIST");
  writer.meet(web, meetingOf("198.51.100.7", START));
  await writer.tick();
  expect(writer.failure).toContain("ENOTDIR");
  rmSync(directory.at("past"));
  mkdirSync(directory.at("past"));
  after(1000);
  await writer.tick();
  expect(writer.failure).toBe("");
  expect(contactsIn(directory.at("past")).contacts).toEqual(["web out 198.51.100.7 1"]);
});
