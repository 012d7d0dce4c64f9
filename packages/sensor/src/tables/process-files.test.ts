import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SystemBootClock } from "../boot-clock.ts";
import { ProcFiles } from "./process-files.ts";

describe("ProcFiles", () => {
  let root = "";

  beforeAll(() => {
    root = mkdtempSync(path.join(tmpdir(), "proc-"));
    const directory = path.join(root, "77");
    mkdirSync(directory);
    const status = [
      "Name:\tweb: worker",
      "PPid:\t7",
      "Uid:\t1000\t33\t33\t33",
      "Gid:\t1000\t34\t34\t34",
      "NSpid:\t77\t5",
      "NSpgid:\t70\t4",
      "NSsid:\t60\t3",
      "CapInh:\t0000000000000000",
      "CapPrm:\t0000000000000400",
      "CapEff:\t000001ffffffffff",
    ];
    writeFileSync(path.join(directory, "status"), `${status.join("\n")}\n`);
    writeFileSync(path.join(directory, "stat"), `77 (web) :) S 7 70 60 34816 ${"0 ".repeat(14)}1234 0\n`);
    writeFileSync(path.join(directory, "loginuid"), "4294967295");
    symlinkSync("/usr/bin/web (deleted)", path.join(directory, "exe"));
    symlinkSync("/srv", path.join(directory, "cwd"));
  });

  afterAll(() => rmSync(root, { recursive: true }));

  it("reads what a process is, whatever it calls itself", () => {
    const found = new ProcFiles({ wallMs: (ns) => ns / 1e6, nowNs: () => 0 }, root).read(77);
    expect(found).toMatchObject({
      name: "web: worker",
      cwd: "/srv",
      image: { exePath: "/usr/bin/web", args: [] },
      startedAt: 12_340,
      facts: { uid: 1000, euid: 33, egid: 34, vpid: 5, vpgid: 4, vsid: 3, sid: 60, pgid: 70, tty: 34_816 },
    });
    expect(found?.facts).toMatchObject({ loginuid: -1, capPermitted: 1024n, capEffective: 0x1ffffffffffn });
  });

  it("knows nothing of a process that is gone", () => {
    const files = new ProcFiles(new SystemBootClock(), root);
    expect([files.read(78), files.parentOf(78), files.parentOf(77)]).toEqual([undefined, undefined, 7]);
  });

  it("reads this process as the kernel tells it", () => {
    const files = new ProcFiles(new SystemBootClock());
    const found = files.read(process.pid);
    expect(found?.image.exePath).toBe(realpathSync(process.execPath));
    expect([found?.facts.uid, files.parentOf(process.pid)]).toEqual([process.getuid?.(), process.ppid]);
    const uptimeMs = Number.parseFloat(readFileSync("/proc/uptime", "utf8")) * 1000;
    const started = found?.startedAt ?? 0;
    expect(started).toBeLessThanOrEqual(Date.now());
    expect(started).toBeGreaterThan(Date.now() - uptimeMs);
  });
});

describe("SystemBootClock", () => {
  it("counts the time that the machine was asleep", () => {
    const clock = new SystemBootClock({
      now: () => 1_000_000,
      monotonicNs: () => 400_000_000_000n,
      uptime: () => "500.01 1.00\n",
    });
    expect(Math.round(clock.nowNs() / 1e9)).toBe(500);
    expect(Math.round(clock.wallMs(500e9) / 100)).toBe(10_000);
  });

  it("takes the coarseness of /proc/uptime for no sleep", () => {
    const clock = new SystemBootClock({
      now: () => 0,
      monotonicNs: () => 400_000_000_000n,
      uptime: () => "400.01 1\n",
    });
    expect(clock.nowNs()).toBe(400e9);
  });

  it("follows a time of day that is set", () => {
    let [now, monotonic] = [1000, 0n];
    const clock = new SystemBootClock({
      now: () => now,
      monotonicNs: () => monotonic,
      uptime: () => "0.0 0\n",
    });
    expect(clock.wallMs(0)).toBe(1000);
    [now, monotonic] = [99_000, 20_000_000_000n];
    expect(clock.wallMs(20e9)).toBe(99_000);
  });
});
