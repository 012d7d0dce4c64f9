import type { Launch } from "@pratique/core";
import { readContainerFiles } from "@pratique/engine";
import { isSameContainer } from "@pratique/gate";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type GatedEngine, IMAGE, rawRequest, startGatedEngine } from "./gate-harness.ts";
import { engineUnavailable } from "./private-engine.ts";

const unavailable = engineUnavailable();
const SEED = 20_260_101;
const CASES = 160;

/** A body as text, so that keys may come twice and in any spelling. */
type Member = readonly [key: string, value: string];

describe.skipIf(unavailable !== undefined)(`gate and engine ${unavailable ?? ""}`, () => {
  let gated: GatedEngine;

  beforeAll(async () => {
    gated = await startGatedEngine({ mode: "observe" });
    await gated.post("/containers/create?name=base", {
      Image: IMAGE,
      HostConfig: { PidMode: "host", Binds: ["/etc:/inherited:ro"] },
    });
    const DriverOpts = { type: "none", o: "bind", device: "/etc" };
    await gated.post("/volumes/create", { Name: "trap", Driver: "local", DriverOpts });
  });

  afterAll(async () => {
    await gated[Symbol.asyncDispose]();
  });

  it("see the same privileges in every request that the engine accepts, and in its files", async () => {
    const { dataRoot } = await gated.client.info();
    const misread: unknown[] = [];
    const seen = { accepted: 0, refusedByGate: 0, privileged: 0 };
    for (const body of fc.sample(bodies, { seed: SEED, numRuns: CASES })) {
      const asked = gated.records.length;
      const { status, text } = await gated.send(rawRequest({ target: "/v1.45/containers/create", body }));
      const id = /"Id":"(?<id>[0-9a-f]{64})"/u.exec(text)?.groups?.id;
      if (status !== 201 || id === undefined) continue;
      seen.accepted += 1;
      const kept = readContainerFiles(dataRoot, id);
      const { json } = await gated.client.inspectContainerRaw(id);
      if (kept === undefined || !isSameContainer(kept, fieldsOf(json))) misread.push({ body, kept, json });
      const atCreate = launchIn(gated.records.slice(asked));
      // A container that never ran is not unpaused, but it is judged by what the engine says of it.
      await gated.post(`/containers/${id}/unpause`);
      const atInspect = launchIn(gated.records.slice(asked + 1));
      await gated.send(rawRequest({ method: "DELETE", target: `/containers/${id}?v=1`, headers: [] }));
      if (atInspect === undefined) misread.push({ body, problem: "no verdict on the container" });
      else if (atCreate === undefined) seen.refusedByGate += 1;
      else {
        const known = new Set(privilegesOf(atCreate));
        const missed = privilegesOf(atInspect).filter((privilege) => !known.has(privilege));
        if (missed.length > 0) misread.push({ body, missed });
        if (known.size > 0) seen.privileged += 1;
      }
    }
    expect(misread).toEqual([]);
    // Otherwise the comparison would have had nothing to compare.
    expect(seen.accepted).toBeGreaterThan(CASES / 4);
    expect(seen.refusedByGate).toBeGreaterThan(CASES / 20);
    expect(seen.privileged).toBeGreaterThan(CASES / 10);
  });
});

function fieldsOf(json: unknown): Readonly<Record<string, unknown>> {
  return typeof json === "object" && json !== null ? { ...json } : {};
}

/** The launch that a verdict was about; undefined where the gate refused to read the request. */
function launchIn(records: GatedEngine["records"]): Launch | undefined {
  const verdict = records.find((record) => record.class === "verdict");
  // Sound: the gate writes a launch of this form into each verdict that is short enough, as all here are.
  return verdict?.data.launch as unknown as Launch | undefined;
}

/** Everything that a container has and that one made by default has not. */
function privilegesOf(launch: Launch): readonly string[] {
  const list = (name: string, values: readonly string[]) => values.map((value) => `${name} ${value}`);
  const when = (holds: boolean, name: string) => (holds ? [name] : []);
  return [
    ...when(launch.privileged, "privileged"),
    ...when(launch.runsAsRoot, "root"),
    ...when(launch.unmaskedPaths, "unmasked"),
    ...when(launch.selinuxDisabled, "selinux"),
    ...when(launch.publishAllPorts, "publish all"),
    ...when(launch.seccomp !== "default", `seccomp ${launch.seccomp}`),
    ...when(launch.apparmor !== "default", `apparmor ${launch.apparmor}`),
    ...when(launch.cgroupParent !== "", `cgroup ${launch.cgroupParent}`),
    ...when(!["", "runc"].includes(launch.runtime), `runtime ${launch.runtime}`),
    ...list("capability", launch.capAdd),
    ...list("namespace", launch.hostNamespaces),
    ...when(launch.joinedContainers.length > 0, `joins ${launch.joinedContainers.length}`),
    ...list("volumes of", launch.volumesFrom),
    ...list("device", launch.devices),
    ...list("device rule", launch.deviceCgroupRules),
    ...list("device request", launch.deviceRequests),
    ...list("group", launch.groupAdd),
    ...Object.entries(launch.sysctls).map(([name, value]) => `sysctl ${name}=${value}`),
    ...launch.ports.map(
      ({ hostIp, hostPort, containerPort }) => `port ${hostIp}:${hostPort}:${containerPort}`,
    ),
    ...launch.mounts.map(({ kind, target, device, source, engineSocket, readOnly }) =>
      [kind, target, device, kind === "bind" ? source : "", engineSocket, readOnly].join(" "),
    ),
  ];
}

