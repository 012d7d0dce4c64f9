import { readFileSync } from "node:fs";
import type { ContainerRuntimeReport } from "@pratique/api";
import { hasCode, redactCommandLine } from "@pratique/core";
import { type FlowSocket, ProcKernel } from "@pratique/response";
import { containerOfProcess, type Sensor, type TrackedProcess } from "@pratique/sensor";
import type { Activity, Rates } from "./activity.ts";
import { userMappingOf } from "./user-mapping.ts";

const MAX_PROCESSES = 512;
const MAX_LISTENING = 256;
const MAX_ARGUMENT = 2048;
/** Of one container: a workload that makes networks of its own must not keep the agent reading. */
const MAX_NETWORKS = 16;

/** Stands for whatever is in no container. */
const HOST = "";
const NO_RATES: Rates = { execs: 0, opens: 0, connects: 0, events: 0, suppressed: 0 };

export interface SnapshotSources {
  readonly sensor: Sensor;
  readonly activity: Activity;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** What goes on in each container, as it is told to the server and shown on the terminal. */
export async function snapshotContainers(
  sources: SnapshotSources,
): Promise<readonly ContainerRuntimeReport[]> {
  const kernel = new ProcKernel();
  const { processes, sharedNetworks } = lookAtProcesses(sources.sensor, kernel);
  const reports: ContainerRuntimeReport[] = [];
  for (const { identity, details } of sources.sensor.containers.all()) {
    const own = processes.get(identity.id) ?? [];
    if (details === undefined || own.length === 0) continue;
    const listening = await listeningOf(own, { kernel, sharedNetworks, signal: sources.signal });
    reports.push(snapshotOf({ id: identity.id, imageId: details.imageId, own, listening }, sources));
  }
  return reports;
}

interface Seen {
  readonly id: string;
  readonly imageId: string | undefined;
  readonly own: readonly TrackedProcess[];
  readonly listening: readonly Listening[];
}

function snapshotOf(
  { id: containerId, imageId, own, listening }: Seen,
  { sensor, activity, now }: SnapshotSources,
): ContainerRuntimeReport {
  const accounts = sensor.context.users.of(containerId, imageId);
  const pids = new Set(own.map(({ pid }) => pid));
  const mapping = userMappingOf(own[0]?.pid ?? 0);
  const seen = activity.of(containerId);
  return {
    containerId,
    takenAt: new Date(now()).toISOString(),
    processes: own.slice(0, MAX_PROCESSES).map((process) => ({
      pid: process.pid,
      ppid: pids.has(process.parent?.pid ?? 0) ? (process.parent?.pid ?? 0) : 0,
      name: process.name,
      exePath: process.exePath,
      commandLine: redactCommandLine(process.exe || process.name, process.args).slice(0, MAX_ARGUMENT),
      user: userNameOf(mapping(process.facts.euid), process.facts.euid, accounts.users),
      startedAt: new Date(process.startedAt).toISOString(),
    })),
    listening: listening.slice(0, MAX_LISTENING),
    flows: [...(seen?.flows.values() ?? [])],
    written: [...(seen?.written.values() ?? [])],
    rates: seen?.rates(now()) ?? NO_RATES,
    leftOut: Math.max(0, own.length - MAX_PROCESSES) + Math.max(0, listening.length - MAX_LISTENING),
  };
}

/** As the container calls its user, or by the number that the host knows where it has none for it. */
function userNameOf(
  uid: number | undefined,
  hostUid: number,
  users: ReadonlyMap<number, { readonly name: string }>,
): string {
  if (uid === undefined) return `${hostUid} of the host`;
  return users.get(uid)?.name ?? String(uid);
}

interface ProcessesSeen {
  readonly processes: ReadonlyMap<string, readonly TrackedProcess[]>;
  /** Networks that a container has not to itself: others are in them, or the host is. */
  readonly sharedNetworks: ReadonlySet<string>;
}

/** By the kernel's own word: a process may have been moved since it was told. */
function lookAtProcesses(sensor: Sensor, kernel: ProcKernel): ProcessesSeen {
  const processes = new Map<string, TrackedProcess[]>();
  const ownerOf = new Map<string, string>();
  const sharedNetworks = new Set<string>();
  for (const process of sensor.processes.living()) {
    const id = containerOfProcess(cgroupsOf(process.pid))?.id;
    const network = networkOf(process.pid, kernel);
    if (network !== undefined) {
      const owner = ownerOf.get(network);
      ownerOf.set(network, id ?? HOST);
      if (owner !== undefined && owner !== (id ?? HOST)) sharedNetworks.add(network);
    }
    if (id === undefined) continue;
    const known = processes.get(id);
    if (known === undefined) processes.set(id, [process]);
    else known.push(process);
  }
  return { processes, sharedNetworks };
}

function cgroupsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, "utf8");
  } catch {
    // It has ended.
    return "";
  }
}

type Listening = ContainerRuntimeReport["listening"][number];

interface ListeningSources {
  readonly kernel: ProcKernel;
  readonly sharedNetworks: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

/** In a network of its own whatever listens is the container's; elsewhere it is asked who holds it. */
async function listeningOf(
  own: readonly TrackedProcess[],
  { kernel, sharedNetworks, signal }: ListeningSources,
): Promise<readonly Listening[]> {
  const found = new Map<string, Listening>();
  try {
    for (const [network, pids] of byNetwork(own, kernel)) {
      const sockets = await kernel.networkSockets(pids[0] ?? 0, signal);
      const held = sharedNetworks.has(network) ? await kernel.socketsHeldBy(pids, signal) : undefined;
      for (const socket of sockets) {
        if (held !== undefined && !held.has(socket.inode)) continue;
        for (const each of listeningIn(socket)) found.set(JSON.stringify(each), each);
      }
    }
  } catch {
    // The container has ended, or has more sockets than are read.
    return [];
  }
  return [...found.values()];
}

/** A snapshot shows what can be seen: one process that cannot be looked at takes nothing from the others. */
function networkOf(pid: number, kernel: ProcKernel): string | undefined {
  try {
    return kernel.networkOf(pid);
  } catch (thrown) {
    if (!hasCode(thrown, "FLOWS_UNREADABLE")) throw thrown;
    return undefined;
  }
}

/** A process of a container may have gone into a network of its own. */
function byNetwork(
  own: readonly TrackedProcess[],
  kernel: ProcKernel,
): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>();
  for (const { pid } of own) {
    const network = networkOf(pid, kernel);
    if (network === undefined) continue;
    const known = found.get(network);
    if (known !== undefined) known.push(pid);
    else if (found.size < MAX_NETWORKS) found.set(network, [pid]);
  }
  return found;
}

function listeningIn({ table, state, localAddress, localPort }: FlowSocket): readonly Listening[] {
  const protocol = table.startsWith("tcp") ? "tcp" : table.startsWith("udp") ? "udp" : undefined;
  if (protocol === undefined) return [];
  const listens = protocol === "tcp" ? state === "listen" : state === "close";
  return listens ? [{ protocol, address: localAddress, port: localPort }] : [];
}
