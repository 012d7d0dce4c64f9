import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { AuditEvent, AuditSink, Detection } from "@pratique/core";
import { GiB, MiB, parseDigest } from "@pratique/core";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CaptureKeeper, type CaptureKeeperOptions, type SavingChoices } from "./capture-keeper.ts";
import { readSavedCaptures } from "./saved-captures.ts";

const DIGEST = parseDigest(`sha256:${"1".repeat(64)}`);
const START = Date.parse("2026-01-02T03:04:05.678Z");
let directory: TempDirectory;
let now: number;
let number: number;
const events: AuditEvent[] = [];
const warned: string[] = [];

const audit: AuditSink = {
  append: (event) => {
    events.push(event);
    return { ...event, sequence: events.length, time: "", previousHash: "", hash: "" };
  },
};

beforeEach(() => {
  vi.useFakeTimers();
  directory = tempDirectory();
  now = START;
  number = 0;
  events.length = 0;
  warned.length = 0;
});

afterEach(() => {
  vi.useRealTimers();
  directory[Symbol.dispose]();
});

const root = () => directory.at("captures");

function detection(change: Partial<Detection> = {}, container = "a".repeat(64)): Detection {
  number += 1;
  return {
    id: `${String(number).padStart(8, "0")}-0000-4000-8000-000000000000`,
    rule: "drift",
    description: "",
    priority: "warning",
    tags: [],
    time: new Date(now).toISOString(),
    eventType: "execve",
    output: "drift happened",
    fields: {},
    matched: [],
    container: {
      id: container,
      runtime: "docker",
      name: `name-of-${container.slice(0, 1)}`,
      image: "shop:1",
      imageId: DIGEST,
      privileged: false,
      labels: {},
      mounts: [],
      createdAt: 0,
    },
    processes: [],
    action: undefined,
    outcome: "none",
    suppressed: 0,
    ...change,
  };
}

function keeper(
  choices: Partial<SavingChoices> = {},
  change: Partial<CaptureKeeperOptions> = {},
): CaptureKeeper {
  return new CaptureKeeper({
    directory: root(),
    choices: { from: "warning", afterMs: 5000, maxCaptures: 100, maxBytes: GiB, ...choices },
    recorder: {
      keepsPackets: true,
      packetsLeftOut: () => 3,
      events: (id) => [`{"number":1,"of":"${id.slice(0, 1)}","at":${now}}\n`, '{"number":2}\n'],
      packets: () => [Buffer.from("pcap"), Buffer.from("ng")],
    },
    hostName: "host",
    audit,
    freeBytes: async () => 100 * GiB,
    now: () => now,
    elapsedMs: () => now,
    log: {
      info: () => undefined,
      warn: (fields, message) => void warned.push(`${message} ${JSON.stringify(fields)}`),
    },
    ...change,
  });
}

/** Lets so much time pass; what is due then is saved when the keeper has ended. */
function pass(ms: number): void {
  now += ms;
  vi.advanceTimersByTime(ms);
}

const saved = () => readSavedCaptures(root()).captures;

