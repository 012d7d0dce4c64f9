import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, symlinkSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type MessageBody, parseMessage } from "../sensor-message.ts";
import { FrameReader } from "../wire/frame-reader.ts";
import { readRecords, type WireRecord } from "../wire/record-reader.ts";
import { wireKinds, wireTags } from "../wire/wire-format.ts";
import { Cell } from "./testdata/cell.ts";
import { buildNativeTools, type NativeTools, nativeUnavailable } from "./testdata/native-tools.ts";
import { ActProgram, WatchingSensor } from "./testdata/watched-acts.ts";

const unavailable = nativeUnavailable();
/** What every test needs to know that a process has begun and ended. */
const processKinds: readonly number[] = [
  wireKinds.execve,
  wireKinds.vfork,
  wireKinds.fork,
  wireKinds.clone,
  wireKinds.procexit,
];

describe.skipIf(unavailable !== undefined)(`what the native sensor leaves out ${unavailable ?? ""}`, () => {
  let tools: NativeTools;
  let program: ActProgram;

  beforeAll(() => {
    tools = buildNativeTools();
    program = new ActProgram();
  });

  afterAll(() => {
    program?.[Symbol.dispose]();
    tools?.[Symbol.dispose]();
  });

  it("lets no cgroup that floods hide what another does, and says how much it left out", async () => {
    await using loud = new Cell("loud", { programs: [program.path] });
    await using quiet = new Cell("quiet", { programs: [program.path] });
    await using sensor = await WatchingSensor.start(tools.sensor);
    await sensor.configure({
      kinds: [...processKinds, wireKinds.openat],
      hostKinds: processKinds,
      rateLimits: { perContainerPerSecond: 200, burst: 200 },
    });
    const set = [loud, quiet].map(({ cgroupId }) => ({ cgroupId, container: "", policy: {} }));
    await sensor.process.command("containers", { set });
    const flood = loud.run("/bin/act", "flood", "/bin/busybox", "200000");
    for (let turn = 0; turn < 5; turn += 1) await quiet.run("/bin/act", "open", "/bin/busybox");
    const { code } = await flood;
    expect(code).toBe(0);
    await sensor.until(() => suppressedOf(sensor, loud) > 0 || undefined);
    await sensor.until(() => opensOf(sensor, quiet) >= 5 || undefined);
    expect(suppressedOf(sensor, quiet)).toBe(0);
    // The flood was of files: its end, which is of another lane, is told.
    await sensor.until(() =>
      sensor.records.find(
        ({ kind, cgroupId }) => kind === wireKinds.procexit && String(cgroupId) === loud.cgroupId,
      ),
    );
    await sensor.until(
      () => opensOf(sensor, loud) + suppressedOf(sensor, loud, wireKinds.openat) >= 200_000 || undefined,
    );
    expect(await sensor.process.command("counters")).toMatchObject({ unsent: {}, events: { lost: {} } });
  });

  it("loses files before processes where nobody reads, counts them, and makes nobody wait", async () => {
    const child = spawn(tools.sensor, { stdio: ["pipe", "pipe", "ignore"] });
    const frames = new FrameReader();
    const records: WireRecord[] = [];
    let look: (body: MessageBody) => void = () => undefined;
    child.stdout.on("data", (chunk: Buffer) => {
      for (const { type, payload } of frames.push(chunk)) {
        if (type === "events") records.push(...readRecords(payload));
        else look(parseMessage(payload).body);
      }
    });
    const message = async (wanted: object) => {
      const { promise, resolve } = Promise.withResolvers<MessageBody>();
      look = (body) => {
        if (Object.entries(wanted).every(([key, value]) => body[key] === value)) resolve(body);
      };
      return promise;
    };
    const kinds = [...processKinds, wireKinds.openat];
    child.stdin.write(`${JSON.stringify({ id: 1, command: "configure", kinds, hostKinds: kinds })}\n`);
    await message({ event: "seeded" });
    child.stdout.pause();
    const acts = [["flood", "/etc/passwd", "300000"], ["true"]];
    const pids = acts.map((args) => spawnSync(program.path, args).pid);
    child.stdin.write(`${JSON.stringify({ id: 2, command: "counters" })}\n`);
    const counters = message({ id: 2 });
    child.stdout.resume();
    expect(await counters).toMatchObject({
      unsent: { [wireKinds.openat]: expect.any(Number) },
      events: { lost: {} },
    });
    const ended = records.filter(({ kind }) => kind === wireKinds.procexit).map(({ pid }) => pid);
    expect(ended).toEqual(expect.arrayContaining(pids));
    child.stdin.end();
    expect(await once(child, "close")).toEqual([0, null]);
  });

  it("tells no file that is only read below a prefix, and follows no link past that", async () => {
    await using sensor = await WatchingSensor.start(tools.sensor);
    await sensor.configure({ ignoredReads: ["/usr/", "/proc/"] });
    const opened = async (file: string, act = "open") =>
      (await sensor.act(program.path, [act, file])).records.some(
        (record) => record.kind === wireKinds.openat && record.text(wireTags.path) === file,
      );
    expect(await opened("/usr/bin/env")).toBe(false);
    const link = program.at("link");
    symlinkSync("/usr/bin/env", link);
    // What counts is where it leads.
    expect(await opened(link)).toBe(false);
    expect(await opened("/usr/../etc/passwd")).toBe(true);
    expect(await opened("/proc/self/root/etc/passwd")).toBe(true);
    await sensor.process.command("configure", {
      kinds: processKinds,
      hostKinds: [...processKinds, wireKinds.openat],
    });
    expect(await opened("/usr/bin/env")).toBe(true);
  });

  it("tells only kinds that are wanted, and of host processes only theirs", async () => {
    await using cell = new Cell("kinds", { programs: [program.path] });
    await using sensor = await WatchingSensor.start(tools.sensor);
    await sensor.configure({ kinds: [...processKinds, wireKinds.openat], hostKinds: processKinds });
    await sensor.process.command("containers", {
      set: [{ cgroupId: cell.cgroupId, container: "", policy: {} }],
    });
    await cell.run("/bin/act", "open", "/bin/busybox");
    await sensor.until(() => opensOf(sensor, cell) > 0 || undefined);
    const host = await sensor.act(program.path, ["files"]);
    expect(host.records.map(({ kind }) => kind).filter((kind) => !processKinds.includes(kind))).toEqual([]);
    expect(opensOf(sensor, cell)).toBeGreaterThan(0);
  });

  it("tells calls that failed only where that is wanted", async () => {
    await using sensor = await WatchingSensor.start(tools.sensor);
    await sensor.configure({ failedKinds: [] });
    const quiet = await sensor.act(program.path, ["exec", "/none"]);
    expect(quiet.records.filter(({ result, kind }) => kind === wireKinds.execve && result < 0)).toEqual([]);
    await sensor.configure({ failedKinds: [wireKinds.execve] });
    const told = await sensor.act(program.path, ["exec", "/none"]);
    expect(told.records.filter(({ result, kind }) => kind === wireKinds.execve && result < 0)).toHaveLength(
      1,
    );
  });

  it.each<[string, object, string]>([
    ["a kind that is none", { kinds: [9999] }, "kinds are no list"],
    ["a kind of the sensor's own", { kinds: [wireKinds.task] }, "kinds are no list"],
    ["kinds that are no list", { kinds: 3 }, "kinds are no list"],
    ["a limit with a sign", { kinds: [], rateLimits: { perContainerPerSecond: -1 } }, "a limit is malformed"],
    ["more data than there is room for", { kinds: [], data: { bytes: 1e6 } }, "a limit is malformed"],
    ["texts at another moment", { kinds: [], texts: "never" }, "texts are read"],
    ["a prefix that is relative", { kinds: [], ignoredReads: ["usr"] }, "ignoredReads is no list"],
  ])("refuses %s, says why, and goes on", async (_, fields, why) => {
    await using sensor = await WatchingSensor.start(tools.sensor);
    await expect(sensor.process.command("configure", { ...fields })).rejects.toMatchObject({
      code: "COMMAND_REFUSED",
      message: expect.stringContaining(why),
    });
    await sensor.configure();
  });

  it.skipIf(!hasController("pids"))("tells containers by a hierarchy of version 1", async () => {
    await using sensor = await WatchingSensor.start(tools.sensor, ["-c", "pids"]);
    expect(sensor.messages.find(({ event }) => event === "ready")).toMatchObject({ hierarchy: "pids" });
    await sensor.configure();
    const group = "/sys/fs/cgroup/pids/prq-test-v1";
    // One that was killed in the middle may have left it.
    const script = `rmdir ${group} 2>/dev/null; mkdir ${group} && echo 0 > ${group}/cgroup.procs && exec ${program.path} true`;
    spawnSync("sh", ["-c", script]);
    const made = await sensor.until(() =>
      sensor.records.find(
        (record) => record.kind === wireKinds.cgroup_mkdir && record.text(wireTags.path) === "/prq-test-v1",
      ),
    );
    const exec = await sensor.until(() =>
      sensor.records.find(
        (record) => record.kind === wireKinds.execve && record.text(wireTags.filename) === program.path,
      ),
    );
    spawnSync("rmdir", [group]);
    expect(exec.cgroupId).toBe(made.cgroupId);
    await sensor.until(() =>
      sensor.records.find(
        (record) => record.kind === wireKinds.cgroup_rmdir && record.cgroupId === made.cgroupId,
      ),
    );
  });

  it.each<[string, (pid: number) => void]>([
    ["SIGKILL", (pid) => process.kill(pid, "SIGKILL")],
    ["SIGTERM", (pid) => process.kill(pid, "SIGTERM")],
  ])("leaves no program in the kernel after %s", async (_, end) => {
    await using sensor = await WatchingSensor.start(tools.sensor);
    await sensor.configure();
    const { pid } = sensor.process.counters;
    if (pid === undefined) throw new Error("the sensor is not running");
    const held = heldPrograms(pid);
    expect(held.filter(isLoaded).length).toBeGreaterThan(15);
    const stopped = sensor.process.stop();
    end(pid);
    await stopped;
    // The kernel frees them when no processor can be in them any more.
    while (held.some(isLoaded)) await once(AbortSignal.timeout(20), "abort");
  });
});

