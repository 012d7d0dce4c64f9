import { readFileSync } from "node:fs";
import type { ActionOutcome } from "@pratique/core";
import type { SensorEvent } from "@pratique/sensor";

/** The kernel tells the start of a process in these. */
const TICK_NS = 10_000_000;

export interface KillOptions {
  readonly proc?: string;
  readonly send?: (pid: number) => void;
}

/**
 * Ends the process of an event, if it still is that one and still in that container: a number of a process may have
 * been given to another one, and nothing of the host is ever ended.
 */
export function killProcess(
  { process: actor, tracked }: Pick<SensorEvent, "process" | "tracked">,
  { proc = "/proc", send = (pid) => process.kill(pid, "SIGKILL") }: KillOptions = {},
): ActionOutcome {
  if (tracked === undefined) return "none";
  try {
    const { pid, facts } = actor;
    if (!readFileSync(`${proc}/${pid}/cgroup`, "utf8").includes(tracked.identity.id)) return "none";
    const started = startOf(readFileSync(`${proc}/${pid}/stat`, "utf8"));
    if (Math.abs(started - facts.startNs / TICK_NS) > 1) return "none";
    send(pid);
    return "killed";
  } catch {
    // It has ended by itself.
    return "none";
  }
}

/** After the name, which may hold anything: the start is the 22nd of all fields. */
function startOf(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
}
