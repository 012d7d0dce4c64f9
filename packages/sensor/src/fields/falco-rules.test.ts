import { existsSync, readdirSync, readFileSync } from "node:fs";
import { compileRules, knownFields, loadRules, type RuleEngine } from "@pratique/rules";
import { beforeAll, describe, expect, it } from "vitest";
import type { SensorEvent } from "../events/sensor-event.ts";
import { CONTAINER_CGROUP, CONTAINER_ID, type SensorBench, startBench } from "../testdata/bench-sensor.ts";
import { addressBytes, bytesOf, execution, opening, socketCall } from "../testdata/records.ts";
import { SensorFields } from "./sensor-fields.ts";

/** Rules of others, which are read where they lie; absent in most checkouts. */
const RULES = "../shared/data/falco-rules/rules";
const present = existsSync(RULES);
const inside = { cgroupId: CONTAINER_CGROUP, pid: 100, ppid: 30 };

function readRules(): readonly { readonly name: string; readonly text: string }[] {
  const names = readdirSync(RULES).filter((name) => name.endsWith(".yaml"));
  // The stable ones come first: the others use what they define.
  return names
    .toSorted((left, right) => left.length - right.length)
    .map((name) => ({ name, text: readFileSync(`${RULES}/${name}`, "utf8") }));
}

describe("the table of the rule language", () => {
  it("has the types that the readers have", () => {
    const fields = new SensorFields();
    const wrong = [...knownFields.values()].flatMap(({ name, type, argument }) => {
      const reader = fields.reader(name, undefined) ?? fields.reader(name, argument === "index" ? "1" : "x");
      return reader === undefined || type === "any" || reader.type === type
        ? []
        : [`${name}: ${type}, not ${reader.type}`];
    });
    expect(wrong).toEqual([]);
  });
});

