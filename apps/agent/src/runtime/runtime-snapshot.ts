import { readFileSync } from "node:fs";
import type { ContainerRuntimeReport } from "@pratique/api";
import { type FlowSocket, ProcKernel } from "@pratique/response";
import { containerOfProcess, type Sensor, type TrackedProcess } from "@pratique/sensor";
import type { Activity, Rates } from "./activity.ts";
import { redactCommandLine } from "./redact-command-line.ts";

const MAX_PROCESSES = 512;
const MAX_LISTENING = 256;
const MAX_ARGUMENT = 2048;

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
  const processes = processesByContainer(sources.sensor);
  const reports: ContainerRuntimeReport[] = [];
  for (const { identity, details } of sources.sensor.containers.all()) {
    const own = processes.get(identity.id) ?? [];
    if (details === undefined || own.length === 0) continue;
    reports.push(await snapshotOf(identity.id, own, sources));
  }
  return reports;
}

async function snapshotOf(
  containerId: string,
  own: readonly TrackedProcess[],
  { sensor, activity, now, signal }: SnapshotSources,
): Promise<ContainerRuntimeReport> {
  const container = [...sensor.containers.all()].find(({ identity }) => identity.id === containerId)?.details;
  const accounts = sensor.context.users.of(containerId, container?.imageId);
  const pids = new Set(own.map(({ pid }) => pid));
  const seen = activity.of(containerId);
  const listening = await listeningOf(containerId, own[0]?.pid ?? 0, { container, signal });
  return {
    containerId,
    takenAt: new Date(now()).toISOString(),
    processes: own.slice(0, MAX_PROCESSES).map((process) => ({
      pid: process.pid,
      ppid: pids.has(process.parent?.pid ?? 0) ? (process.parent?.pid ?? 0) : 0,
      name: process.name,
      exePath: process.exePath,
      commandLine: redactCommandLine(process.exe || process.name, process.args).slice(0, MAX_ARGUMENT),
      user: accounts.users.get(process.facts.euid)?.name ?? String(process.facts.euid),
      startedAt: new Date(process.startedAt).toISOString(),
    })),
    listening: listening.slice(0, MAX_LISTENING),
    flows: [...(seen?.flows.values() ?? [])],
    written: [...(seen?.written.values() ?? [])],
    rates: seen?.rates(now()) ?? NO_RATES,
    leftOut: Math.max(0, own.length - MAX_PROCESSES) + Math.max(0, listening.length - MAX_LISTENING),
  };
}

/** By the kernel's own word: a process may have been moved since it was told. */
function processesByContainer(sensor: Sensor): ReadonlyMap<string, readonly TrackedProcess[]> {
  const found = new Map<string, TrackedProcess[]>();
  for (const process of sensor.processes.living()) {
    const id = containerOfProcess(cgroupsOf(process.pid))?.id;
    if (id === undefined) continue;
    const known = found.get(id);
    if (known === undefined) found.set(id, [process]);
    else known.push(process);
  }
  return found;
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

async function listeningOf(
  id: string,
  pid: number,
  {
    container,
    signal,
  }: {
    readonly container:
      | { readonly runtime: "docker" | string; readonly name: string; readonly image: string }
      | undefined;
    readonly signal: AbortSignal;
  },
): Promise<readonly Listening[]> {
  if (container === undefined) return [];
  try {
    const target = {
      container: { id, runtime: "other" as const, name: container.name, image: container.image },
      pid,
    };
    const sockets = await new ProcKernel().sockets(target, signal);
    const found = sockets.flatMap(listeningIn);
    return [...new Map(found.map((each) => [JSON.stringify(each), each])).values()];
  } catch {
    // The container has ended, or has more sockets than are read.
    return [];
  }
}

function listeningIn({ table, state, localAddress, localPort }: FlowSocket): readonly Listening[] {
  const protocol = table.startsWith("tcp") ? "tcp" : table.startsWith("udp") ? "udp" : undefined;
  if (protocol === undefined) return [];
  const listens = protocol === "tcp" ? state === "listen" : state === "close";
  return listens ? [{ protocol, address: localAddress, port: localPort }] : [];
}
