import type {
  Detection,
  EventType,
  Priority,
  RuntimeContainer,
  RuntimeEvent,
  RuntimeProcess,
} from "@pratique/core";
import { image } from "./arbitrary-profile.ts";

export const container: RuntimeContainer = {
  id: "c0ffee".padEnd(64, "0"),
  runtime: "docker",
  name: "shop",
  image: "shop:1",
  imageId: image,
  privileged: false,
  labels: {},
  mounts: [{ source: "/srv/data", target: "/data", readOnly: false }],
  createdAt: 0,
};

const shim: RuntimeProcess = {
  pid: 900,
  vpid: 900,
  parent: undefined,
  name: "containerd-shim",
  exe: "containerd-shim",
  exePath: "/usr/bin/containerd-shim-runc-v2",
  args: [],
  cwd: "/",
  uid: 0,
  startedAt: 1,
};

/** The first process of the container. */
export const main: RuntimeProcess = {
  ...shim,
  pid: 1000,
  vpid: 1,
  parent: shim,
  name: "app",
  exe: "app",
  exePath: "/bin/app",
};

export function processOf(parts: Partial<RuntimeProcess>): RuntimeProcess {
  const exePath = parts.exePath ?? "/bin/sh";
  const name = exePath.slice(exePath.lastIndexOf("/") + 1);
  return { pid: 1001, vpid: 7, parent: main, name, exe: name, exePath, args: [], cwd: "/", uid: 0, startedAt: 2, ...parts };
}

let number = 0;

export function eventOf(type: EventType, parts: Partial<RuntimeEvent> = {}): RuntimeEvent {
  number += 1;
  return {
    number,
    type,
    time: 1000,
    container,
    process: main,
    result: 0,
    path: undefined,
    resolvedPath: undefined,
    protocol: undefined,
    local: undefined,
    remote: undefined,
    arguments: {},
    ...parts,
  };
}

export function executionOf(exePath: string, parts: Partial<RuntimeEvent> = {}): RuntimeEvent {
  return eventOf("execve", { process: processOf({ exePath }), ...parts });
}

export function writeOf(path: string, parts: Partial<RuntimeEvent> = {}): RuntimeEvent {
  return eventOf("openat", { path, resolvedPath: path, result: 3, arguments: { flags: "O_CREAT|O_WRONLY" }, ...parts });
}

export function connectionOf(address: string, port = 443, parts: Partial<RuntimeEvent> = {}): RuntimeEvent {
  return eventOf("connect", { protocol: "tcp", remote: { address, port }, ...parts });
}

export function detectionOf(priority: Priority, pid: number, time = 1000): Detection {
  return {
    id: "1",
    rule: "Something bad",
    description: "",
    priority,
    tags: [],
    time: new Date(time).toISOString(),
    eventType: "execve",
    output: "",
    fields: {},
    matched: [],
    container,
    processes: [{ pid, name: "sh", exePath: "/bin/sh", commandLine: "sh", user: "root" }],
    action: undefined,
    outcome: "none",
    suppressed: 0,
  };
}