describe.skipIf(!present)(`Falco's own rules${present ? "" : ` (SKIPPED: no ${RULES})`}`, () => {
  let engine: RuleEngine<SensorEvent>;
  let bench: SensorBench;

  beforeAll(async () => {
    const loaded = loadRules(readRules());
    if (loaded.kind === "invalid") throw new Error(JSON.stringify(loaded.issues.slice(0, 3)));
    engine = compileRules(loaded.ruleSet, new SensorFields(), {
      typeOf: (event: SensorEvent) => event.type,
      matching: "all",
      wants: () => true,
    });
    bench = await startBench();
    bench.give(
      bytesOf("cgroup_mkdir", { cgroupId: CONTAINER_CGROUP, sections: { path: `/docker/${CONTAINER_ID}` } }),
      execution(["/sbin/init"], { pid: 1, ppid: 0 }),
      execution(["/usr/sbin/httpd"], { pid: 30, cgroupId: CONTAINER_CGROUP }),
      execution(["/usr/bin/tool"], { ...inside, facts: { capEffective: 1n << 21n } }),
      execution(["/usr/bin/tool"], { ...inside, pid: 507, facts: { euid: 1000 } }),
    );
    await new Promise((resolve) => setImmediate(resolve));
  });

  it("find every field that they name", () => {
    expect(engine.rules).toHaveLength(93);
    expect(engine.needs.missingFields).toEqual([]);
  });

  const open = (path: string, flags: number) =>
    opening("openat", path, {}, { ...inside, sections: { number0: flags, number1: 0o644 } });

  it.each([
    ["Read sensitive file untrusted", open("/etc/shadow", 0)],
    ["Directory traversal monitored file read", open("/etc/../etc/../etc/shadow", 0)],
    ["Detect release_agent File Container Escapes", open("/tmp/cgrp/release_agent", 0o1)],
    ["Clear Log Activities", open("/var/log/syslog", 0o1001)],
    [
      "Create Symlink Over Sensitive Files",
      bytesOf("symlink", { ...inside, sections: { path2: "/etc", path: "/tmp/etc" } }),
    ],
    [
      "Create Hardlink Over Sensitive Files",
      bytesOf("link", { ...inside, sections: { path: "/etc/shadow", path2: "/tmp/s" } }),
    ],
    [
      "Packet socket created in container",
      bytesOf("socket", { ...inside, result: 3, sections: { number0: 17, number1: 3, number2: 768 } }),
    ],
    [
      "Redirect STDOUT/STDIN to Network Connection in Container",
      bytesOf("dup2", {
        ...inside,
        result: 1,
        sections: { number0: 5, number1: 1, remote: addressBytes({ address: "192.0.2.1", port: 4444 }) },
      }),
    ],
    ["PTRACE attached to process", bytesOf("ptrace", { ...inside, sections: { number0: 16, number1: 1 } })],
    ["PTRACE anti-debug attempt", bytesOf("ptrace", { ...inside, sections: { number0: 0 } })],
    [
      "Fileless execution via memfd_create",
      execution(["x"], { ...inside, pid: 501, facts: { exeFlags: 4 } }),
    ],
    [
      "Drop and execute new binary in container",
      execution(["/tmp/x"], { ...inside, pid: 502, facts: { exeFlags: 3 } }),
    ],
    ["Execution from /dev/shm", execution(["/dev/shm/x"], { ...inside, pid: 503, facts: { tty: 1 } })],
    [
      "Run shell untrusted",
      execution(["/bin/sh", "-c", "id"], { ...inside, pid: 504, ppid: 30, exePath: "/bin/sh" }),
    ],
    [
      "Netcat Remote Code Execution in Container",
      execution(["/bin/nc", "-e", "/bin/sh"], { ...inside, pid: 505 }),
    ],
    [
      "Launch Package Management Process in Container",
      execution(["/usr/bin/apt-get", "install", "x"], { ...inside, pid: 506 }),
    ],
    [
      "Contact EC2 Instance Metadata Service From Container",
      socketCall(
        "connect",
        { address: "10.0.0.2", port: 4000 },
        { address: "169.254.169.254", port: 80 },
        inside,
      ),
    ],
    [
      "Unprivileged Delegation of Page Faults Handling to a Userspace Process",
      bytesOf("userfaultfd", { ...inside, pid: 507, result: 4 }),
    ],
    [
      "Set Setuid or Setgid bit",
      bytesOf("chmod", { ...inside, sections: { path: "/tmp/x", number1: 0o4755 } }),
    ],
    ["BPF Program Not Profiled", bytesOf("bpf", { ...inside, result: 5, sections: { number0: 5 } })],
    ["Change thread namespace", bytesOf("setns", { ...inside, sections: { number0: 3, number1: 0 } })],
    [
      "Unexpected UDP Traffic",
      socketCall("connect", undefined, { address: "192.0.2.1", port: 8192, protocol: 17 }, inside),
    ],
    ["Write below etc", open("/etc/new", 0o101)],
    [
      "Delete or rename shell history",
      bytesOf("unlink", { ...inside, sections: { path: "/root/.bash_history" } }),
    ],
    [
      "Mkdir binary dirs",
      bytesOf("mkdir", { ...inside, sections: { path: "/usr/bin/evil", number1: 0o755 } }),
    ],
    ["Launch Privileged Container", execution(["/bin/app"], { ...inside, pid: 508, facts: { vpid: 1 } })],
    [
      "Launch Sensitive Mount Container",
      execution(["/bin/app"], { ...inside, pid: 509, facts: { vpid: 1 } }),
    ],
  ])("say %s", (rule, record) => {
    const [event] = bench.give(record);
    const matches = event === undefined ? [] : engine.match(event);
    expect(matches.map((match) => match.rule.name)).toContain(rule);
    const output = matches.find((match) => match.rule.name === rule)?.output() ?? "";
    expect(output).toContain("c0ffee000000");
    expect(output).not.toMatch(/container_image_repository=<NA>|container_name=<NA>/u);
  });

  it("say nothing of what everybody does", () => {
    const events = bench.give(
      open("/usr/lib/x86_64-linux-gnu/libc.so.6", 0o2000000),
      open("/tmp/file", 0o101),
      execution(["/usr/bin/tool", "run"], { ...inside, pid: 600 }),
      socketCall("connect", { address: "10.0.0.2", port: 4000 }, { address: "10.0.0.3", port: 5432 }, inside),
    );
    const said = events.flatMap((event) => engine.match(event).map(({ rule }) => rule.name));
    expect(said).toEqual([]);
  });
});