function opensOf(sensor: WatchingSensor, cell: Cell): number {
  return sensor.records.filter(
    ({ kind, cgroupId }) => kind === wireKinds.openat && String(cgroupId) === cell.cgroupId,
  ).length;
}

function suppressedOf(sensor: WatchingSensor, cell: Cell, kind?: number): number {
  return sensor.records
    .filter((record) => record.kind === wireKinds.suppressed && String(record.cgroupId) === cell.cgroupId)
    .filter((record) => kind === undefined || record.number(wireTags.number1) === kind)
    .reduce((sum, record) => sum + (record.number(wireTags.number0) ?? 0), 0);
}

/** The ids of the BPF programs that a process has descriptors of. */
function heldPrograms(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/fdinfo`)
    .map((name) => readFileSync(`/proc/${pid}/fdinfo/${name}`, "utf8"))
    .filter((text) => !text.includes("link_id"))
    .flatMap((text) => /^prog_id:\t(\d+)$/mu.exec(text)?.[1] ?? []);
}

function isLoaded(id: string): boolean {
  return spawnSync("bpftool", ["prog", "show", "id", id]).status === 0;
}

function hasController(name: string): boolean {
  const mounts = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "));
  return mounts.some(([, , type, options]) => type === "cgroup" && options?.split(",").includes(name));
}