describe("CaptureKeeper", () => {
  it("saves what a container did a little after a detection, which names where, for root alone", async () => {
    const captures = keeper();
    const found = detection();
    const named = captures.plan(found) ?? "";
    expect(path.relative(root(), named)).toBe("20260102T030405678Z-aaaaaaaaaaaa-00000001");
    pass(4999);
    expect(existsSync(named)).toBe(false);
    pass(1);
    await captures[Symbol.asyncDispose]();
    expect(readdirSync(named).toSorted()).toEqual(["events.jsonl", "metadata.json", "packets.pcap"]);
    // What followed within the five seconds is in it.
    expect(readFileSync(path.join(named, "events.jsonl"), "utf8")).toContain(`"at":${START + 5000}`);
    expect(readFileSync(path.join(named, "packets.pcap"), "utf8")).toBe("pcapng");
    expect(JSON.parse(readFileSync(path.join(named, "metadata.json"), "utf8"))).toMatchObject({
      host: "host",
      savedAt: "2026-01-02T03:04:10.678Z",
      container: { id: "a".repeat(64), name: "name-of-a", image: "shop:1", imageId: DIGEST },
      detections: [{ id: found.id, rule: "drift", output: "drift happened" }],
      packets: { kept: true, leftOut: 3 },
      files: [
        { name: "events.jsonl", complete: true, sha256: expect.stringMatching(/^[0-9a-f]{64}$/u) },
        { name: "packets.pcap", complete: true, bytes: 6 },
      ],
    });
    const modes = [named, ...readdirSync(named).map((name) => path.join(named, name))];
    expect(modes.map((each) => statSync(each).mode & 0o777)).toEqual([0o700, 0o600, 0o600, 0o600]);
    expect(events).toMatchObject([
      {
        class: "agent",
        action: "capture.saved",
        data: { detections: [found.id], metadataSha256: expect.any(String) },
      },
    ]);
    expect(saved()).toMatchObject([{ directory: named, container: { name: "name-of-a" } }]);
  });

  it.each<[string, Partial<SavingChoices>, Partial<Detection>, boolean | undefined, boolean]>([
    ["as urgent as wanted", {}, { priority: "warning" }, undefined, true],
    ["more urgent", {}, { priority: "emergency" }, undefined, true],
    ["less urgent", {}, { priority: "notice" }, undefined, false],
    ["less urgent, of a rule that asks for it", {}, { priority: "debug" }, true, true],
    ["urgent, where rules alone decide", { from: "rules" }, { priority: "emergency" }, false, false],
    [
      "of a rule that asks for it, where rules alone decide",
      { from: "rules" },
      { priority: "debug" },
      true,
      true,
    ],
    ["of the host itself", {}, { container: undefined, priority: "emergency" }, true, false],
  ])("decides by priority and rule: %s", async (_, choices, change, capture, isSaved) => {
    await using captures = keeper(choices);
    const wish = capture === undefined ? undefined : { capture, captureDurationMs: undefined };
    expect(captures.plan(detection(change), wish) !== undefined).toBe(isSaved);
  });

  it.each([
    ["as long as its rule says", 250, 250],
    ["and no longer than a minute", 999_999_999, 60_000],
  ])("waits for what follows %s", async (_, captureDurationMs, afterMs) => {
    await using captures = keeper();
    const named = captures.plan(detection(), { capture: true, captureDurationMs }) ?? "";
    pass(afterMs - 1);
    vi.useRealTimers();
    await new Promise((resolve) => setImmediate(resolve));
    expect(existsSync(`${named}.partial`) || existsSync(named)).toBe(false);
  });

  it("joins detections that come meanwhile in the same container", async () => {
    const captures = keeper();
    const first = captures.plan(detection());
    pass(1000);
    expect(captures.plan(detection({ rule: "shell" }))).toBe(first);
    expect(captures.plan(detection({}, "b".repeat(64)))).not.toBe(first);
    pass(5000);
    await captures[Symbol.asyncDispose]();
    expect(saved().map(({ detections }) => detections.map(({ rule }) => rule))).toEqual([
      ["drift", "shell"],
      ["drift"],
    ]);
  });

  it("saves for one rule in one container once in ten minutes, and others all the same", async () => {
    const captures = keeper();
    captures.plan(detection());
    pass(6000);
    expect(captures.plan(detection())).toBeUndefined();
    expect(captures.plan(detection({ rule: "shell" }))).toBeDefined();
    expect(captures.plan(detection({}, "b".repeat(64)))).toBeDefined();
    pass(594_000);
    expect(captures.plan(detection())).toBeDefined();
    await captures[Symbol.asyncDispose]();
    expect(saved()).toHaveLength(4);
  });

  it("does not keep the disk busy with containers that come and go", async () => {
    const captures = keeper();
    let planned = 0;
    for (let each = 0; each < 200; each += 1) {
      if (captures.plan(detection({}, `${each}`.padStart(12, "0"))) !== undefined) planned += 1;
      pass(100);
    }
    await captures[Symbol.asyncDispose]();
    expect(planned).toBeLessThanOrEqual(32);
  });

  it("keeps so many and no more, of a container its own latest, of all the latest", async () => {
    const captures = keeper({ maxCaptures: 12 });
    captures.plan(detection({}, "b".repeat(64)));
    for (let each = 0; each < 13; each += 1) {
      pass(700_000);
      captures.plan(detection());
    }
    await captures[Symbol.asyncDispose]();
    const of = (name: string) => saved().filter(({ container }) => container.name === name).length;
    expect([of("name-of-a"), of("name-of-b")]).toEqual([10, 1]);
  });

  it("lets the oldest go where all take too much, and touches nothing else that lies there", async () => {
    mkdirSync(root(), { recursive: true });
    writeFileSync(path.join(root(), "notes.txt"), "mine");
    mkdirSync(path.join(root(), "20250101T000000000Z-old-mine-and-not-a-capture-of-ours-since-too-long"));
    const captures = keeper(
      { maxBytes: 32 * MiB },
      {
        recorder: {
          keepsPackets: false,
          packetsLeftOut: () => 0,
          events: () => ["x".repeat(10 * MiB)],
          packets: () => [],
        },
      },
    );
    for (const id of ["a", "b", "c"]) {
      captures.plan(detection({}, id.repeat(64)));
      pass(30_000);
    }
    await captures[Symbol.asyncDispose]();
    expect(saved().map(({ container }) => container.name)).toEqual(["name-of-b", "name-of-c"]);
    expect(readdirSync(root())).toEqual(expect.arrayContaining(["notes.txt"]));
    expect(readdirSync(root())).toHaveLength(4);
  });

  it.each<[string, Partial<CaptureKeeperOptions>, string]>([
    ["where the disk is full", { freeBytes: async () => MiB }, "the disk is full: 1048576 bytes are free"],
    [
      "where it cannot be read from memory",
      {
        recorder: {
          keepsPackets: true,
          packetsLeftOut: () => 0,
          events: () => {
            throw new Error("no memory");
          },
          packets: () => [],
        },
      },
      "no memory",
    ],
  ])("says in one line %s, and leaves nothing behind", async (_, change, reason) => {
    const captures = keeper({}, change);
    expect(captures.plan(detection())).toBeDefined();
    await captures[Symbol.asyncDispose]();
    expect(warned).toHaveLength(1);
    expect(warned[0]).toContain(reason);
    expect(events).toMatchObject([
      { action: "capture.failed", data: { reason: expect.stringContaining(reason) } },
    ]);
    expect(readdirSync(root())).toEqual([]);
  });

  it("saves at once what waits when it ends, and discards what a crash left", async () => {
    const captures = keeper();
    const named = captures.plan(detection()) ?? "";
    await captures[Symbol.asyncDispose]();
    mkdirSync(`${named.replace("0001", "0002")}.partial`);
    await keeper().start();
    expect(readdirSync(root())).toEqual([path.basename(named)]);
  });

  it("makes no path of what containers are called", async () => {
    const captures = keeper();
    const named = captures.plan(detection({}, "../../etc/evil")) ?? "";
    expect(path.dirname(named)).toBe(root());
    await captures[Symbol.asyncDispose]();
    expect(saved()).toMatchObject([{ container: { id: "../../etc/evil" } }]);
  });
});

describe("readSavedCaptures", () => {
  it("gives nothing where nothing was saved, and names what cannot be read", () => {
    expect(readSavedCaptures(root())).toEqual({ captures: [], unreadable: [] });
    const broken = path.join(root(), "20260102T030405678Z-aaaaaaaaaaaa-00000001");
    mkdirSync(broken, { recursive: true });
    writeFileSync(path.join(broken, "metadata.json"), '{"savedAt":1}');
    expect(readSavedCaptures(root())).toEqual({ captures: [], unreadable: [broken] });
  });
});
