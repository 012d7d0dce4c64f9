import { readdirSync, writeFileSync } from "node:fs";
import { type Meeting, type PastContainer, PastWriter } from "@pratique/intel";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { contextIn } from "../testdata/context-in.ts";
import { type IntelUpdateFlags, intelStatus, intelUpdate } from "./intel.ts";
import { type IntelHuntFlags, intelHunt } from "./intel-hunt.ts";

const NOW = Date.parse("2026-11-26T10:00:00Z");
const HOUR = 3_600_000;
const noUpdate: IntelUpdateFlags = { from: [], warningLists: [] };
const none: IntelHuntFlags = { from: [], warningLists: [] };

const container = (name: string): PastContainer => ({
  id: name.repeat(16).slice(0, 64).padEnd(64, "0"),
  runtime: "docker",
  name,
  image: "shop:1",
  imageId: `sha256:${"ab".repeat(32)}`,
  imageDigest: "",
  labels: {},
  own: false,
});

const call = (peer: string, more: Partial<Meeting> = {}): Meeting => ({
  kind: "out",
  peer,
  port: 443,
  protocol: "tcp",
  executable: "/usr/bin/curl",
  time: NOW - HOUR,
  reached: true,
  ...more,
});

/** Records an hour before now, and the present one. */
async function record(
  directory: TempDirectory,
  meetings: readonly (readonly [string, Meeting])[],
): Promise<void> {
  for (const now of [NOW - HOUR, NOW]) {
    const writer = new PastWriter({
      directory: directory.at("data", "past"),
      limits: { days: 30, maxBytes: 2 ** 24 },
      now: () => now,
      elapsedMs: () => 0,
    });
    await writer.open();
    if (now < NOW) for (const [name, meeting] of meetings) writer.meet(container(name), meeting);
    await writer.close();
  }
}

async function hostWith(directory: TempDirectory, { config = "{}", showsProgress = false } = {}) {
  const made = await contextIn(directory, { config, showsProgress, now: new Date(NOW) });
  writeFileSync(directory.at("c2.txt"), "198.51.100.7\nevil.example\n8.8.8.8\n");
  await intelUpdate(made.context, { ...noUpdate, from: [`list:${directory.at("c2.txt")}`] });
  made.console.printed.length = 0;
  return made;
}

it("names container, image, program, indicator and source, and what would have been done", async () => {
  using directory = tempDirectory();
  const { context, console } = await hostWith(directory);
  await record(directory, [
    ["web", call("198.51.100.7", { name: "c2.example" })],
    ["web", call("198.51.100.7", { time: NOW - HOUR + 60_000 })],
    ["web", call("evil.example", { kind: "name", port: 0, protocol: "udp", answers: ["198.51.100.9"] })],
    ["db", call("192.0.2.1")],
    ["db", call("8.8.8.8", { port: 53, protocol: "udp" })],
  ]);
  expect(await intelHunt(context, none)).toBe(2);
  const text = console.printed.join("");
  expect(text).toContain("web, image shop:1 (sha256:abababababab), container webwebwebweb\n");
  expect(text).toContain(
    "  /usr/bin/curl called 198.51.100.7:443/tcp as c2.example, 2 times from 2026-11-26 09:00 to 2026-11-26 09:01\n",
  );
  expect(text).toMatch(/^ {4}address 198\.51\.100\.7: no family named, confidence 60, since .*, by list:/mu);
  expect(text).toContain("    with channel cut: cut, by ladder default\n");
  expect(text).toContain("  /usr/bin/curl asked for evil.example (198.51.100.9), once at 2026-11-26 09:00\n");
  expect(text).toContain("    with channel cut: the question is refused, and told\n");
  expect(text).toMatch(
    /^2 listed peers of 1 containers in 4 contacts \(since 2026-11-26 09:00 UTC, 2 hours\), by revision [0-9a-f]{12}$/mu,
  );
  expect(text).not.toContain("8.8.8.8");
  expect(console.said.join("\n")).toContain("runtime.channel is report");
  expect(console.said.join("\n")).toContain("1 contacts with peers that are told and not blocked: --all");
});