const binds = fc.subarray([
  "/etc:/a",
  "/srv:/b:ro",
  "trap:/c",
  "/var/run:/d:ro,rslave",
  "/tmp:/e:shared",
  "/anonymous",
]);
const mounts = fc.subarray([
  { Type: "bind", Source: "/etc", Target: "/m1", ReadOnly: true },
  { Type: "volume", Source: "trap", Target: "/m2" },
  {
    Type: "volume",
    Target: "/m3",
    VolumeOptions: { DriverConfig: { Name: "local", Options: { type: "none", o: "bind", device: "/srv" } } },
  },
  { Type: "tmpfs", Target: "/m4" },
]);

/** Keys of `HostConfig` with values that matter; the engine refuses some of the combinations, which is fine. */
const hostMembers: readonly fc.Arbitrary<Member>[] = [
  member("Privileged", fc.boolean()),
  member("Binds", binds),
  member("Mounts", mounts),
  member("CapAdd", fc.subarray(["SYS_ADMIN", "cap_net_admin", "ALL", "chown"])),
  member("PidMode", fc.constantFrom("host", "", "container:base")),
  member("IpcMode", fc.constantFrom("host", "private", "shareable")),
  member("NetworkMode", fc.constantFrom("host", "none", "default")),
  member("UTSMode", fc.constantFrom("host", "")),
  member("UsernsMode", fc.constantFrom("host", "")),
  member("CgroupnsMode", fc.constantFrom("host", "private")),
  member(
    "SecurityOpt",
    fc.subarray(["seccomp=unconfined", "apparmor:unconfined", "label=disable", "no-new-privileges"]),
  ),
  member("VolumesFrom", fc.subarray(["base", "base:ro"], { maxLength: 1 })),
  member("MaskedPaths", fc.constantFrom(null, [], ["/proc/kcore"])),
  member("ReadonlyPaths", fc.constantFrom(null, [])),
  member("Sysctls", fc.constantFrom({}, { "net.ipv4.ip_forward": "1" })),
  member("GroupAdd", fc.subarray(["0", "docker"])),
  member("DeviceCgroupRules", fc.subarray(["c 1:3 rwm"])),
  member(
    "Devices",
    fc.constantFrom([], [{ PathOnHost: "/dev/kmsg", PathInContainer: "/k", CgroupPermissions: "r" }]),
  ),
  member("CgroupParent", fc.constantFrom("", "/elsewhere")),
  member("PublishAllPorts", fc.boolean()),
  member("PortBindings", fc.constantFrom({}, { "80/tcp": [{ HostIp: "", HostPort: "8080-8082" }] })),
  member("Memory", fc.constantFrom(0, 16_777_216)),
  member("Tmpfs", fc.constantFrom({}, { "/t": "exec" })),
];

const topMembers: readonly fc.Arbitrary<Member>[] = [
  member("User", fc.constantFrom("", "1000", "0", "app:0")),
  member("Cmd", fc.constantFrom("true", ["sh", "-c", "true"], null)),
  member("Env", fc.subarray(["A=1", "LD_PRELOAD=/x"])),
  member("Volumes", fc.constantFrom({}, { "/v": {} })),
  member("Labels", fc.constantFrom({ a: "1", A: "2" }, null)),
];

/** Mostly honest bodies, some with one trick or two. */
const bodies: fc.Arbitrary<string> = fc
  .tuple(
    fc.subarray([...hostMembers], { minLength: 1, maxLength: 5 }).chain((chosen) => fc.tuple(...chosen)),
    fc.subarray([...topMembers]).chain((chosen) => fc.tuple(...chosen)),
    fc.array(fc.tuple(fc.constantFrom("host", "top"), trick()), { maxLength: 2 }),
  )
  .map(([host, top, tricks]) => {
    const play = (where: string, members: readonly Member[]) =>
      tricks.filter(([place]) => place === where).reduce((now, [, change]) => change(now), members);
    const hostConfig = write(play("host", host));
    return write(play("top", [["Image", JSON.stringify(IMAGE)], ...top, ["HostConfig", hostConfig]]));
  });

function member(key: string, value: fc.Arbitrary<unknown>): fc.Arbitrary<Member> {
  return value.map((given) => [key, JSON.stringify(given)]);
}

function write(members: readonly Member[]): string {
  return `{${members.map(([key, value]) => `"${key}":${value}`).join(",")}}`;
}

type Trick = (members: readonly Member[]) => readonly Member[];

function trick(): fc.Arbitrary<Trick> {
  const rename =
    (change: (key: string) => string): Trick =>
    (members) =>
      members.map(([key, value], index) =>
        index === members.length - 1 ? [change(key), value] : [key, value],
      );
  return fc.constantFrom<Trick>(
    rename((key) => key.toLowerCase()),
    rename((key) => key.toUpperCase()),
    rename((key) => key.replace(/s/iu, "ſ")),
    rename((key) => key.replace(/k/iu, "\u212A")),
    rename((key) => `\\u${key.charCodeAt(0).toString(16).padStart(4, "0")}${key.slice(1)}`),
    (members) => [...members, ...members.slice(-1)],
    (members) => [...members, ...members.slice(-1).map(([key]): Member => [key, "null"])],
    (members) => [...members, ...members.slice(-1).map(([key]): Member => [key.toLowerCase(), "{}"])],
    (members) => [...members, ["Unknown", "1"]],
    (members) => members.toReversed(),
  );
}
