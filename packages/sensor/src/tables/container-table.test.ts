import { describe, expect, it } from "vitest";
import { CONTAINER_CGROUP, CONTAINER_ID, fixedClock, inspected } from "../testdata/bench-sensor.ts";
import { recordOf } from "../testdata/records.ts";
import { ContainerTable, type ContainerTableOptions, type TrackedContainer } from "./container-table.ts";
import { containerOfBundle } from "./oci-bundle.ts";
import { containerOfInspect } from "./sensor-container.ts";

const path = `/docker/${CONTAINER_ID}`;
const identity = { id: CONTAINER_ID, runtime: "docker" } as const;

function tableOf(change: Partial<ContainerTableOptions> = {}): ContainerTable {
  return new ContainerTable({
    details: { describe: async (who) => containerOfInspect(who, inspected, 0) },
    clock: fixedClock,
    cgroupsOf: () => undefined,
    onDescribed: () => undefined,
    ...change,
  });
}

const mkdir = (cgroupId: number, at: string) =>
  recordOf("cgroup_mkdir", { cgroupId, sections: { path: at } });
const event = (cgroupId: number) => recordOf("unlink", { cgroupId });

describe("ContainerTable", () => {
  it("knows a container by its cgroup before a process of it runs, and then what it is", async () => {
    const described = Promise.withResolvers<TrackedContainer>();
    const table = tableOf({ onDescribed: described.resolve });
    table.track(mkdir(CONTAINER_CGROUP, path));
    expect(table.find(event(CONTAINER_CGROUP), 1)).toMatchObject({ identity, details: undefined });
    expect((await described.promise).details).toMatchObject({
      name: "web",
      image: "registry.test:5000/team/web:1.2",
    });
  });

  it("takes cgroups below a container for the same", () => {
    const table = tableOf();
    table.track(mkdir(CONTAINER_CGROUP, path));
    table.track(mkdir(4712, `${path}/worker`));
    expect(table.find(event(4712), 1)).toBe(table.find(event(CONTAINER_CGROUP), 1));
    expect(table.get(CONTAINER_ID)?.cgroupIds).toEqual(new Set([CONTAINER_CGROUP, 4712]));
  });

  it("still knows the last records of a container that is gone", () => {
    const table = tableOf();
    table.track(mkdir(CONTAINER_CGROUP, path));
    table.track(recordOf("cgroup_rmdir", { cgroupId: CONTAINER_CGROUP }));
    expect(table.find(event(CONTAINER_CGROUP), 1)?.identity).toEqual(identity);
    expect(table.get(CONTAINER_ID)).toBeUndefined();
  });

  it("knows the end of a container whose place others have taken", () => {
    const table = tableOf({ maxCgroups: 2 });
    table.track(mkdir(CONTAINER_CGROUP, path));
    for (const cgroupId of [50, 51]) table.track(mkdir(cgroupId, `/system.slice/${cgroupId}.service`));
    table.track(recordOf("cgroup_rmdir", { cgroupId: 50 }));
    expect(table.get(CONTAINER_ID)?.identity).toEqual(identity);
    table.track(recordOf("cgroup_rmdir", { cgroupId: CONTAINER_CGROUP }));
    expect(table.get(CONTAINER_ID)).toBeUndefined();
  });

  it("takes a cgroup of the host for the host's", () => {
    const table = tableOf();
    table.track(mkdir(50, "/system.slice/ssh.service"));
    expect(table.find(event(50), 1)).toBeNull();
    expect(table.counters).toMatchObject({ containers: 0, lookedUp: 0 });
  });

  it("lets no container push the others out by what it makes below itself", () => {
    const table = tableOf({ maxCgroups: 400 });
    const other = "b".repeat(64);
    table.track(mkdir(5, `/docker/${other}`));
    for (let id = 1000; id < 3000; id++) table.track(mkdir(id, `${path}/${id}`));
    expect(table.find(event(5), 1)?.identity.id).toBe(other);
    expect(table.counters.cgroups).toBeLessThan(300);
  });

  it("asks whose a cgroup is whose path does not show it", () => {
    const task = { id: "shop", runtime: "containerd", namespace: "default" } as const;
    const table = tableOf({
      taskOf: (cgroup) => (cgroup === "/default/shop" ? task : undefined),
      cgroupsOf: () => "0::/default/shop\n",
    });
    table.track(mkdir(60, "/default/shop"));
    table.track(mkdir(61, "/default/other"));
    expect(table.find(event(60), 1)?.identity).toEqual(task);
    expect(table.find(event(61), 1)).toBeNull();
    expect(table.find(event(62), 1)?.identity).toEqual(task);
  });

  it("looks up a cgroup that nobody told, once", () => {
    const table = tableOf({ cgroupsOf: () => `0::${path}\n` });
    expect(table.find(event(99), 1)?.identity).toEqual(identity);
    expect(table.find(event(99), 1)?.identity).toEqual(identity);
    expect(table.counters.lookedUp).toBe(1);
  });

  it("tells containers apart where the host has no hierarchy of version 2", () => {
    const table = tableOf({ cgroupsOf: (pid) => (pid === 7 ? `3:cpu:${path}\n` : "3:cpu:/\n") });
    expect(table.find(recordOf("unlink", { pid: 7, cgroupId: 1 }), 11)?.identity).toEqual(identity);
    expect(table.find(recordOf("unlink", { pid: 8, cgroupId: 1 }), 11)?.identity).toEqual(identity);
    expect(table.find(recordOf("unlink", { pid: 9, cgroupId: 1 }), 22)).toBeNull();
  });

  it("knows the end of a container there by that of all its namespaces", () => {
    const table = tableOf({ cgroupsOf: () => `3:cpu:${path}\n` });
    // The second one is of a process that began a namespace of its own in the container.
    for (const namespace of [11, 12]) table.find(recordOf("unlink", { pid: 7, cgroupId: 1 }), namespace);
    table.endNamespace(12);
    expect(table.get(CONTAINER_ID)?.identity).toEqual(identity);
    table.endNamespace(11);
    expect(table.get(CONTAINER_ID)).toBeUndefined();
    expect(table.find(recordOf("procexit", { pid: 8, cgroupId: 1 }), 11)?.identity).toEqual(identity);
    table.endNamespace(11);
  });

  it("takes no end of a namespace for that of a container with a cgroup", () => {
    const table = tableOf();
    table.track(mkdir(CONTAINER_CGROUP, path));
    table.endNamespace(11);
    expect(table.get(CONTAINER_ID)?.identity).toEqual(identity);
  });

  it.each([
    ["does not know it", async () => undefined],
    ["cannot be asked", async () => Promise.reject(new Error("no engine"))],
    ["does not answer in time", () => new Promise<undefined>(() => undefined)],
  ])("knows a container by its id where its runtime %s", async (_, describeIt) => {
    const described = Promise.withResolvers<TrackedContainer>();
    const table = tableOf({
      details: { describe: describeIt },
      onDescribed: described.resolve,
      deadlineMs: 5,
    });
    table.track(mkdir(CONTAINER_CGROUP, path));
    expect((await described.promise).details).toMatchObject({
      id: CONTAINER_ID,
      name: "c0ffee000000",
      described: false,
    });
    expect(table.counters.undescribed).toBe(1);
  });
});

