import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HostDevices } from "./host-devices.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "prt-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function plug(type: "block" | "char", numbers: string, uevent: string): void {
  mkdirSync(path.join(root, type, numbers), { recursive: true });
  writeFileSync(path.join(root, type, numbers, "uevent"), uevent);
}

function unplug(type: "block" | "char", numbers: string): void {
  rmSync(path.join(root, type, numbers), { recursive: true });
}

describe("HostDevices", () => {
  it("names devices as the kernel does, and leaves out those without a node", () => {
    plug("block", "8:0", "MAJOR=8\nMINOR=0\nDEVNAME=sda\nDEVTYPE=disk\n");
    plug("char", "1:3", "MAJOR=1\nMINOR=3\nDEVNAME=null\nDEVMODE=0666\n");
    plug("char", "10:1", "MAJOR=10\nMINOR=1\n");
    expect(new HostDevices(root).list()).toEqual([
      { path: "/dev/sda", type: "block", major: 8, minor: 0 },
      { path: "/dev/null", type: "char", major: 1, minor: 3 },
    ]);
  });

  it("sees what is plugged in, unplugged, and plugged in again as another", () => {
    const devices = new HostDevices(root);
    const paths = () => devices.list().map(({ path: file }) => file);
    expect(paths()).toEqual([]);
    plug("block", "8:0", "DEVNAME=sda\n");
    expect(paths()).toEqual(["/dev/sda"]);
    unplug("block", "8:0");
    expect(paths()).toEqual([]);
    plug("block", "8:0", "DEVNAME=sdb\n");
    expect(paths()).toEqual(["/dev/sdb"]);
  });
});
