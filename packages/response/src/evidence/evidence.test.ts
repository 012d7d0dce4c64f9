import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import process from "node:process";
import type { JsonObject } from "@pratique/core";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { parseResponsePolicy } from "../policy/response-policy.ts";
import type { FlightRecorder } from "../ports.ts";
import { MemoryHost } from "../testdata/memory-host.ts";
import { type Evidence, EvidenceGatherer } from "./evidence.ts";
import { bytesBelow, discardPartial } from "./evidence-directory.ts";
import { listUpperLayer } from "./upper-layer.ts";

let directory: TempDirectory;
let host: MemoryHost;
let recorder: FlightRecorder;
let child: ChildProcess;
let pid: number;

beforeAll(async () => {
  child = spawn("sleep", ["600"], {
    cwd: "/",
    env: { PATH: process.env.PATH, SECRET_TOKEN: "hunter2" },
    stdio: "ignore",
  });
  await once(child, "spawn");
  pid = child.pid ?? 0;
});

afterAll(() => child.kill("SIGKILL"));

beforeEach(() => {
  directory = tempDirectory();
  host = new MemoryHost();
  host.run("a", ["203.0.113.7"]);
  // The container's only process is one of ours: what is read of it is real.
  host.kernel.processes = async () => [pid];
  recorder = { events: pieces('{"number":1}\n', '{"number":2}\n'), packets: pieces() };
});

afterEach(() => directory[Symbol.dispose]());

it("keeps everything in one directory, named by a manifest whose hash it gives", async () => {
  const evidence = await gather();
  expect(evidence).toMatchObject({
    failure: "",
    complete: false,
    directory: directory.at("evidence", "act-1"),
  });
  const manifest = manifestOf(evidence);
  expect(manifest).toMatchObject({ form: 1, about: { act: "act-1", reason: "why" } });
  expect(manifest.files.map(({ name }) => name)).toEqual([
    "sockets.json",
    "processes.jsonl",
    "events.jsonl",
    "packets.pcap",
    "executables.jsonl",
    "container.json",
    "maps.jsonl",
    "changes.jsonl",
    "upper-layer.jsonl",
    "pids-at-end.json",
  ]);
  for (const { name, sha256, bytes } of manifest.files) {
    const content = readFileSync(directory.at("evidence", "act-1", String(name)));
    expect([hashOf(content), content.byteLength]).toEqual([sha256, bytes]);
  }
  expect(manifest.files.filter(({ complete }) => complete === false)).toMatchObject([
    { name: "upper-layer.jsonl", reason: "the engine does not say where the upper layer lies" },
  ]);
  expect(statSync(evidence.directory).mode & 0o777).toBe(0o700);
});

it("tells of processes what they hold open and which variables they have, and no value", async () => {
  const { directory: at } = await gather();
  const executable = readlinkSync(`/proc/${pid}/exe`);
  const [told] = linesOf(path.join(at, "processes.jsonl"));
  expect(told).toMatchObject({
    pid,
    executable,
    directory: "/",
    arguments: ["sleep", "600"],
    environment: expect.arrayContaining(["PATH", "SECRET_TOKEN"]),
    descriptors: expect.objectContaining({ "0": "/dev/null" }),
  });
  expect(readFileSync(path.join(at, "processes.jsonl"), "utf8")).not.toContain("hunter2");
  expect(linesOf(path.join(at, "executables.jsonl"))).toMatchObject([
    { path: executable, sha256: hashOf(readFileSync(executable)) },
  ]);
  expect(linesOf(path.join(at, "maps.jsonl"))[0]?.maps).toEqual(
    expect.arrayContaining([expect.stringContaining("[stack]")]),
  );
});

it("lists the upper layer without following what was laid there", async () => {
  mkdirSync(directory.at("upper/tmp"), { recursive: true });
  writeFileSync(directory.at("upper/tmp/implant"), "dropped");
  symlinkSync("/etc/passwd", directory.at("upper/tmp/link"));
  symlinkSync("/", directory.at("upper/root"));
  spawnSync("mkfifo", [directory.at("upper/tmp/pipe")]);
  host.control.describe = async () => ({ description: {}, upperDirectory: directory.at("upper") });
  const { directory: at, complete } = await gather();
  expect(complete).toBe(true);
  const listed = linesOf(path.join(at, "upper-layer.jsonl"));
  expect(listed.map(({ path: name }) => name).toSorted()).toEqual([
    "/root",
    "/tmp",
    "/tmp/implant",
    "/tmp/link",
    "/tmp/pipe",
  ]);
  expect(listed.find(({ path: name }) => name === "/tmp/link")).toMatchObject({ target: "/etc/passwd" });
  expect(listed.filter(({ sha256 }) => sha256 !== undefined)).toMatchObject([
    { path: "/tmp/implant", sha256: hashOf(Buffer.from("dropped")) },
  ]);
});

