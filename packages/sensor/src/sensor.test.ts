import { describe, expect, it } from "vitest";
import { userNameOf } from "./events/account-of-event.ts";
import { kindsOf } from "./sensor.ts";
import type { SensorContainer } from "./tables/sensor-container.ts";
import { containerOfInspect } from "./tables/sensor-container.ts";
import { UserNames } from "./tables/user-names.ts";
import { CONTAINER_CGROUP, CONTAINER_ID, inspected, startBench } from "./testdata/bench-sensor.ts";
import { bytesOf, execution } from "./testdata/records.ts";
import { wireKinds } from "./wire/wire-format.ts";

const appears = bytesOf("cgroup_mkdir", {
  cgroupId: CONTAINER_CGROUP,
  sections: { path: `/docker/${CONTAINER_ID}` },
});
const inside = { cgroupId: CONTAINER_CGROUP, pid: 100 };
const identity = { id: CONTAINER_ID, runtime: "docker" } as const;
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("Sensor", () => {
  it("holds the events of a container until it is known, and lets others go on", async () => {
    const known = Promise.withResolvers<SensorContainer>();
    const { give, events, sensor } = await startBench({ details: { describe: () => known.promise } });
    give(
      appears,
      execution(["/bin/a"], inside),
      bytesOf("unlink", inside),
      execution(["/bin/host"], { pid: 200 }),
    );
    expect(events.map(({ process }) => process.name)).toEqual(["host"]);
    expect(sensor.counters.held).toEqual({ held: 2, everHeld: 2, overflowed: 0 });
    known.resolve(containerOfInspect(identity, inspected, 0));
    await settled();
    expect(events.map(({ type, container }) => [type, container?.name])).toEqual([
      ["execve", undefined],
      ["execve", "web"],
      ["unlink", "web"],
    ]);
    expect(give(bytesOf("rmdir", inside)).map(({ container }) => container?.name)).toEqual(["web"]);
    expect(sensor.counters.held.held).toBe(0);
  });

  it("knows that a container is over by its first process, where no cgroup tells", async () => {
    const { give, sensor } = await startBench({ cgroupsOf: () => `3:cpu:/docker/${CONTAINER_ID}\n` });
    const facts = { pidNamespace: 77 };
    const first = { pid: 100, cgroupId: 1, facts: { ...facts, vpid: 1 } };
    const second = { pid: 101, ppid: 100, cgroupId: 1, facts: { ...facts, vpid: 2 } };
    give(execution(["/bin/init"], first), execution(["/bin/a"], second));
    expect(sensor.containers.get(CONTAINER_ID)?.identity).toEqual(identity);
    give(bytesOf("procexit", { pid: 101, cgroupId: 1 }));
    expect(sensor.containers.get(CONTAINER_ID)?.identity).toEqual(identity);
    give(bytesOf("procexit", { pid: 100, cgroupId: 1 }));
    expect(sensor.containers.get(CONTAINER_ID)).toBeUndefined();
  });

  it("reads an event that waited with what was true when it happened", async () => {
    const known = Promise.withResolvers<SensorContainer>();
    const { give, events } = await startBench({ details: { describe: () => known.promise } });
    const chunk = Buffer.concat([appears, execution(["/bin/a", "x"], inside), execution(["/bin/b"], inside)]);
    give(chunk);
    chunk.fill(0);
    known.resolve(containerOfInspect(identity, inspected, 0));
    await settled();
    expect(events.map(({ process }) => process.commandLine)).toEqual(["a x", "b"]);
    expect(events[0]?.argument("filename")).toBe("/bin/a");
  });

  it("shows below whom a process was, though its parent became another program before anybody was asked", async () => {
    const { give } = await startBench();
    const shell = (pid: number, argv: readonly string[], ppid: number) => execution(argv, { pid, ppid });
    const events = give(shell(200, ["/bin/sh"], 1), shell(201, ["/bin/x"], 200), shell(200, ["/bin/y"], 1));
    expect(events.map(({ process }) => [process.name, process.parent?.name])).toEqual([
      ["sh", undefined],
      ["x", "sh"],
      ["y", undefined],
    ]);
  });

  it("has the names of a container's users from its first program on", async () => {
    const { give, events } = await startBench();
    const facts = { euid: 1000 };
    give(appears);
    await settled();
    give(execution(["/bin/a"], { ...inside, facts }));
    await settled();
    expect(events.map((event) => userNameOf(event, event.process.uid))).toEqual(["app"]);
  });

  it.each([
    ["the host's root", 5],
    ["the root of an engine in a mount namespace of its own", 7],
  ])("reads no names through a process that has %s", async (_, mountNamespace) => {
    const asked: number[] = [];
    const users = new UserNames({
      readBelow: async (pid) => {
        asked.push(pid);
        return { kind: "absent" };
      },
    });
    const { give } = await startBench({ users });
    give(appears, execution(["/sbin/init"], { pid: 1, ppid: 0, facts: { mountNamespace: 5 } }));
    give(execution(["runc", "create"], { pid: 40, facts: { mountNamespace } }));
    give(execution(["runc", "init"], { ...inside, pid: 50, ppid: 40, facts: { mountNamespace } }));
    give(execution(["/bin/a"], { ...inside, pid: 51, ppid: 40, facts: { mountNamespace: 6 } }));
    await settled();
    expect(new Set(asked)).toEqual(new Set([51]));
  });

  it.each([
    ["/usr/bin/lxc-start", "/lxc.payload.web"],
    ["crun", `/libpod_parent/libpod-${CONTAINER_ID}`],
  ])("takes a fork of %s for the host's until it executes something", async (runtime, path) => {
    const cgroupId = 5000;
    const { give, events } = await startBench();
    give(bytesOf("cgroup_mkdir", { cgroupId, sections: { path } }));
    await settled();
    const child = { cgroupId, pid: 301, ppid: 300 };
    give(execution([runtime, "web"], { pid: 300 }), bytesOf("clone", child), bytesOf("mount", child));
    give(execution(["/sbin/init"], child), bytesOf("mount", child));
    await settled();
    const mounts = events.filter(({ type }) => type === "mount");
    expect(mounts.map(({ container }) => container?.name)).toEqual([undefined, "web"]);
  });

  it.each([
    ["what restores processes", "criu", {}],
    ["a program in the container that has the name of a runtime", "crun", { cgroupId: 5000 }],
  ])("takes a fork of %s for the container's", async (_, runtime, where) => {
    const { give } = await startBench();
    give(bytesOf("cgroup_mkdir", { cgroupId: 5000, sections: { path: `/docker/${CONTAINER_ID}` } }));
    await settled();
    give(execution([runtime], { pid: 300, ...where }));
    await settled();
    const child = { cgroupId: 5000, pid: 301, ppid: 300 };
    const events = give(bytesOf("clone", child), bytesOf("mount", child));
    expect(events.map(({ container }) => container?.name)).toEqual(["web", "web"]);
  });

  it("does not wait for names longer than it has to", async () => {
    const users = new UserNames({ readBelow: () => new Promise(() => undefined) });
    const { give, events, sensor } = await startBench({ users });
    give(appears, execution(["/bin/a"], inside));
    await expect.poll(() => events.length, { timeout: 5000 }).toBe(1);
    await sensor.stop();
  });

  it("takes a process that nobody can look up any more for one of its parent's container", async () => {
    const { give } = await startBench();
    give(appears, execution(["/bin/a"], inside));
    await settled();
    const [child] = give(execution(["/bin/b"], { pid: 101, ppid: 100, cgroupId: 99_999 }));
    expect(child?.container?.name).toBe("web");
  });

  it("gives out what waits when it is stopped", async () => {
    const { give, events, sensor } = await startBench({
      details: { describe: () => new Promise(() => undefined) },
    });
    give(appears, execution(["/bin/a"], inside));
    await sensor.stop();
    expect(events.map(({ container }) => container?.described)).toEqual([false]);
  });

  it("shows no container without a name, even where too many events wait", async () => {
    const { give, events, sensor } = await startBench({
      details: { describe: () => new Promise(() => undefined) },
      maxHeldEvents: 2,
    });
    give(appears, ...Array.from({ length: 5 }, () => bytesOf("unlink", inside)));
    expect(events.map(({ container }) => [container?.name, container?.described])).toEqual(
      Array.from({ length: 5 }, () => ["c0ffee000000", false]),
    );
    expect(events.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
    expect(sensor.counters.held.overflowed).toBe(1);
    await sensor.stop();
  });

  it("puts the records of several lanes in their order", async () => {
    const { give, events } = await startBench({ mergeWindowMs: 10 });
    const at = (timeNs: number, pid: number) => bytesOf("unlink", { timeNs, pid });
    give(at(10e6, 3), at(20e6, 5));
    give(at(12e6, 4), at(40e6, 6));
    give(at(60e6, 7));
    expect(events.map(({ process }) => process.pid)).toEqual([3, 4, 5, 6]);
  });

  it("counts what came too late for its place, and tells it all the same", async () => {
    const { give, events, sensor } = await startBench({ mergeWindowMs: 1 });
    give(bytesOf("unlink", { timeNs: 10e6 }), bytesOf("unlink", { timeNs: 20e6 }));
    give(bytesOf("unlink", { timeNs: 5e6 }), bytesOf("unlink", { timeNs: 30e6 }));
    expect(events).toHaveLength(3);
    expect(sensor.counters.late).toBe(1);
  });

  it("gives out nothing that nobody wants, and keeps its tables by it", async () => {
    const { give, sensor } = await startBench();
    sensor.want(["unlink"]);
    expect(give(execution(["/bin/a"])).length).toBe(0);
    expect(give(bytesOf("unlink"))[0]?.process.name).toBe("a");
    expect(sensor.counters.unwanted).toBe(1);
  });

  it("counts kinds that it does not know, and what the kernel's side left out", async () => {
    const { give, notices, sensor } = await startBench();
    const unknown = bytesOf("unlink");
    unknown.writeUInt16LE(199, 4);
    give(unknown, bytesOf("suppressed", { pid: 0, cgroupId: 5, sections: { number0: 17, number1: 8 } }));
    expect(sensor.counters).toMatchObject({ unknownKinds: 1, suppressed: 17, events: 0 });
    expect(notices.map(({ kind }) => kind)).toEqual(["suppressed"]);
  });

  it("tells a listed peer with its container and process", async () => {
    const { give, notices } = await startBench();
    give(
      appears,
      execution(["/bin/a"], inside),
      bytesOf("channel", { ...inside, sections: { number0: 77, number1: 1 } }),
    );
    expect(notices[0]).toMatchObject({ kind: "channel", container: { identity }, process: { name: "a" } });
  });

  it("forgets processes when the source begins anew, and keeps containers", async () => {
    const { give, source, sensor } = await startBench();
    give(appears, execution(["/bin/a"], inside));
    await settled();
    source.beginAnew();
    const [after] = give(bytesOf("unlink", inside));
    expect([after?.process.name, after?.tracked?.identity.id]).toEqual(["", CONTAINER_ID]);
    expect(sensor.counters.begins).toBe(2);
  });
});

describe("kindsOf", () => {
  it("has what was asked for and what keeps the tables", () => {
    const kinds = kindsOf(["openat", "container"]);
    expect(kinds).toContain(wireKinds.openat);
    expect(kinds).toContain(wireKinds.procexit);
    expect(kinds).not.toContain(wireKinds.unlink);
  });

  it("tells packets by their container at once, and those that were left out apart from events", async () => {
    const told: unknown[] = [];
    const { give, events, notices, sensor } = await startBench({
      onPacket: ({ bytes, ...packet }) => void told.push({ ...packet, bytes: bytes.toString() }),
      onPacketsLeftOut: (...leftOut) => void told.push(leftOut),
    });
    give(appears);
    const packet = (cgroupId: number, direction: bigint) =>
      bytesOf("packet", {
        cgroupId,
        pid: 0,
        // Read later than all else, and so of a time that is over.
        timeNs: 1e9,
        sections: { number0: 1500n, number1: direction, data: Buffer.from("E..") },
      });
    const leftOut = { number0: 7n, number1: BigInt(wireKinds.packet) };
    give(
      execution(["/bin/a"], { ...inside, timeNs: 20e9 }),
      packet(CONTAINER_CGROUP, 1n),
      packet(CONTAINER_CGROUP, 2n),
      packet(99, 1n),
      bytesOf("suppressed", { cgroupId: CONTAINER_CGROUP, timeNs: 20e9, sections: leftOut }),
    );
    await settled();
    const sent = { containerId: CONTAINER_ID, timeNs: 1e9, direction: "sent", length: 1500, bytes: "E.." };
    expect(told).toEqual([sent, { ...sent, direction: "received" }, [CONTAINER_ID, 7]]);
    expect(events.map(({ type }) => type)).toEqual(["execve"]);
    expect(notices).toEqual([]);
    expect(sensor.counters).toMatchObject({
      packets: 3,
      unattributedPackets: 1,
      suppressed: 0,
      late: 0,
      unknownKinds: 0,
    });
  });
});