it("speaks JSON, and heeds the policy of responses and its breaker", async () => {
  using directory = tempDirectory();
  const { context, console } = await hostWith(directory, { config: "runtime: { channel: cut }" });
  writeFileSync(
    context.settings.layout.responsePolicy,
    "limits: { containersPerCause: 1 }\nladders: [{ name: all, channel: { action: stop } }]\n",
  );
  await record(directory, [
    ["web", call("198.51.100.7")],
    ["db", call("198.51.100.7", { time: NOW - HOUR + 1000 })],
  ]);
  expect(await intelHunt(context, { ...none, json: true })).toBe(2);
  expect(JSON.parse(console.printed.join(""))).toMatchObject({
    schemaVersion: 1,
    channel: "cut",
    from: "2026-11-26T09:00:00.000Z",
    complete: true,
    hits: [
      {
        container: { name: "web", image: "shop:1", imageId: `sha256:${"ab".repeat(32)}` },
        executable: "/usr/bin/curl",
        firstAt: "2026-11-26T09:00:00.000Z",
        indicators: [{ value: "198.51.100.7" }],
        response: { kind: "rehearsed", action: "stop", decidedBy: "ladder all" },
      },
      {
        container: { name: "db" },
        response: { action: "report", asked: "stop", stoppedBy: expect.stringContaining("more than 1") },
      },
    ],
  });
});

it("hunts with feeds that are not in force, or another set, and leaves nothing behind", async () => {
  using directory = tempDirectory();
  const { context, console } = await hostWith(directory);
  await record(directory, [
    ["web", call("198.51.100.7")],
    ["web", call("203.0.113.5")],
  ]);
  writeFileSync(directory.at("new.txt"), "198.51.100.7\n203.0.113.5\n");
  const before = readdirSync(directory.at("data")).sort();
  const from = [`list:${directory.at("new.txt")}`];
  expect(await intelHunt(context, { ...none, from, json: true })).toBe(2);
  const { hits, revision } = JSON.parse(console.printed.splice(0).join(""));
  expect(hits.map(({ peer, isNew }: { peer: string; isNew: boolean }) => [peer, isNew])).toEqual([
    ["198.51.100.7", false],
    ["203.0.113.5", true],
  ]);
  expect(readdirSync(directory.at("data")).sort()).toEqual(before);
  intelStatus(context, { json: true });
  expect(JSON.parse(console.printed.splice(0).join("")).revision).not.toBe(revision);
  expect(await intelHunt(context, { ...none, set: directory.at("data", "intel", "current") })).toBe(2);
  await expect(intelHunt(context, { ...none, set: directory.at("nowhere") })).rejects.toMatchObject({
    code: "SET_MISSING",
  });
  await expect(intelHunt(context, { ...none, from: ["list:/nowhere"] })).rejects.toMatchObject({
    code: "FEED_UNREADABLE",
  });
  expect(readdirSync(directory.at("data")).sort()).toEqual(before);
});

it("ends with 0 where nothing is found in all of the span, and with 3 where some of it is not there", async () => {
  using directory = tempDirectory();
  const { context, console } = await hostWith(directory);
  expect(await intelHunt(context, none)).toBe(3);
  expect(console.said.join("\n")).toContain("nothing was recorded in this span");
  await record(directory, [["web", call("192.0.2.1")]]);
  expect(await intelHunt(context, none)).toBe(0);
  expect(await intelHunt(context, { ...none, since: "1h" })).toBe(0);
  expect(await intelHunt(context, { ...none, since: "1d" })).toBe(3);
  expect(console.said.join("\n")).toContain("23 hours of this span were not recorded");
});

it.each<readonly [string, Partial<IntelHuntFlags>]>([
  ["a span of no unit", { since: "7" }],
  ["a format that is none", { format: "xml" }],
  ["a set and feeds", { set: "x", from: ["list:y"] }],
])("refuses %s", async (_, flags) => {
  using directory = tempDirectory();
  const { context } = await contextIn(directory);
  await expect(intelHunt(context, { ...none, ...flags })).rejects.toMatchObject({ code: "USAGE" });
});

it("shows what an update would find before it is in force, and leaves the set before on a dry run", async () => {
  using directory = tempDirectory();
  const { context, console } = await hostWith(directory, { showsProgress: true });
  await record(directory, [["web", call("203.0.113.5")]]);
  writeFileSync(directory.at("c2.txt"), "198.51.100.7\nevil.example\n8.8.8.8\n203.0.113.5\n");
  expect(await intelUpdate(context, { ...noUpdate, dryRun: true })).toBe(2);
  const text = console.printed.splice(0).join("");
  expect(text).toContain("/usr/bin/curl called 203.0.113.5:443/tcp, once at 2026-11-26 09:00\n");
  expect(text).toMatch(/revision [0-9a-f]{12} was not put in force: the one before is\n$/u);
  expect(console.drawn.some((line) => line.startsWith("hunting"))).toBe(true);
  expect(await intelHunt(context, none)).toBe(0);
  console.printed.length = 0;
  // It refuses nothing.
  expect(await intelUpdate(context, { ...noUpdate, hunt: true, json: true })).toBe(0);
  expect(JSON.parse(console.printed.splice(0).join(""))).toMatchObject({
    changed: true,
    inForce: true,
    hunt: { hits: [{ peer: "203.0.113.5", isNew: true }] },
  });
  expect(await intelHunt(context, none)).toBe(2);
});
