import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { NativeSensor } from "../../packages/sensor/src/native/testdata/native-sensor.ts";
import {
  buildNativeTools,
  type NativeTools,
  nativeUnavailable,
} from "../../packages/sensor/src/native/testdata/native-tools.ts";
import { CgroupHost, cgroupLayouts } from "./cgroup-host.ts";
import {
  type CommandResult,
  engineUnavailable,
  type PrivateEngine,
  startPrivateEngine,
  succeed,
} from "./private-engine.ts";

const IMAGE = "prevention:latest";
const NULL_DEVICE = { major: 1, minor: 3 };
const reason = engineUnavailable() ?? nativeUnavailable();

const what = `prevention in a privileged container ${reason ?? ""}`;

describe.skipIf(reason !== undefined).each(cgroupLayouts)(`${what}, groups %s`, (layout) => {
  let tools: NativeTools;
  let host: CgroupHost;
  let engine: PrivateEngine;
  let sensor: NativeSensor;
  let container: string;
  let cgroupId: string;
  let pid: number;

  beforeAll(async () => {
    tools = buildNativeTools();
    host = await CgroupHost.start(layout);
    engine = await startPrivateEngine({ enter: host.enter });
    await engine.busyboxImage(IMAGE);
    const mounts = ["-v", `${engine.socketPath}:/elsewhere.sock`, "-v", `${tools.talk}:/talk:ro`];
    const run = ["run", "-d", "--privileged", "--network", "none", ...mounts, IMAGE, "/bin/sleep", "100000"];
    container = succeed(await engine.docker(run)).stdout.trim();
    const inspected = await engine.docker(["inspect", "-f", "{{.State.Pid}}", container]);
    pid = Number(succeed(inspected).stdout);
    cgroupId = cgroupIdOf(pid);
    sensor = await NativeSensor.start(await host.program(tools.sensor));
    await sensor.command("prevent", {
      mode: "enforce",
      survive: false,
      executables: [{ rule: 1, groups: 1, action: "kill", comm: "id" }],
      devices: [
        { rule: 2, type: "block", access: "rwm" },
        { rule: 3, type: "char", ...NULL_DEVICE, access: "rm" },
      ],
      sockets: [
        { rule: 4, path: engine.socketPath },
        { rule: 5, abstract: "/containerd-shim/" },
      ],
      sysctls: ["kernel/domainname"],
    });
  });

  afterAll(async () => {
    await sensor?.[Symbol.asyncDispose]();
    await engine?.[Symbol.asyncDispose]();
    await host?.[Symbol.asyncDispose]();
    tools?.[Symbol.dispose]();
  });

  beforeEach(async () => {
    await sensor.command("containers", { remove: [cgroupId] });
  });

  async function guard(policy: object): Promise<void> {
    const entry = { cgroupId, container, pid, policy: { groups: 1, ...policy } };
    expect(await sensor.command("containers", { set: [entry] })).toMatchObject({ set: 1, refused: [] });
  }

  async function inContainer(...command: readonly string[]): Promise<CommandResult> {
    return engine.docker(["exec", container, ...command]);
  }

  const corePattern =
    "cat /proc/sys/kernel/core_pattern > /tmp/p; cat /tmp/p > /proc/sys/kernel/core_pattern";
  const domainName = "cat /proc/sys/kernel/domainname > /tmp/d; cat /tmp/d > /proc/sys/kernel/domainname";

  it.each<[string, object, readonly string[]]>([
    ["a sysctl", { sysctl: "deny" }, ["/bin/sh", "-c", corePattern]],
    ["to make a disk", { devices: "deny" }, ["/bin/sh", "-c", "rm -f /tmp/b; busybox mknod /tmp/b b 8 0"]],
    ["a device", { devices: "deny" }, ["/bin/busybox", "head", "-c1", "/dev/null"]],
    ["the engine's socket by another name", { sockets: "deny" }, ["/talk", "unix", "/elsewhere.sock"]],
    ["a forbidden executable", { executables: "enforce" }, ["/bin/id"]],
    ["a file to be opened", file("open", { path: "/etc/passwd" }), ["/bin/cat", "/etc/passwd"]],
    ["a file by a way around", file("open", { path: "/etc/passwd" }), ["/bin/cat", "/bin/../etc/passwd"]],
    ["a file to be run", file("exec", { basename: "busybox" }), ["/bin/true"]],
  ])("refuses %s, and nothing where it is off", async (_, policy, command) => {
    expect(await inContainer(...command)).toMatchObject({ code: 0 });
    await guard(policy);
    expect((await inContainer(...command)).code).not.toBe(0);
  });

  it("has its group where this host is said to have it", () => {
    const groups = readFileSync(`/proc/${pid}/cgroup`, "utf8").split("\n");
    const numbers = groups.filter((line) => line.includes(container)).map((line) => line.split(":")[0]);
    expect(numbers).toContain("0");
    expect(numbers.length > 1).toBe(layout === "as this host has them");
  });

  it("refuses the shims' abstract sockets", async () => {
    expect((await inContainer("/talk", "unix", "@/containerd-shim/x.sock")).stdout.trim()).toBe(
      "ECONNREFUSED",
    );
    await guard({ sockets: "deny" });
    expect((await inContainer("/talk", "unix", "@/containerd-shim/x.sock")).stdout.trim()).toBe("EPERM");
  });

  it("lets through what the lists allow", async () => {
    await guard({ sysctl: "deny" });
    expect(await inContainer("/bin/sh", "-c", domainName)).toMatchObject({ code: 0 });
    await guard({ sysctl: "deny", sysctls: ["kernel/core_pattern"] });
    expect(await inContainer("/bin/sh", "-c", corePattern)).toMatchObject({ code: 0 });
  });

  it("leaves the engine its work in the container", async () => {
    await guard({ drift: "kill", fileless: "kill", ...file("open", { path: "/etc/passwd" }) });
    expect(await inContainer("/bin/true")).toMatchObject({ code: 0 });
    expect(await engine.docker(["cp", `${container}:/etc/passwd`, "-"])).toMatchObject({ code: 0 });
  });

  it("holds for a new container from its first process on, by the policy of the engine's group", async () => {
    const parent = String(statSync(path.dirname(cgroupPathOf(pid))).ino);
    const policy = { groups: 1, drift: "kill", fileless: "kill", executables: "enforce" };
    await sensor.command("containers", { set: [{ cgroupId: parent, container: "", policy }] });
    const run = ["run", "--rm", "--network", "none", IMAGE];
    expect(await engine.docker([...run, "/bin/true"])).toMatchObject({ code: 0 });
    expect(await engine.docker([...run, "/bin/id"])).toMatchObject({ code: 137 });
    await sensor.command("containers", { remove: [parent] });
  });
});

function file(on: string, named: object): { readonly files: readonly object[] } {
  return { files: [{ rule: 6, on, action: "deny", ...named }] };
}

function cgroupPathOf(pid: number): string {
  const mount = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .find(([, , type]) => type === "cgroup2");
  const group = /^0::(.*)$/mu.exec(readFileSync(`/proc/${pid}/cgroup`, "utf8"))?.[1];
  return path.join(mount?.[1] ?? "", group ?? "");
}

function cgroupIdOf(pid: number): string {
  return String(statSync(cgroupPathOf(pid)).ino);
}
