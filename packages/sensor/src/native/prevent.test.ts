import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { MessageBody } from "../sensor-message.ts";
import { primitives, recordFlags, wireTags } from "../wire/wire-format.ts";
import { Cell } from "./testdata/cell.ts";
import { NativeSensor } from "./testdata/native-sensor.ts";
import { buildNativeTools, type NativeTools, nativeUnavailable, succeed } from "./testdata/native-tools.ts";

const unavailable = nativeUnavailable();
/** Of this process alone: sensors of one name clear what others of that name have pinned. */
const NAME = `pratique-test-${process.pid}`;
const PINS = path.join("/sys/fs/bpf", NAME);

describe.skipIf(unavailable !== undefined)(`prevention in the kernel ${unavailable ?? ""}`, () => {
  let tools: NativeTools;
  let cell: Cell;
  let sensor: NativeSensor;

  beforeAll(() => {
    tools = buildNativeTools();
    cell = new Cell("prevent", { programs: [tools.talk] });
  });

  afterAll(async () => {
    await cell[Symbol.asyncDispose]();
    tools[Symbol.dispose]();
  });

  async function guard(policy: MessageBody, prevent: MessageBody, of = cell): Promise<void> {
    sensor = await NativeSensor.start(tools.sensor, ["-p", NAME]);
    await sensor.command("prevent", { mode: "enforce", survive: false, ...prevent });
    await setPolicy(policy, of);
  }

  async function setPolicy(policy: MessageBody, { cgroupId } = cell): Promise<void> {
    const reply = await sensor.command("containers", {
      set: [{ cgroupId, container: "", policy: { groups: 1, ...policy } }],
    });
    expect(reply).toMatchObject({ set: 1, refused: [] });
  }

  afterEach(async () => {
    await sensor?.[Symbol.asyncDispose]();
    succeed(tools.sensor, ["--clear", NAME]);
  });

  it("kills 1,000 forbidden executions before their first instruction", async () => {
    await guard(
      { executables: "enforce" },
      { executables: [{ rule: 7, groups: 1, action: "kill", prefix: "/forbidden/" }] },
    );
    await cell.run("/bin/busybox", "mkdir", "-p", "/forbidden", "/made");
    await cell.run("/bin/cp", "/bin/busybox", "/forbidden/touch");
    await cell.run(
      "/bin/sh",
      "-c",
      "i=0; while [ $i -lt 1000 ]; do /forbidden/touch /made/$i; i=$((i+1)); done",
    );
    expect(readdirSync(path.join(cell.root, "made"))).toEqual([]);
    expect(await sensor.command("counters")).toMatchObject({ prevent: { execKilled: 1000, recordLost: 0 } });
    await cell.run("/bin/touch", "/made/allowed");
    expect(readdirSync(path.join(cell.root, "made"))).toEqual(["allowed"]);
  });

  const busybox = () => statSync(path.join(cell.root, "bin/busybox"));

  it.each<[string, () => object, string]>([
    ["its name", () => ({ comm: "id" }), "SIGKILL"],
    ["its path", () => ({ path: "/bin/busybox" }), "SIGKILL"],
    ["the directory it lies in", () => ({ prefix: "/bin/" }), "SIGKILL"],
    [
      "its inode",
      () => ({ inode: String(busybox().ino), device: `${busybox().dev >> 8}:${busybox().dev & 255}` }),
      "SIGKILL",
    ],
    ["a path that is only like its", () => ({ path: "/bin/busybo" }), "ran"],
    ["the link that was executed and is not the file", () => ({ path: "/bin/id" }), "ran"],
  ])("knows an executable by %s", async (_, named, expected) => {
    const rule = { rule: 9, groups: 1, action: "kill", ...named() };
    await guard({ executables: "enforce" }, { executables: [rule] });
    const { signal, code } = await cell.run("/bin/id", "-u");
    expect(signal ?? (code === 0 ? "ran" : code)).toBe(expected);
  });

  it.each<[string, MessageBody, MessageBody]>([
    ["is allowed", { executables: "enforce" }, { executables: [{ path: "/bin/busybox" }] }],
    ["is of another group", { executables: "enforce", groups: 2 }, { executables: [] }],
    ["has a policy that only reports", { executables: "report" }, { executables: [] }],
    ["is in a dry run", { executables: "enforce" }, { mode: "dry-run", executables: [] }],
  ])("lets run what %s", async (_, policy, prevent) => {
    const more = Array.isArray(prevent.executables) ? prevent.executables : [];
    const allowed = more.map((named: object) => ({ groups: 1, action: "allow", ...named }));
    const executables = [{ rule: 3, groups: 1, action: "kill", comm: "id" }, ...allowed];
    await guard(policy, { ...prevent, executables });
    expect(await cell.run("/bin/id", "-u")).toEqual({ stdout: "0", code: 0, signal: null });
  });

  it("kills what is not of the image, and says so", async () => {
    await guard({ drift: "kill" }, {});
    await cell.run("/bin/cp", "/bin/busybox", "/tmp/true");
    expect(await cell.run("/tmp/true")).toMatchObject({ signal: "SIGKILL" });
    expect(await cell.run("/bin/true")).toMatchObject({ code: 0 });
    const record = await sensor.record((each) => each.text(wireTags.path) === "/tmp/true");
    expect(record.number(wireTags.number0)).toBe(primitives.drift);
    expect(record.flags).toBe(recordFlags.prevented | recordFlags.killed);
    expect(String(record.cgroupId)).toBe(cell.cgroupId);
  });

  it("kills what was mounted", async () => {
    await guard({ mounted: "kill" }, {});
    const mount = "mkdir -p /volume && busybox mount -t tmpfs none /volume && cp /bin/busybox /volume/true";
    expect(await cell.run("/bin/sh", "-c", `${mount} && exec /volume/true`)).toMatchObject({
      signal: "SIGKILL",
    });
    expect(await cell.run("/bin/true")).toMatchObject({ code: 0 });
    const record = await sensor.record((each) => each.number(wireTags.number0) === primitives.mounted);
    expect(record.flags).toBe(recordFlags.prevented | recordFlags.killed);
  });

  it("kills what lies in a lower layer of an overlay that was mounted within the container", async () => {
    await guard({ drift: "kill", mounted: "kill" }, {});
    const layers = "cd /tmp/inner && mkdir low up work all && cp /bin/busybox low/true";
    const script = [
      `mkdir -p /tmp/inner && busybox mount -t tmpfs none /tmp/inner && ${layers}`,
      "busybox mount -t overlay -o lowerdir=low,upperdir=up,workdir=work none all && exec all/true",
    ].join(" && ");
    expect(await cell.run("/bin/sh", "-c", script)).toMatchObject({ signal: "SIGKILL" });
    const record = await sensor.record((each) => each.number(wireTags.number0) === primitives.mounted);
    expect(record.flags).toBe(recordFlags.prevented | recordFlags.killed);
  });

  it("lets run what is of its own image in a container that shares the processes of another", async () => {
    await using other = new Cell("other", { pids: "own" });
    const first = other.converse("/bin/sh", "-c", "echo ready && cat");
    expect(await first.hear()).toBe("ready");
    await using sharing = new Cell("sharing", { pids: other.pids.at(-1) ?? 0 });
    await guard({ mounted: "kill" }, {}, sharing);
    expect(await sharing.run("/bin/id", "-u")).toMatchObject({ code: 0, stdout: "0" });
    const mount = "mkdir -p /volume && busybox mount -t tmpfs none /volume && cp /bin/busybox /volume/true";
    await sharing.run("/bin/sh", "-c", `${mount} && /volume/true`);
    const record = await sensor.record((each) => each.number(wireTags.number0) === primitives.mounted);
    expect(String(record.cgroupId)).toBe(sharing.cgroupId);
    await first.end();
  });

  it("kills what runs from memory or is no longer in any directory", async () => {
    await guard({ fileless: "kill" }, {});
    const script = "busybox mount -t tmpfs none /shm && cp /bin/busybox /shm/true && exec /shm/true";
    expect(await cell.run("/bin/sh", "-c", script)).toMatchObject({ signal: "SIGKILL" });
    expect(await cell.run("/bin/true")).toMatchObject({ code: 0 });
  });

  it("tells what it would have killed", async () => {
    await guard(
      { executables: "enforce" },
      { mode: "dry-run", executables: [{ rule: 5, groups: 1, action: "kill", comm: "id" }] },
    );
    await cell.run("/bin/id");
    const record = await sensor.record((each) => each.number(wireTags.number1) === 5);
    expect(record.flags).toBe(recordFlags.dryRun);
  });

  describe("a process that is held", () => {
    const rules = [{ rule: 2, groups: 1, action: "hold", comm: "id" }];

    it.each<[string, string, object]>([
      ["is released", "continue", { code: 0, stdout: "0" }],
      ["is refused", "kill", { signal: "SIGKILL", stdout: "" }],
    ])("waits until it %s", async (_, verdict, expected) => {
      await guard({ executables: "enforce" }, { executables: rules, hold: { deadlineMs: 60_000 } });
      const outcome = cell.run("/bin/id", "-u");
      const { pid } = await sensor.message("held");
      // It is told before the process has taken the signal.
      await vi.waitFor(() => expect(readState(Number(pid))).toBe("T"), 10_000);
      expect(await sensor.command("release", { pid, verdict })).toMatchObject({ held: true });
      expect(await outcome).toMatchObject(expected);
      expect(await sensor.command("release", { pid, verdict })).toMatchObject({ held: false });
    });

    it.each<[string, object]>([
      ["continue", { code: 0 }],
      ["kill", { signal: "SIGKILL" }],
    ])("meets the operator's choice at the deadline: %s", async (onDeadline, expected) => {
      await guard({ hold: true }, { hold: { deadlineMs: 100, onDeadline } });
      expect(await cell.run("/bin/id", "-u")).toMatchObject(expected);
      expect(await sensor.message("released")).toMatchObject({ by: "deadline", verdict: onDeadline });
    });

    it.each<[string, object]>([
      ["continue", { code: 0 }],
      ["kill", { signal: "SIGKILL" }],
    ])("meets the operator's choice when the sensor is killed: %s", async (unattended, expected) => {
      await guard({ hold: true }, { hold: { deadlineMs: 60_000, unattended } });
      const outcome = cell.run("/bin/id", "-u");
      await sensor.message("held");
      await sensor.kill();
      expect(await outcome).toMatchObject(expected);
    });
  });

  describe("when the sensor is killed", () => {
    const rules = { executables: [{ rule: 1, groups: 1, action: "kill", comm: "id" }] };

    it("prevention goes on where it is to survive, and the next sensor takes it over", async () => {
      await guard({ executables: "enforce" }, { ...rules, survive: true });
      await sensor.kill();
      expect(await cell.run("/bin/id")).toMatchObject({ signal: "SIGKILL" });
      sensor = await NativeSensor.start(tools.sensor, ["-p", NAME]);
      expect(await cell.run("/bin/id")).toMatchObject({ signal: "SIGKILL" });
      expect(await sensor.command("containers", { remove: [cell.cgroupId] })).toMatchObject({ removed: 1 });
      expect(await cell.run("/bin/id")).toMatchObject({ code: 0 });
    });

    it("the next sensor takes over no policy of a container that went meanwhile", async () => {
      await guard({ executables: "enforce" }, { ...rules, survive: true });
      const brief = new Cell("brief");
      await sensor.command("containers", { set: [{ cgroupId: brief.cgroupId, policy: {} }] });
      await sensor.kill();
      await brief[Symbol.asyncDispose]();
      sensor = await NativeSensor.start(tools.sensor, ["-p", NAME]);
      expect(await sensor.command("containers", { remove: [brief.cgroupId] })).toMatchObject({ removed: 0 });
      expect(await sensor.command("containers", { remove: [cell.cgroupId] })).toMatchObject({ removed: 1 });
    });

    it("nothing is left of it where it is not", async () => {
      await guard({ executables: "enforce" }, rules);
      expect(await cell.run("/bin/id")).toMatchObject({ signal: "SIGKILL" });
      await sensor.kill();
      expect(await cell.run("/bin/id")).toMatchObject({ code: 0 });
      expect(existsSync(PINS)).toBe(false);
    });

    it("what another one of the host has pinned is left alone", async () => {
      const others = `${NAME}-another`;
      await guard({ executables: "enforce" }, { ...rules, survive: true });
      const second = await NativeSensor.start(tools.sensor, ["-p", others]);
      expect(await second.command("prevent", { mode: "enforce", survive: true })).toMatchObject({
        pinned: true,
      });
      expect(existsSync(path.join(path.dirname(PINS), others))).toBe(true);
      await second.command("prevent", { mode: "enforce", survive: false });
      expect(existsSync(path.join(path.dirname(PINS), others))).toBe(false);
      await second[Symbol.asyncDispose]();
      await sensor.kill();
      expect(await cell.run("/bin/id")).toMatchObject({ signal: "SIGKILL" });
      expect(Number(succeed(tools.sensor, ["--clear", others]))).toBe(0);
      expect(await cell.run("/bin/id")).toMatchObject({ signal: "SIGKILL" });
    });

    it.each(["../elsewhere", "other", "pratique/x", `pratique-${"x".repeat(64)}`])(
      "nothing is pinned as %s",
      (name) => {
        expect(spawnSync(tools.sensor, ["-p", name]).status).toBe(2);
        expect(spawnSync(tools.sensor, ["--clear", name]).status).toBe(2);
      },
    );

    it("what is pinned is removed when asked for", async () => {
      await guard({ executables: "enforce" }, { ...rules, survive: true });
      await sensor.kill();
      expect(Number(succeed(tools.sensor, ["--clear", NAME]))).toBeGreaterThan(10);
      expect(existsSync(PINS)).toBe(false);
      expect(await cell.run("/bin/id")).toMatchObject({ code: 0 });
    });
  });

  it.each<[string, number, object, string]>([
    ["in that way", 1, { suffix: "docker.sock" }, "EPERM"],
    ["as a whole in that way", 1, { path: "/nowhere/docker.sock" }, "EPERM"],
    ["otherwise", 1, { suffix: "/docker.sock.raw" }, "ENOENT"],
    ["in that way, where the entry is about others", 2, { suffix: "docker.sock" }, "ENOENT"],
  ])("refuses sockets whose path ends %s", async (_, groups, named, expected) => {
    await guard({ sockets: "deny" }, { sockets: [{ rule: 6, groups, ...named }] });
    expect((await cell.run("/bin/talk", "unix", "/nowhere/docker.sock")).stdout).toBe(expected);
  });

  it.each<[string, object]>([
    ["how its path ends", { suffix: "docker.sock" }],
    ["its path", { path: "/tmp/docker.sock" }],
  ])("kills who reaches a socket by a link, where it is listed by %s", async (_, named) => {
    await guard({ sockets: "deny" }, { sockets: [{ rule: 6, groups: 1, ...named }] });
    expect(await cell.run("/bin/talk", "unix-link", "/tmp/docker.sock")).toMatchObject({ signal: "SIGKILL" });
    expect((await cell.run("/bin/talk", "unix-link", "/tmp/other.sock")).stdout).toBe("ok");
    const record = await sensor.record((each) => each.number(wireTags.number0) === primitives.socket);
    expect(record.flags).toBe(recordFlags.prevented | recordFlags.killed);
  });

  it.each<[string, string, object]>([
    ["is released", "continue", { code: 0 }],
    ["is refused", "kill", { signal: "SIGKILL" }],
  ])("holds what is not of the image, and nothing else, until it %s", async (_, verdict, expected) => {
    await guard({ drift: "hold" }, { hold: { deadlineMs: 60_000 } });
    await cell.run("/bin/cp", "/bin/busybox", "/tmp/true");
    const outcome = cell.run("/tmp/true");
    const { pid } = await sensor.message("held");
    await sensor.command("release", { pid, verdict });
    expect(await outcome).toMatchObject(expected);
  });

  it("refuses raw sockets", async () => {
    await guard({ rawSockets: "deny" }, {});
    expect((await cell.run("/bin/talk", "raw", "127.0.0.1")).stdout).toBe("EPERM");
    await setPolicy({});
    expect((await cell.run("/bin/talk", "raw", "127.0.0.1")).stdout).toBe("ok");
  });

  it("names the containers that are not there", async () => {
    await guard({}, {});
    const reply = await sensor.command("containers", {
      set: [{ cgroupId: "18446744073709551615", policy: {} }],
    });
    expect(reply).toMatchObject({ set: 0, refused: [{ cgroupId: "18446744073709551615" }] });
  });
});

