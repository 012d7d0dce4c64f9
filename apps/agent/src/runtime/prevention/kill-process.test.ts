import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import type { SensorEvent } from "@pratique/sensor";
import { tempDirectory } from "@pratique/testkit";
import { afterEach, expect, it } from "vitest";
import { killProcess } from "./kill-process.ts";

const ID = "c".repeat(64);
const TICK_NS = 10_000_000;

let killed: number[] = [];
afterEach(() => {
  killed = [];
});

/** A process by the kernel's word, and one by that of an event. */
function attempt({ cgroup = `0::/docker/${ID}\n`, start = 500, startNs = 500 * TICK_NS }) {
  using directory = tempDirectory();
  mkdirSync(directory.at("4242"));
  writeFileSync(directory.at("4242/cgroup"), cgroup);
  const after = ["S", ...Array.from({ length: 18 }, () => "0"), String(start), "0"];
  writeFileSync(directory.at("4242/stat"), `4242 (a ) b) ${after.join(" ")}\n`);
  // Sound: nothing else of an event is read.
  const event = {
    process: { pid: 4242, facts: { startNs } },
    tracked: { identity: { id: ID, runtime: "docker" } },
  } as unknown as SensorEvent;
  return killProcess(event, { proc: directory.at(), send: (pid) => void killed.push(pid) });
}

it("ends the process of an event", () => {
  expect(attempt({})).toBe("killed");
  expect(killed).toEqual([4242]);
});

it.each([
  ["another one that was given its number", { start: 900 }],
  ["one that is in no container, or in another", { cgroup: "0::/system.slice/sshd.service\n" }],
])("does not end %s", (_, what) => {
  expect(attempt(what)).toBe("none");
  expect(killed).toEqual([]);
});

it("says that nothing was done where it has ended by itself", () => {
  const event = {
    process: { pid: 2 ** 22 + 1, facts: { startNs: 0 } },
    tracked: { identity: { id: ID, runtime: "docker" } },
  } as unknown as SensorEvent;
  expect(killProcess(event)).toBe("none");
});

it("never ends what is no container's", () => {
  const child: ChildProcess = spawn("sleep", ["60"]);
  try {
    const event = {
      process: { pid: child.pid, facts: { startNs: 0 } },
      tracked: undefined,
    } as unknown as SensorEvent;
    expect(killProcess(event)).toBe("none");
    expect(child.exitCode).toBeNull();
  } finally {
    child.kill("SIGKILL");
  }
});
