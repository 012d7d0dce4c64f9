import { constants } from "node:fs";
import type { ContainerRuntimeReport } from "@pratique/api";
import { RecentMap } from "@pratique/core";
import type { SensorEvent } from "@pratique/sensor";

export type Flow = ContainerRuntimeReport["flows"][number];
export type WrittenFile = ContainerRuntimeReport["written"][number];
export type Rates = ContainerRuntimeReport["rates"];

const MAX_CONTAINERS = 2000;
const MAX_FLOWS = 512;
const MAX_FILES = 256;
/** Counted in steps of so long, for a minute. */
const STEP_MS = 10_000;
const STEPS = 6;
const EINPROGRESS = -115;
const EPERM = -1;
const COUNTED = ["execs", "opens", "connects", "events", "suppressed"] as const;
type Counted = (typeof COUNTED)[number];

/** What one container did lately, bounded whatever it does. */
export class ContainerActivity {
  readonly flows = new RecentMap<string, Flow>(MAX_FLOWS);
  readonly written = new RecentMap<string, WrittenFile>(MAX_FILES);
  readonly #steps = Array.from({ length: STEPS }, () => ({ at: 0, counts: emptyCounts() }));
  #changedAt = 0;

  /** When something happened last, in milliseconds since 1970. */
  get changedAt(): number {
    return this.#changedAt;
  }

  count(what: Counted, at: number, number = 1): void {
    this.#changedAt = Math.max(this.#changedAt, at);
    const place = Math.floor(at / STEP_MS);
    const step = this.#steps[place % STEPS];
    if (step === undefined) return;
    if (step.at !== place) Object.assign(step, { at: place, counts: emptyCounts() });
    step.counts[what] += number;
  }

  /** In the minute before a moment. */
  rates(now: number): Rates {
    const sums = emptyCounts();
    const oldest = Math.floor(now / STEP_MS) - STEPS;
    for (const { at, counts } of this.#steps) {
      if (at > oldest) for (const what of COUNTED) sums[what] += counts[what];
    }
    return sums;
  }
}

/** What containers do: whom they talk to, what they write, how busy they are. Fed with every event. */
export class Activity {
  readonly #containers = new RecentMap<string, ContainerActivity>(MAX_CONTAINERS);

  of(containerId: string): ContainerActivity | undefined {
    return this.#containers.get(containerId);
  }

  forget(containerId: string): void {
    this.#containers.delete(containerId);
  }

  observe(event: SensorEvent): void {
    if (event.scope === "") return;
    const { time } = event;
    const activity = this.#activityOf(event.scope);
    activity.count("events", time);
    switch (event.type) {
      case "execve":
      case "execveat":
        if ((event.result ?? 0) >= 0) activity.count("execs", time);
        break;
      case "connect":
        activity.count("connects", time);
        if (event.result === 0 || event.result === EINPROGRESS) noteFlow(activity, event, "out");
        // That is what a process hears whose packets may not leave.
        else if (event.result === EPERM) noteFlow(activity, event, "out", { isRefused: true });
        break;
      case "accept":
      case "accept4":
        if ((event.result ?? -1) >= 0) noteFlow(activity, event, "in");
        break;
      case "open":
      case "openat":
      case "openat2":
      case "creat":
        activity.count("opens", time);
        if ((event.result ?? -1) >= 0 && isForWriting(event)) noteFile(activity, event);
        break;
      default:
        break;
    }
  }

  suppressed(containerId: string, at: number, number: number): void {
    this.#activityOf(containerId).count("suppressed", at, number);
  }

  #activityOf(containerId: string): ContainerActivity {
    const known = this.#containers.get(containerId);
    if (known !== undefined) return known;
    const made = new ContainerActivity();
    this.#containers.set(containerId, made);
    return made;
  }
}

function emptyCounts(): Record<Counted, number> {
  return { execs: 0, opens: 0, connects: 0, events: 0, suppressed: 0 };
}

function noteFlow(
  activity: ContainerActivity,
  event: SensorEvent,
  direction: Flow["direction"],
  { isRefused = false } = {},
): void {
  const { protocol, local, remote } = event;
  if (remote === undefined || protocol === "unix") return;
  const kind = protocol === "tcp" || protocol === "udp" ? protocol : "other";
  // Of who connects to us the port is another each time.
  const [localPort, port] = direction === "in" ? [local?.port ?? 0, 0] : [0, remote.port];
  const key = [kind, direction, localPort, remote.address, port].join(" ");
  const known = activity.flows.get(key);
  const at = new Date(event.time).toISOString();
  activity.flows.set(key, {
    protocol: kind,
    direction,
    localPort,
    address: remote.address,
    port,
    name: nameOf(event, remote.address),
    connections: (known?.connections ?? 0) + (isRefused ? 0 : 1),
    ...refusals((known?.refused ?? 0) + (isRefused ? 1 : 0)),
    firstAt: known?.firstAt ?? at,
    lastAt: at,
  });
}

function refusals(refused: number): Pick<Flow, "refused"> {
  return refused === 0 ? {} : { refused };
}

/** What runc touches on the host before the container's root is its own: the pipe of its start, and places of devices. */
function isOfRuntime(path: string, containerId: string): boolean {
  return (
    path.endsWith(`/${containerId}/exec.fifo`) || /\/overlay2\/[0-9a-f]{64}\/merged\/dev\/[a-z]+$/u.test(path)
  );
}

function nameOf(event: SensorEvent, address: string): string {
  return event.context.dns.nameOf(event.scope, address, event.record.timeNs) ?? "";
}

function isForWriting(event: SensorEvent): boolean {
  if (event.type === "creat") return true;
  const flags = event.openFlags ?? 0;
  return (flags & (constants.O_WRONLY | constants.O_RDWR)) !== 0;
}

function noteFile(activity: ContainerActivity, event: SensorEvent): void {
  const path = event.resolvedPath ?? event.path;
  if (path === undefined || path.startsWith("/dev/") || path.startsWith("/proc/")) return;
  if (isOfRuntime(path, event.scope)) return;
  activity.written.set(path, {
    path: path.slice(0, 4096),
    by: event.process.name,
    lastAt: new Date(event.time).toISOString(),
  });
}
