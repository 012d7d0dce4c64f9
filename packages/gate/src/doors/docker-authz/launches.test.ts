import type { Launch, LaunchMount } from "@pratique/core";
import { anything, assert, asyncProperty, constantFrom, dictionary, oneof, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { GateError } from "../../errors.ts";
import type { Fields } from "../../json-fields.ts";
import { type EngineContent, IMAGE, PATHS, viewOf } from "../../testdata/ports.ts";
import { launchFromCreate } from "./launch-from-create.ts";
import { execFromCreate, execFromInspect, execLaunch } from "./launch-from-exec.ts";
import { launchFromInspect } from "./launch-from-inspect.ts";
import { launchFromService } from "./launch-from-service.ts";

const TRAP = { driver: "local", options: { type: "none", o: "bind", device: "/link/x" } };
const ENGINE: EngineContent = {
  volumes: { trap: TRAP, plain: { driver: "local", options: {} } },
  containers: {
    host: { HostConfig: { PidMode: "host", NetworkMode: "container:chain" } },
    chain: { HostConfig: { NetworkMode: "host" } },
    loop: { HostConfig: { IpcMode: "container:loop" } },
    binder: { Mounts: [{ Type: "bind", Source: "/link", Destination: "/b", RW: true }] },
  },
  networks: {
    n1: { Name: "host", Driver: "host" },
    n2: { Name: "web", Driver: "overlay" },
    "0d8be": { Name: "host", Driver: "host" },
  },
};

const context = { view: viewOf(ENGINE), paths: PATHS, engineSockets: ["/opt/own/docker.sock", "/mnt/own"] };

async function created(body: Fields): Promise<Launch> {
  const words = { body, name: "n", caller: "ann", imageConfig: IMAGE.config, rootAccounts: ["toor"] };
  return launchFromCreate(words, context);
}

async function mounts(hostConfig: Fields): Promise<readonly LaunchMount[]> {
  const launch = await created({ HostConfig: hostConfig });
  return launch.mounts.filter(({ target }) => target !== "/data");
}

describe("a create", () => {
  it.each<readonly [hostConfig: Fields, expected: Partial<Launch>]>([
    [{ Privileged: true }, { privileged: true, selinuxDisabled: true }],
    [
      { CapAdd: ["cap_sys_admin", "ALL"], CapDrop: ["Chown"] },
      { capAdd: ["SYS_ADMIN", "ALL"], capDrop: ["CHOWN"] },
    ],
    [{ PidMode: "host", UTSMode: "host" }, { hostNamespaces: ["pid", "uts"] }],
    [{ PidMode: "container:host" }, { hostNamespaces: ["pid"], joinedContainers: ["host"] }],
    [{ NetworkMode: "container:host" }, { hostNamespaces: ["network"] }],
    [{ IpcMode: "container:loop" }, { hostNamespaces: ["ipc"] }],
    [{ PidMode: "container:gone" }, { hostNamespaces: [], joinedContainers: ["gone"] }],
    [{ CgroupnsMode: "host", UsernsMode: "host" }, { hostNamespaces: ["user", "cgroup"] }],
    [{ SecurityOpt: ["seccomp=unconfined"] }, { seccomp: "unconfined" }],
    [{ SecurityOpt: ["seccomp:unconfined", "seccomp=builtin"] }, { seccomp: "default" }],
    [{ SecurityOpt: ['seccomp={"a":"b:c"}'] }, { seccomp: "custom" }],
    [{ SecurityOpt: ["apparmor:unconfined"] }, { apparmor: "unconfined" }],
    [{ SecurityOpt: ["apparmor=mine"] }, { apparmor: "custom" }],
    [{ SecurityOpt: ["label:disable"] }, { selinuxDisabled: true }],
    [{ SecurityOpt: ["disable"] }, { selinuxDisabled: true }],
    [{ SecurityOpt: ["label=type:spc_t"] }, { selinuxDisabled: true }],
    [{ SecurityOpt: ["label:type:unconfined_t"] }, { selinuxDisabled: true }],
    [{ SecurityOpt: ["label=type:container_runtime_t"] }, { selinuxDisabled: true }],
    [{ SecurityOpt: ["label=type:container_init_t", "label=level:s0:c1"] }, { selinuxDisabled: false }],
    [{ SecurityOpt: ["label=type:my_app.process"] }, { selinuxDisabled: false }],
    [{ SecurityOpt: ['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}'] }, { seccomp: "unconfined" }],
    [{ SecurityOpt: ['seccomp:{"defaultAction":"SCMP_ACT_LOG"}'] }, { seccomp: "unconfined" }],
    [{ SecurityOpt: ['seccomp={"defaultaction":"SCMP_ACT_ALLOW"}'] }, { seccomp: "unconfined" }],
    [{ SecurityOpt: ['seccomp={"defaultAction":"SCMP_ACT_ERRNO"}'] }, { seccomp: "custom" }],
    [{ SecurityOpt: [String.raw`seccomp={"zz":0,"\\u0064efaultA":1}`] }, { seccomp: "custom" }],
    [
      { SecurityOpt: [String.raw`seccomp={"zz":0,"\u0064efaultAction":"SCMP_ACT_ALLOW"}`] },
      { seccomp: "unconfined" },
    ],
    [{ SecurityOpt: ["no-new-privileges"] }, { noNewPrivileges: true }],
    [{ SecurityOpt: ["no-new-privileges=true", "no-new-privileges:false"] }, { noNewPrivileges: false }],
    [{ MaskedPaths: [] }, { unmaskedPaths: true }],
    [{ ReadonlyPaths: ["/proc/sys"] }, { unmaskedPaths: true }],
    [{ MaskedPaths: null }, { unmaskedPaths: false }],
    [
      { DeviceRequests: [{ Driver: "cdi", DeviceIDs: ["a"] }, { Capabilities: [["gpu"]] }] },
      { deviceRequests: ["cdi", "gpu"] },
    ],
    [{ Devices: [{ PathOnHost: "/link/disk" }] }, { devices: ["/etc/disk"] }],
    [{ VolumesFrom: ["binder:ro"] }, { volumesFrom: ["binder"] }],
    [
      { Memory: 64, PidsLimit: -1, CpuQuota: 50_000 },
      { memoryLimitBytes: 64, pidsLimit: 0, cpuLimit: 0.5 },
    ],
    [
      { NanoCpus: 1_500_000_000, Memory: -1 },
      { cpuLimit: 1.5, memoryLimitBytes: 0 },
    ],
    [
      { RestartPolicy: { Name: "always" }, Runtime: "runsc" },
      { restartPolicy: "always", runtime: "runsc" },
    ],
    [
      { PortBindings: { "53/udp": [{ HostIp: "::", HostPort: "53" }, { HostPort: "8000-8001" }, {}] } },
      {
        ports: [
          { hostIp: "::", hostPort: 53, containerPort: 53, protocol: "udp" },
          { hostIp: "", hostPort: 8000, containerPort: 53, protocol: "udp" },
          { hostIp: "", hostPort: 8001, containerPort: 53, protocol: "udp" },
          { hostIp: "", hostPort: 0, containerPort: 53, protocol: "udp" },
        ],
      },
    ],
  ])("with %j is %j", async (hostConfig, expected) => {
    expect(await created({ HostConfig: hostConfig })).toMatchObject(expected);
  });

  it("is completed with what the image says", async () => {
    expect(await created({ Image: "app:1", Env: ["SECRET=1"], Labels: { own: "x" } })).toMatchObject({
      action: "create",
      name: "n",
      image: "app:1",
      user: "app",
      runsAsRoot: false,
      entrypoint: ["/entry"],
      command: ["serve"],
      environmentNames: ["PATH", "SECRET"],
      labels: { from: "image", own: "x" },
      caller: "ann",
      ranBefore: false,
    });
  });

  it.each([
    ["", false],
    ["root", true],
    ["0", true],
    ["0:1000", true],
    ["+00", true],
    ["-0", true],
    ["toor:x", true],
    ["10", false],
    ["rooty", false],
  ])("as user %j runs as root: %s", async (User, runsAsRoot) => {
    expect((await created({ User })).runsAsRoot).toBe(runsAsRoot);
  });

  it.each([
    ["/data/docker", "/data/docker/containers", true],
    ["/data/docker", "/data", true],
    ["/data/docker", "/data/dockers", false],
    ["/var/lib/docker", "/var/lib/docker/containers", false],
    ["/var/lib/docker/100000.100000", "/var/lib/docker/containers", false],
  ])(
    "where the engine keeps all in %s, control of it by %s is %s",
    async (dataRoot, source, engineSocket) => {
      const words = {
        body: { HostConfig: { Binds: [`${source}:/h`] } },
        name: "",
        caller: "",
        rootAccounts: [],
      };
      const view = viewOf({ ...ENGINE, dataRoot });
      const launch = await launchFromCreate({ ...words, imageConfig: undefined }, { ...context, view });
      expect(launch.mounts).toMatchObject([{ engineSocket }]);
    },
  );

  it("asks for the host's network by its name too", async () => {
    const launch = await created({ NetworkingConfig: { EndpointsConfig: { host: {} } } });
    expect(launch.hostNamespaces).toEqual(["network"]);
  });

  it("asks for the host's network by the beginning of its id too", async () => {
    const byId = await created({ HostConfig: { NetworkMode: "0d8be" } });
    expect(byId.hostNamespaces).toEqual(["network"]);
    const another = await created({ NetworkingConfig: { EndpointsConfig: { c0ffee: {} } } });
    expect(another.hostNamespaces).toEqual([]);
  });

  it.each([
    ["", "default namespace of cgroup v1"],
    ["host", "the same, asked for"],
  ])("does not count %j: %s", async (CgroupnsMode) => {
    const view = viewOf({ cgroupVersion: "1" });
    const words = {
      body: { HostConfig: { CgroupnsMode } },
      name: "",
      caller: "",
      imageConfig: undefined,
      rootAccounts: [],
    };
    expect((await launchFromCreate(words, { ...context, view })).hostNamespaces).toEqual([]);
  });

  it.each([["a:b:c:d"], [":/x"], ["/x:"]])("is refused with the bind %j", async (bind) => {
    await expect(mounts({ Binds: [bind] })).rejects.toMatchObject({ code: "LAUNCH_UNREADABLE" });
  });

  it.each(["x", "2-1", "70000", "1-", "-1"])("is refused with the host port %j", async (HostPort) => {
    const asked = mounts({ PortBindings: { "1/tcp": [{ HostPort }] } });
    await expect(asked).rejects.toMatchObject({ code: "LAUNCH_UNREADABLE" });
  });
});

describe("a mount", () => {
  const volume = (Options: Record<string, string>, Name = "local") => ({
    Mounts: [{ Type: "volume", Target: "/t", VolumeOptions: { DriverConfig: { Name, Options } } }],
  });

  it.each<readonly [hostConfig: Fields, expected: Partial<LaunchMount>]>([
    [
      { Binds: ["/srv:/t:ro,rslave"] },
      { kind: "bind", source: "/srv", readOnly: true, propagation: "rslave" },
    ],
    [{ Binds: ["/link/shadow:/t"] }, { kind: "bind", source: "/etc/shadow", engineSocket: false }],
    [{ Binds: ["/link/a:/t"] }, { exchangeable: true }],
    [{ Binds: ["/srv:/t"] }, { exchangeable: false }],
    [volume({ type: "none", o: "bind", device: "/link/a" }), { device: "/etc/a", exchangeable: true }],
    [volume({ type: "ext4", device: "/dev/sdz" }), { device: "/dev/sdz", exchangeable: false }],
    [{ Binds: ["/:/t"] }, { source: "/", engineSocket: true }],
    [{ Binds: ["/var/run:/t"] }, { engineSocket: true }],
    [{ Binds: ["/run/user/1000:/t"] }, { engineSocket: true }],
    [{ Binds: ["/opt:/t"] }, { engineSocket: true }],
    [{ Binds: ["/opt/own/docker.sock:/t"] }, { engineSocket: true }],
    [{ Binds: ["/anywhere/podman.sock:/t"] }, { engineSocket: true }],
    [{ Binds: ["/optional:/t"] }, { engineSocket: false }],
    [{ Binds: ["/mnt/own:/t:ro"] }, { engineSocket: true }],
    [{ Binds: ["/mnt/own/gate/state.json:/t"] }, { engineSocket: true }],
    [{ Binds: ["/mnt:/t"] }, { engineSocket: true }],
    [{ Binds: ["/mnt/owner:/t"] }, { engineSocket: false }],
    [{ Binds: ["trap:/t"] }, { kind: "volume", source: "trap", device: "/etc/x" }],
    [{ Binds: ["plain:/t"] }, { kind: "volume", source: "plain", device: "" }],
    [{ Mounts: [{ Type: "volume", Source: "trap", Target: "/t" }] }, { device: "/etc/x" }],
    [{ Mounts: [{ Type: "bind", Source: "/run", Target: "/t/../t" }] }, { target: "/t", engineSocket: true }],
    [{ Mounts: [{ Type: "image", Source: "other:1", Target: "/t" }] }, { kind: "image", source: "other:1" }],
    [{ Mounts: [{ Type: "novel", Source: "/x", Target: "/t" }] }, { kind: "other" }],
    [{ Tmpfs: { "/t": "exec" } }, { kind: "tmpfs", target: "/t" }],
    [volume({ type: "none", o: "rw,bind", device: "/etc" }), { kind: "volume", device: "/etc" }],
    [volume({ o: "rbind", device: "/run" }), { device: "/run", engineSocket: true }],
    [volume({ type: "tmpfs", o: "bind", device: "/etc" }), { device: "/etc" }],
    [volume({ type: "tmpfs", device: "tmpfs" }), { device: "" }],
    [volume({ type: "nfs", o: "addr=10.0.0.1", device: ":/export" }), { device: "" }],
    [volume({ type: "cifs", device: "//server/share" }), { device: "" }],
    [volume({ type: "ext4", device: "/dev/sda1" }), { device: "/dev/sda1" }],
    [volume({ type: "proc", device: "proc" }), { device: "/proc" }],
    [volume({ type: "devtmpfs", device: "x" }), { device: "/dev" }],
    [volume({ type: "overlay", o: "lowerdir=/etc", device: "overlay" }), { device: "/etc" }],
    [volume({ mountpoint: "/etc" }, "local-persist"), { device: "/etc" }],
    [{ VolumesFrom: ["binder"] }, { kind: "bind", source: "/etc", target: "/b", readOnly: false }],
    [{ VolumesFrom: ["binder:ro"] }, { source: "/etc", readOnly: true }],
  ])("of %j is %j", async (hostConfig, expected) => {
    expect(await mounts(hostConfig)).toEqual([expect.objectContaining(expected)]);
  });

  it.each<readonly [options: Record<string, string>]>([
    [{ type: "ext4", device: "../../dev/vda" }],
    [{ type: "ext4", device: "dev/vda" }],
    [{ type: "none", o: "bind", device: "../../etc" }],
    [{ type: "tmpfs", o: "rbind", device: "etc" }],
    [{ type: "none", o: "bind", device: "" }],
    [{ type: "overlay", o: "lowerdir=../../etc:../../root", device: "overlay" }],
    [{ type: "overlay", o: "lowerdir=/srv:etc", device: "overlay" }],
    [{ type: "overlay", o: "lowerdir+=etc", device: "overlay" }],
    [{ type: "overlay", o: "lowerdir=/\\etc", device: "overlay" }],
    [{ type: "overlay", device: "overlay" }],
    [{ type: "novel", o: "root=../etc", device: "/srv" }],
  ])("of a volume with %j is refused, whatever the engine was started in", async (options) => {
    await expect(mounts(volume(options))).rejects.toMatchObject({ code: "LAUNCH_UNREADABLE" });
  });

  it.each<readonly [options: Record<string, string>, devices: readonly string[]]>([
    [{ type: "overlay", o: "lowerdir=/a:/b,upperdir=/c", device: "overlay" }, ["/a", "/b", "/c"]],
    [
      { type: "overlay", o: "lowerdir+=/a,lowerdir+=/etc,datadir+=/root", device: "overlay" },
      ["/a", "/etc", "/root"],
    ],
    [{ type: "novel", o: "base=/etc", device: "/dev/x" }, ["/dev/x", "/etc"]],
    [{ type: "ext4", device: "/srv/node" }, ["/srv/node", "/dev"]],
    [{ type: "none", o: "bind", device: "/srv/../etc" }, ["/etc"]],
    [{ o: "size=10m" }, [""]],
    [{ type: "ceph", o: "secret=a/b==", device: "10.0.0.1:/" }, [""]],
  ])("of a volume with %j reaches %j", async (options, devices) => {
    const found = await mounts(volume(options));
    expect(found.map(({ device }) => device)).toEqual(devices);
  });

  it.each<readonly [what: string, hostConfig: (count: number) => Fields]>([
    ["mounts", (count) => ({ Binds: Array.from({ length: count }, (_unused, at) => `/srv:/t${at}`) })],
    ["containers", (count) => ({ VolumesFrom: Array.from({ length: count }, () => "binder") })],
  ])("is one of 512 %s at most; a launch with more is refused", async (_what, hostConfig) => {
    expect((await mounts(hostConfig(511))).length).toBe(511);
    await expect(mounts(hostConfig(513))).rejects.toMatchObject({ code: "LAUNCH_UNREADABLE" });
  });
});

const CONTAINER: Fields = {
  Id: "1".repeat(64),
  Name: "/web",
  Image: IMAGE.id,
  Config: { Image: "app:1", User: "app", Cmd: ["serve"] },
  HostConfig: { Binds: ["/srv:/s"], CgroupnsMode: "private" },
  NetworkSettings: { Networks: { bridge: {} } },
  State: { StartedAt: "2026-01-01T00:00:00Z" },
  Mounts: [
    { Type: "bind", Source: "/srv", Destination: "/s", RW: true },
    { Type: "bind", Source: "/run", Destination: "/inherited", RW: false },
    {
      Type: "volume",
      Name: "trap",
      Source: "/var/lib/docker/volumes/trap/_data",
      Destination: "/v",
      RW: true,
    },
  ],
};

async function inspected(container: Fields): Promise<Launch> {
  return launchFromInspect({ container, caller: "", rootAccounts: ["toor"] }, context);
}

describe("a start", () => {
  it("is read from what the engine says, inherited mounts and volumes included", async () => {
    const launch = await inspected(CONTAINER);
    expect(launch).toMatchObject({
      action: "start",
      name: "web",
      image: "app:1",
      ranBefore: true,
      hostNamespaces: [],
    });
    expect(launch.mounts).toEqual([
      expect.objectContaining({ source: "/srv", readOnly: false }),
      expect.objectContaining({ source: "/run", readOnly: true, engineSocket: true }),
      expect.objectContaining({ kind: "volume", source: "trap", device: "/etc/x" }),
    ]);
  });

  it.each([
    ["app", "/gone", false],
    ["app", "/upper", true],
    ["app:app", "/link", true],
    ["1000:app", "/upper", false],
    ["app", "", false],
  ])(
    "as %s with what was changed in %j runs as root, for all that is known: %s",
    async (User, UpperDir, runsAsRoot) => {
      const launch = await inspected({ ...CONTAINER, Config: { User }, GraphDriver: { Data: { UpperDir } } });
      expect(launch.runsAsRoot).toBe(runsAsRoot);
    },
  );

  it("has what it inherits where a tmpfs is asked for", async () => {
    const launch = await inspected({ ...CONTAINER, HostConfig: { Tmpfs: { "/inherited": "" } } });
    expect(launch.mounts.map(({ kind, source }) => `${kind} ${source}`)).toContain("bind /run");
  });

  it("is the first where the container never ran", async () => {
    const launch = await inspected({ ...CONTAINER, State: { StartedAt: "0001-01-01T00:00:00Z" } });
    expect(launch.ranBefore).toBe(false);
  });
});

describe("a command in a container", () => {
  it.each<readonly [body: Fields, expected: Partial<Launch>]>([
    [
      { Cmd: ["id"], Env: ["A=1"] },
      { user: "app", runsAsRoot: false, command: ["id"], environmentNames: ["A"], ranBefore: true },
    ],
    [
      { Cmd: ["id"], Privileged: true },
      { privileged: true, ranBefore: false },
    ],
    [
      { Cmd: ["id"], User: "toor" },
      { runsAsRoot: true, ranBefore: false },
    ],
  ])("with %j is %j", async (body, expected) => {
    const launch = execLaunch(await inspected(CONTAINER), execFromCreate(body), ["toor"]);
    expect(launch).toMatchObject({ action: "exec", ...expected });
  });

  it("is read from the engine's own view when it starts", () => {
    const process = { entrypoint: "sh", arguments: ["-c", "id"], privileged: true, user: "0" };
    expect(execFromInspect({ ProcessConfig: process })).toEqual({
      user: "0",
      privileged: true,
      command: ["sh", "-c", "id"],
      environmentNames: [],
    });
  });
});

it.each<readonly [task: Fields, expected: Partial<Launch>]>([
  [
    { ContainerSpec: { Image: "app:1", CapabilityAdd: ["CAP_SYS_ADMIN"] } },
    { image: "app:1", user: "app", capAdd: ["SYS_ADMIN"] },
  ],
  [{ ContainerSpec: { Privileges: { Seccomp: { Mode: "unconfined" } } } }, { seccomp: "unconfined" }],
  [
    { ContainerSpec: { Privileges: { Seccomp: { Mode: "custom", Profile: "e30=" } } } },
    { seccomp: "custom" },
  ],
  [{ ContainerSpec: { Privileges: { AppArmor: { Mode: "disabled" } } } }, { apparmor: "unconfined" }],
  [{ ContainerSpec: { Privileges: { SELinuxContext: { Disable: true } } } }, { selinuxDisabled: true }],
  [{ ContainerSpec: { Privileges: { SELinuxContext: { Type: "spc_t" } } } }, { selinuxDisabled: true }],
  [{ ContainerSpec: { Privileges: { NoNewPrivileges: true } } }, { noNewPrivileges: true }],
  [{ Networks: [{ Target: "n2" }, { Target: "n1" }] }, { hostNamespaces: ["network"] }],
  [{ Networks: [{ Target: "n2" }] }, { hostNamespaces: [] }],
  [
    { Resources: { Limits: { MemoryBytes: 5, NanoCPUs: 2e9, Pids: 7 } } },
    { memoryLimitBytes: 5, cpuLimit: 2, pidsLimit: 7 },
  ],
])("a service of %j is %j", async (TaskTemplate, expected) => {
  const body = {
    Name: "s",
    TaskTemplate,
    EndpointSpec: { Ports: [{ TargetPort: 80, PublishedPort: 8080 }] },
  };
  const words = { body, caller: "", imageConfig: IMAGE.config, rootAccounts: [] };
  expect(await launchFromService(words, context)).toMatchObject({
    action: "service",
    name: "s",
    ports: [{ hostIp: "", hostPort: 8080, containerPort: 80, protocol: "tcp" }],
    ...expected,
  });
});

it("is read from any values, or refused with the gate's own error", async () => {
  const text = oneof(
    string(),
    constantFrom("a:b", "/x:/y:shared", "container:loop", "1-65535", "seccomp=", "/"),
  );
  const keys = constantFrom(
    "Binds",
    "Mounts",
    "PortBindings",
    "SecurityOpt",
    "VolumesFrom",
    "NetworkMode",
    "IpcMode",
    "Devices",
    "Tmpfs",
    "DeviceRequests",
    "CapAdd",
    "Sysctls",
    "MaskedPaths",
    "Memory",
    "RestartPolicy",
    "CpuQuota",
  );
  const value = anything({ key: oneof(keys, text), values: [text], maxDepth: 3, withBigInt: true });
  await assert(
    asyncProperty(dictionary(keys, value), dictionary(text, value), async (HostConfig, config) => {
      try {
        return (await created({ ...config, HostConfig })).action === "create";
      } catch (thrown) {
        return thrown instanceof GateError;
      }
    }),
    { numRuns: 500 },
  );
});