describe("containerOfInspect", () => {
  it("reads what fields are made of", () => {
    expect(containerOfInspect(identity, inspected, 5)).toMatchObject({
      privileged: true,
      hostNetwork: true,
      hostPid: false,
      healthCheck: "curl localhost",
      createdAt: 1_001_000,
      startedAt: 1_002_000,
      mounts: [{ source: "/var/run/docker.sock", target: "/run/docker.sock", readOnly: true }],
    });
  });

  it("takes no earlier start for that of a container that is about to start", () => {
    const State = { Running: false, StartedAt: "1970-01-01T00:00:01Z" };
    expect(containerOfInspect(identity, { ...inspected, State }, 5000).startedAt).toBe(5000);
  });

  it.each([[undefined], [null], [[]], ["text"], [{ Config: [], Mounts: {}, State: 3, HostConfig: null }]])(
    "reads nothing out of %j, and does not throw",
    (answer) => {
      expect(containerOfInspect(identity, answer, 5)).toMatchObject({
        name: "c0ffee000000",
        image: "",
        createdAt: 5,
      });
    },
  );
});

describe("containerOfBundle", () => {
  const bundle = {
    ociVersion: "1.0.2",
    process: { env: ["A=b"], capabilities: { bounding: ["CAP_SYS_ADMIN"] } },
    annotations: { "io.kubernetes.cri.container-name": "web", "io.kubernetes.cri.image-name": "web:1" },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/data", type: "bind", source: "/srv", options: ["rbind", "ro"] },
    ],
    linux: { namespaces: [{ type: "pid" }, { type: "ipc" }], maskedPaths: [] },
  };

  it("reads name, image, mounts and what is shared with the host", () => {
    expect(containerOfBundle(identity, bundle, 5)).toMatchObject({
      name: "web",
      image: "web:1",
      privileged: true,
      hostNetwork: true,
      hostPid: false,
      mounts: [{ source: "/srv", target: "/data", readOnly: true }],
    });
  });

  it("takes no container with masked paths for privileged", () => {
    const linux = { ...bundle.linux, maskedPaths: ["/proc/kcore"] };
    expect(containerOfBundle(identity, { ...bundle, linux }, 5)?.privileged).toBe(false);
  });

  it("refuses what is no bundle", () => {
    expect(containerOfBundle(identity, { hello: 1 }, 5)).toBeUndefined();
  });
});
