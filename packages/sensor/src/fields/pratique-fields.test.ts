import { beforeEach, describe, expect, it } from "vitest";
import { CONTAINER_CGROUP, CONTAINER_ID, type SensorBench, startBench } from "../testdata/bench-sensor.ts";
import { bytesOf, execution, factsOf, opening } from "../testdata/records.ts";
import { processBytes } from "../wire/structures.ts";
import { exeFlags } from "../wire/wire-format.ts";
import { pratiqueFields } from "./pratique-fields.ts";
import { SensorFields } from "./sensor-fields.ts";

const fields = new SensorFields();

describe("our own fields", () => {
  let bench: SensorBench;

  beforeEach(async () => {
    bench = await startBench();
  });

  function read(field: string, record: Buffer): unknown {
    const event = bench.give(record).at(-1);
    if (event === undefined) throw new Error("no event");
    return fields.reader(field, undefined)?.read(event);
  }

  it("are all in the table", () => {
    const names = Object.keys(pratiqueFields);
    expect(names.filter((name) => fields.reader(name, undefined) === undefined)).toEqual([]);
  });

  it.each([
    ["/etc/shadow", { resolved: "/etc/shadow" }],
    [undefined, {}],
  ])("tell where a path led to: %s", (expected, sections) => {
    expect(read("pratique.fd.resolved", opening("openat", "/tmp/link", {}, { sections }))).toBe(expected);
  });

  it.each([
    [0o060_600, "block"],
    [0o020_666, "char"],
    [0o100_644, "file"],
    [0o040_755, "directory"],
  ])("tell a file of mode %i as %s", (mode, kind) => {
    expect(read("pratique.fd.kind", opening("openat", "/x", { mode }))).toBe(kind);
  });

  it.each([
    ["pratique.exe.unlinked", 8],
    ["pratique.exe.tmpfs", 64],
    ["pratique.exe.mounted", 256],
    ["pratique.exe.setuid", 128],
  ])("read %s of its own flag", (field, flag) => {
    expect(read(field, execution(["/x"], { facts: { exeFlags: flag } }))).toBe(true);
    expect(read(field, execution(["/x"], { facts: { exeFlags: 511 - flag } }))).toBe(false);
  });

  it("name the script that an interpreter runs, and no program", () => {
    const script = { sections: { interpreter: "/bin/sh", filename: "/tmp/x.sh" } };
    expect(read("pratique.script.path", execution(["/bin/sh", "/tmp/x.sh"], script))).toBe("/tmp/x.sh");
    expect(read("pratique.script.path", execution(["/bin/sh"]))).toBe(undefined);
  });

  it("tell the user before a call that changed it", () => {
    bench.give(execution(["/bin/app"], { facts: { euid: 33 } }));
    const sections = { process: processBytes(factsOf(100, { euid: 0 })), number0: 0 };
    expect(read("pratique.uid.before", bytesOf("setuid", { sections }))).toBe(33);
    expect(read("pratique.uid.before", bytesOf("unlink"))).toBe(0);
    expect(read("pratique.uid.before", execution(["/bin/new"], { pid: 999 }))).toBe(undefined);
  });

  it.each([
    ["of the host", {}, {}, false],
    [
      "in the container and of its image",
      { cgroupId: CONTAINER_CGROUP },
      { exeFlags: exeFlags.overlay },
      false,
    ],
    [
      "in the container and written there",
      { cgroupId: CONTAINER_CGROUP },
      { exeFlags: exeFlags.overlay | exeFlags.upper },
      true,
    ],
    ["in the container and on a volume", { cgroupId: CONTAINER_CGROUP }, {}, true],
  ])("tell of a parent %s whether it was dropped there", async (_what, place, facts, expected) => {
    const path = `/docker/${CONTAINER_ID}`;
    bench.give(bytesOf("cgroup_mkdir", { cgroupId: CONTAINER_CGROUP, sections: { path } }));
    bench.give(execution(["/usr/bin/runc"], { pid: 60, ppid: 1, ...place, facts }));
    const mounting = { pid: 61, ppid: 60, cgroupId: CONTAINER_CGROUP };
    bench.give(execution(["/proc/self/exe"], mounting));
    await new Promise((resolve) => setImmediate(resolve));
    expect(read("pratique.parent.dropped", bytesOf("mount", mounting))).toBe(expected);
  });

  it.each([
    ["of the image", exeFlags.overlay, ["/usr/bin/apt", "/sbin/init"]],
    ["written into the container", exeFlags.overlay | exeFlags.upper, ["/sbin/init"]],
    ["on a volume", exeFlags.mounted, ["/sbin/init"]],
  ])("name the programs of the image that a process comes from: with one %s", (_what, flags, expected) => {
    bench.give(
      execution(["/sbin/init"], { pid: 50, ppid: 1, facts: { exeFlags: exeFlags.overlay } }),
      execution(["/usr/bin/apt"], { pid: 60, ppid: 50, facts: { exeFlags: flags } }),
    );
    expect(read("pratique.image.aexepath", execution(["/x"], { pid: 61, ppid: 60 }))).toEqual(expected);
  });

  it("tell nothing of a parent that is not known", () => {
    expect(read("pratique.parent.dropped", execution(["/x"], { pid: 71, ppid: 70 }))).toBe(undefined);
  });

  it("name the program of the process that is signalled, by the number that its sender knows", () => {
    const inside = { pidNamespace: 77 };
    bench.give(
      execution(["/bin/one"], { pid: 201, facts: { ...inside, vpid: 1 } }),
      execution(["/bin/two"], { pid: 202, facts: { ...inside, vpid: 2 } }),
      execution(["/bin/other"], { pid: 301, facts: { pidNamespace: 88, vpid: 1 } }),
    );
    const target = "pratique.target.exepath";
    expect(read(target, bytesOf("kill", { pid: 202, sections: { number0: 1, number1: 9 } }))).toBe(
      "/bin/one",
    );
    expect(read(target, bytesOf("kill", { pid: 202, sections: { number0: 201, number1: 9 } }))).toBe(
      undefined,
    );
    expect(read(target, bytesOf("kill", { pid: 202, sections: { number0: -1, number1: 9 } }))).toBe(
      undefined,
    );
    bench.give(execution(["/bin/host"], { pid: 100 }));
    expect(read(target, bytesOf("ptrace", { pid: 100, sections: { number0: 16, number1: 301 } }))).toBe(
      "/bin/other",
    );
  });

  it("forget the numbers of a namespace with its processes", () => {
    bench.give(execution(["/bin/one"], { pid: 201, facts: { pidNamespace: 77, vpid: 1 } }));
    bench.give(bytesOf("procexit", { pid: 201, timeNs: 20e9 }));
    bench.give(execution(["/bin/two"], { pid: 202, timeNs: 90e9, facts: { pidNamespace: 77, vpid: 2 } }));
    const killed = bytesOf("kill", { pid: 202, timeNs: 91e9, sections: { number0: 1 } });
    expect(read("pratique.target.exepath", killed)).toBe(undefined);
  });
});