it("stays in the directory that it began with, also when the container exchanges it for a link", async () => {
  mkdirSync(directory.at("upper/data"), { recursive: true });
  writeFileSync(directory.at("upper/data/own"), "own");
  mkdirSync(directory.at("elsewhere"));
  writeFileSync(directory.at("elsewhere/secret"), "secret");
  const listed = listUpperLayer(directory.at("upper"), new AbortController().signal);
  expect((await listed.next()).value).toContain('"path":"/data"');
  renameSync(directory.at("upper/data"), directory.at("moved"));
  symlinkSync(directory.at("elsewhere"), directory.at("upper/data"));
  const rest = [];
  for await (const line of listed) rest.push(JSON.parse(line));
  expect(rest).toMatchObject([{ path: "/data/own", sha256: hashOf(Buffer.from("own")) }]);
});

it("keeps what came in time from a source that hangs, and does not wait for it", async () => {
  let cancelled = false;
  recorder = {
    ...recorder,
    async *events(_, signal) {
      yield Buffer.from("first\n");
      signal.addEventListener("abort", () => {
        cancelled = true;
      });
      await new Promise(() => undefined);
    },
  };
  const evidence = await gather({ seconds: 2 });
  expect(evidence).toMatchObject({ failure: "", complete: false });
  expect(readFileSync(path.join(evidence.directory, "events.jsonl"), "utf8")).toBe("first\n");
  const file = manifestOf(evidence).files.find(({ name }) => name === "events.jsonl");
  expect(file).toMatchObject({ complete: false, reason: expect.stringContaining("timeout") });
  expect(manifestOf(evidence).files.find(({ name }) => name === "processes.jsonl")).toMatchObject({
    complete: true,
  });
  expect(manifestOf(evidence).files.find(({ name }) => name === "container.json")).toMatchObject({
    complete: true,
  });
  expect(cancelled).toBe(true);
});

it("ends at its limit of room, whatever a source gives", async () => {
  recorder = {
    ...recorder,
    async *packets() {
      for (;;) yield Buffer.alloc(256 * 1024);
    },
  };
  const evidence = await gather({ megabytes: 2 });
  expect(evidence.bytes).toBe(2 * 1024 * 1024);
  expect(manifestOf(evidence).files.find(({ name }) => name === "packets.pcap")).toMatchObject({
    complete: false,
    reason: "evidence is limited to 2097152 bytes",
  });
});

it("tells which part failed, and keeps the others", async () => {
  host.failing.add("sockets");
  const manifest = manifestOf(await gather());
  expect(manifest.files[0]).toMatchObject({
    name: "sockets.json",
    complete: false,
    reason: "sockets is not possible",
  });
  expect(manifest.files[2]).toMatchObject({ name: "events.jsonl", complete: true, bytes: 26 });
});

it("gathers nothing more where enough is kept", async () => {
  mkdirSync(directory.at("evidence/old"), { recursive: true });
  writeFileSync(directory.at("evidence/old/packets.pcap"), Buffer.alloc(1024 * 1024));
  const evidence = await gather({ totalMegabytes: 1 });
  expect(evidence).toMatchObject({ directory: "", failure: "1048576 bytes are kept already, of 1 MiB" });
  expect(readdirSync(directory.at("evidence"))).toEqual(["old"]);
});

it("says so where nothing can be kept", async () => {
  writeFileSync(directory.at("evidence"), "a file");
  expect(await gather()).toMatchObject({
    directory: "",
    failure: expect.stringContaining("expected to make"),
  });
});

it("keeps nothing where it cannot tell how much there is", async () => {
  mkdirSync(directory.at("evidence"));
  symlinkSync("loop", directory.at("evidence/loop"));
  mkdirSync(directory.at("evidence/old"));
  writeFileSync(directory.at("evidence/old/events.jsonl"), "12345");
  expect(await bytesBelow(directory.at("evidence"))).toBe(5);
  symlinkSync("around", directory.at("around"));
  await expect(bytesBelow(directory.at("around"))).rejects.toMatchObject({ code: "ELOOP" });
  await expect(discardPartial(directory.at("around"))).rejects.toMatchObject({ code: "ELOOP" });
});

it("discards what a crash left, and nothing that is whole", async () => {
  const { directory: whole } = await gather();
  mkdirSync(directory.at("evidence/act-2.partial"));
  writeFileSync(directory.at("evidence/act-2.partial/events.jsonl"), "half");
  await discardPartial(directory.at("evidence"));
  expect(readdirSync(directory.at("evidence"))).toEqual(["act-1"]);
  expect(existsSync(path.join(whole, "manifest.json"))).toBe(true);
});

async function gather(limits: JsonObject = {}): Promise<Evidence> {
  const gatherer = new EvidenceGatherer({ root: directory.at("evidence"), host, recorder });
  return await gatherer.gather({
    actId: "act-1",
    container: { id: "a", runtime: "docker", name: "a", image: "a" },
    view: host.at("a"),
    limits: parseResponsePolicy({ evidence: limits }).evidence,
    elapsed: () => performance.now(),
    about: { act: "act-1", reason: "why" },
  });
}

function manifestOf({ directory: at, manifestSha256 }: Evidence): { readonly files: readonly JsonObject[] } {
  const text = readFileSync(path.join(at, "manifest.json"));
  expect(hashOf(text)).toBe(manifestSha256);
  return JSON.parse(text.toString("utf8"));
}

function linesOf(file: string): readonly JsonObject[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function pieces(...texts: readonly string[]): FlightRecorder["events"] {
  return async function* () {
    for (const text of texts) yield Buffer.from(text);
  };
}
