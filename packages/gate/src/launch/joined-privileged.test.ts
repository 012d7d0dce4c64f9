import { expect, it } from "vitest";
import type { Fields } from "../json-fields.ts";
import { privilegedAmong, sharedWith } from "./joined-privileged.ts";
import type { LaunchContext } from "./launch-context.ts";

const SOCKET = "/var/run/docker.sock";

function container(hostConfig: Fields, mounts: readonly Fields[] = []): Fields {
  return { HostConfig: hostConfig, Mounts: mounts };
}

const containers: Readonly<Record<string, Fields>> = {
  plain: container({ CapAdd: ["NET_ADMIN"] }),
  privileged: container({ Privileged: true }),
  all: container({ CapAdd: ["all"] }),
  tracer: container({ CapAdd: ["CAP_SYS_PTRACE"] }),
  socket: container({}, [{ Type: "bind", Source: SOCKET, Destination: SOCKET }]),
  beside: container({ NetworkMode: "container:privileged" }),
  heir: container({ VolumesFrom: ["beside:ro"] }),
  left: container({ PidMode: "container:right" }),
  right: container({ IpcMode: "container:left" }),
};

const context: LaunchContext = {
  view: {
    inspectImage: async () => undefined,
    inspectContainer: async (name) => containers[name],
    inspectNewContainer: async (id) => containers[id],
    inspectVolume: async () => undefined,
    inspectNetwork: async () => undefined,
    inspectExec: async () => undefined,
    inspectService: async () => undefined,
    cgroupVersion: async () => "2",
    containerdImageStore: async () => false,
    dataRoot: async () => "/var/lib/docker",
  },
  paths: { resolve: (path) => path, kind: () => "nothing", isExchangeable: () => false },
  engineSockets: [],
};

it.each([
  ["what has no more than a container has", "plain", []],
  ["what is privileged", "privileged", ["privileged"]],
  ["what has every capability", "all", ["all"]],
  ["what may look into other processes", "tracer", ["tracer"]],
  ["what controls the engine", "socket", ["socket"]],
  ["what shares with one that is privileged", "beside", ["privileged"]],
  ["what inherits from one that shares with one", "heir", ["privileged"]],
  ["what there is not", "gone", []],
  ["a ring, which ends", "left", []],
])("finds privileges beside %s", async (_, name, expected) => {
  expect(await privilegedAmong([name], context)).toEqual(expected);
});

it.each(["PidMode", "IpcMode", "NetworkMode", "UTSMode", "UsernsMode", "CgroupnsMode", "Cgroup"])(
  "sees who is joined by %s",
  (mode) => {
    expect(sharedWith({ [mode]: "container:other" })).toEqual(["other"]);
    expect(sharedWith({ [mode]: "host" })).toEqual([]);
  },
);

it("sees whose volumes are taken, each container once", () => {
  expect(sharedWith({ VolumesFrom: ["a:ro", "b", "a"], PidMode: "container:b" })).toEqual(["b", "a"]);
});

it("reads no more containers than a launch may name", async () => {
  const endless: LaunchContext = {
    ...context,
    view: {
      ...context.view,
      inspectContainer: async (name) => container({ PidMode: `container:${Number(name) + 1}` }),
    },
  };
  await expect(privilegedAmong(["0"], endless)).rejects.toMatchObject({ code: "LAUNCH_UNREADABLE" });
});
