import { readFileSync } from "node:fs";
import { type SnapshotSources, snapshotContainers } from "./runtime-snapshot.ts";

/** The kernel counts time on processors in hundredths of a second; proc(5), `USER_HZ`. */
const TICK_MS = 1000 / 100;

/** What goes on in each container, with its name and its time on processors so far, in milliseconds. */
export async function topContainers(sources: SnapshotSources) {
  const reports = await snapshotContainers(sources);
  const details = new Map(
    [...sources.sensor.containers.all()].map(({ identity, details: known }) => [identity.id, known]),
  );
  return {
    takenAt: new Date(sources.now()).toISOString(),
    containers: reports.map((report) => {
      const known = details.get(report.containerId);
      return {
        ...report,
        name: known?.name ?? report.containerId,
        image: known?.image ?? "",
        cpuMs: cpuMsOf(report.processes.map(({ pid }) => pid)),
      };
    }),
  };
}

/** Of all that live. */
function cpuMsOf(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      // After the name, which may hold anything: utime and stime are the 14th and 15th of all.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      ticks += Number(fields[11]) + Number(fields[12]);
    } catch {
      // It has ended.
    }
  }
  return ticks * TICK_MS;
}