describe.skipIf(unavailable !== undefined)(`a malformed command ${unavailable ?? ""}`, () => {
  let tools: NativeTools;
  let cell: Cell;
  let sensor: NativeSensor;

  beforeAll(async () => {
    tools = buildNativeTools();
    cell = new Cell("malformed");
    sensor = await NativeSensor.start(tools.sensor, ["-p", NAME]);
    await sensor.command("prevent", executable({ comm: "id" }));
    const policy = { executables: "enforce", groups: 1 };
    await sensor.command("containers", { set: [{ cgroupId: cell.cgroupId, policy }] });
  });

  afterAll(async () => {
    await sensor[Symbol.asyncDispose]();
    await cell[Symbol.asyncDispose]();
    tools[Symbol.dispose]();
  });

  it.each<[string, string, MessageBody]>([
    ["an unknown member", "prevent", { mode: "enforce", survive: false, colour: 1 }],
    ["no mode", "prevent", { survive: false }],
    ["an executable that is named twice", "prevent", executable({ comm: "a", path: "/a" })],
    ["a relative path", "prevent", executable({ path: "bin/a" })],
    ["a name of sixteen bytes", "prevent", executable({ comm: "abcdefghijklmnop" })],
    ["no groups", "prevent", executable({ comm: "a", groups: 0 })],
    ["an unknown action", "prevent", executable({ comm: "a", action: "stop" })],
    ["a deadline of nothing", "prevent", { mode: "enforce", survive: false, hold: { deadlineMs: 0 } }],
    ["a policy with an unknown switch", "containers", { set: [{ cgroupId: "1", policy: { drift: "on" } }] }],
    ["files without a process", "containers", { set: [{ cgroupId: "1", policy: files({ path: "/a" }) }] }],
    ["a file that is not named", "containers", { set: [{ cgroupId: "1", pid: 1, policy: files({}) }] }],
    ["a verdict that is none", "release", { pid: 1, verdict: "stop" }],
  ])("with %s is refused and changes nothing", async (_, command, fields) => {
    await expect(sensor.command(command, fields)).rejects.toMatchObject({ code: "COMMAND_REFUSED" });
    expect(await cell.run("/bin/id")).toMatchObject({ signal: "SIGKILL" });
  });
});

function executable(fields: object): MessageBody {
  const entry = { rule: 1, groups: 1, action: "kill", ...fields };
  return { mode: "enforce", survive: false, executables: [entry] };
}

function files(fields: object): MessageBody {
  return { files: [{ rule: 1, on: "open", action: "deny", ...fields }] };
}

function readState(pid: number): string | undefined {
  return /^State:\s+(\S)/mu.exec(succeed("cat", [`/proc/${pid}/status`]))?.[1];
}
