import { beforeEach, describe, expect, it } from "vitest";
import { type SensorBench, startBench } from "../testdata/bench-sensor.ts";
import { execution, opening } from "../testdata/records.ts";
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
    ["pratique.exe.setuid", 128],
  ])("read %s of its own flag", (field, flag) => {
    expect(read(field, execution(["/x"], { facts: { exeFlags: flag } }))).toBe(true);
    expect(read(field, execution(["/x"], { facts: { exeFlags: 255 - flag } }))).toBe(false);
  });

  it("name the script that an interpreter runs, and no program", () => {
    const script = { sections: { interpreter: "/bin/sh", filename: "/tmp/x.sh" } };
    expect(read("pratique.script.path", execution(["/bin/sh", "/tmp/x.sh"], script))).toBe("/tmp/x.sh");
    expect(read("pratique.script.path", execution(["/bin/sh"]))).toBe(undefined);
  });
});
