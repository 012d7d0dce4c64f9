import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type GateEvent, GateSupervisor, type GateSupervisorOptions } from "./gate-supervisor.ts";

const program = path.join(import.meta.dirname, "../testdata/small-gate.ts");

let directory: TempDirectory;
let events: GateEvent[];
let waiting: ((event: GateEvent) => void)[];
let supervisors: GateSupervisor[];

beforeEach(async () => {
  directory = tempDirectory();
  events = [];
  waiting = [];
  supervisors = [];
});
afterEach(async () => {
  for (const supervisor of supervisors) await supervisor.stop();
  directory[Symbol.dispose]();
});

function supervise(
  mode = "",
  deadlines: Pick<GateSupervisorOptions, "pingEveryMs" | "silenceMs" | "startDeadlineMs" | "goneMs"> = {},
): GateSupervisor {
  const supervisor = new GateSupervisor({
    command: process.execPath,
    args: [program, controlSocket(), mode],
    controlSocket: controlSocket(),
    logFile: path.join(directory.path, "gate.log"),
    elapsedMs: () => performance.now(),
    sleep: async (ms, signal) => sleep(ms, undefined, { signal }),
    onEvent: (event) => {
      events.push(event);
      for (const notify of waiting.splice(0)) notify(event);
    },
    ...deadlines,
  });
  supervisors.push(supervisor);
  return supervisor;
}

function controlSocket(): string {
  return path.join(directory.path, "gate.sock");
}

async function next(kind: GateEvent["kind"]): Promise<GateEvent> {
  for (;;) {
    const event = await new Promise<GateEvent>((resolve) => waiting.push(resolve));
    if (event.kind === kind) return event;
  }
}

it("starts a gate and ends it", async () => {
  const supervisor = supervise();
  await supervisor.start();
  const { pid } = supervisor;
  expect(events).toEqual([{ kind: "started", pid, afterMs: expect.any(Number) }]);
  await supervisor.stop();
  expect(() => process.kill(pid ?? 0, 0)).toThrow("ESRCH");
});

it("puts a log that has grown long aside, and begins another", async () => {
  const log = path.join(directory.path, "gate.log");
  writeFileSync(log, "x".repeat(4 * 1024 * 1024 + 1));
  await supervise().start();
  expect([statSync(`${log}.1`).size, statSync(log).size]).toEqual([4 * 1024 * 1024, 0]);
});

it("answers a killed gate with a new one", async () => {
  const supervisor = supervise();
  await supervisor.start();
  const { pid: first } = supervisor;
  const started = next("started");
  process.kill(first ?? 0, "SIGKILL");
  await started;
  expect(supervisor.pid).not.toBe(first);
  expect(supervisor.restarts).toBe(1);
  expect(events.map(({ kind }) => kind)).toEqual(["started", "died", "started"]);
});

it("kills a gate that hangs, and starts another", async () => {
  const supervisor = supervise("hang", { pingEveryMs: 20, silenceMs: 100 });
  await supervisor.start();
  const { pid: first } = supervisor;
  await next("started");
  expect(events).toContainEqual({ kind: "died", reason: "it hangs" });
  expect(() => process.kill(first ?? 0, 0)).toThrow("ESRCH");
});

it("waits for a gate that is only slow", async () => {
  const supervisor = supervise("slow", { pingEveryMs: 20, silenceMs: 400 });
  await supervisor.start();
  const { pid } = supervisor;
  await vi.waitUntil(() => Number(readFileSync(`${controlSocket()}.heard`, "utf8")) >= 30, { timeout: 5000 });
  expect(supervisor.pid).toBe(pid);
  expect(events.map(({ kind }) => kind)).toEqual(["started"]);
});

it("stays with a gate that opened its doors anew", async () => {
  const supervisor = supervise("reopen", { pingEveryMs: 20 });
  await supervisor.start();
  const { pid } = supervisor;
  await vi.waitUntil(() => Number(readFileSync(`${controlSocket()}.heard`, "utf8")) >= 6, { timeout: 5000 });
  expect([supervisor.pid, supervisor.restarts]).toEqual([pid, 0]);
  expect(events.map(({ kind }) => kind)).toEqual(["started"]);
});

it("answers a gate whose plugin socket is no longer its own with a new one", async () => {
  const supervisor = supervise("deaf", { pingEveryMs: 20 });
  await supervisor.start();
  const { pid: first } = supervisor;
  await next("started");
  expect(events).toContainEqual({ kind: "died", reason: "its plugin socket was taken away" });
  expect(() => process.kill(first ?? 0, 0)).toThrow("ESRCH");
});

it("leaves no gate behind when it is stopped while one starts", async () => {
  const supervisor = supervise();
  await supervisor.start();
  const pidFile = `${controlSocket()}.pid`;
  rmSync(pidFile);
  writeFileSync(`${controlSocket()}.mute`, "");
  process.kill(supervisor.pid ?? 0, "SIGKILL");
  await vi.waitUntil(() => existsSync(pidFile) && readFileSync(pidFile, "utf8") !== "", { timeout: 5000 });
  const second = Number(readFileSync(pidFile, "utf8"));
  await supervisor.stop();
  await vi.waitUntil(() => !existsSync(`/proc/${second}`), { timeout: 5000 });
  expect(events.map(({ kind }) => kind)).toEqual(["started", "died"]);
});

it("says that there is a crash loop where no gate comes up for long, though each is waited for", async () => {
  const supervisor = supervise("", { startDeadlineMs: 1500, goneMs: 2000 });
  await supervisor.start();
  writeFileSync(`${controlSocket()}.mute`, "");
  process.kill(supervisor.pid ?? 0, "SIGKILL");
  await vi.waitUntil(() => events.some(({ kind }) => kind === "crash-loop"), { timeout: 10_000 });
  const silent = { kind: "died", reason: "the gate does not start: it does not listen after 1500 ms" };
  expect(events.slice(2)).toEqual([silent, silent, { kind: "crash-loop", deaths: 3 }]);
  rmSync(`${controlSocket()}.mute`);
  await next("started");
});

it("adopts a gate that an earlier supervisor left", async () => {
  const child = spawn(process.execPath, [program, controlSocket()], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const supervisor = supervise();
  try {
    let found = false;
    while (!found) found = await isThere(`${controlSocket()}.pid`);
    await supervisor.start();
    expect(events).toEqual([{ kind: "adopted", pid: child.pid }]);
  } finally {
    const exited = once(child, "exit");
    await supervisor.stop();
    await exited;
  }
});

it("says that a gate does not come up", async () => {
  await expect(supervise("die").start()).rejects.toThrow("it ended with 7");
  await expect(supervise("complain").start()).rejects.toMatchObject({
    code: "GATE_START_FAILED",
    message: "the gate does not start: another gate answers here",
  });
});

async function isThere(file: string): Promise<boolean> {
  const { stat } = await import("node:fs/promises");
  return stat(file).then(
    () => true,
    () => false,
  );
}
