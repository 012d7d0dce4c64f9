import type { BootClock } from "./boot-clock.ts";
import type { SensorScope } from "./sensor-scope.ts";
import { cgroupPathOf } from "./tables/container-path.ts";
import type { ContainerTable, TrackedContainer } from "./tables/container-table.ts";
import type { ProcessTable } from "./tables/process-table.ts";
import type { TrackedProcess } from "./tables/tracked-process.ts";
import { frameBytes } from "./wire/frame-reader.ts";
import { recordBytes } from "./wire/record-writer.ts";
import { processBytes } from "./wire/structures.ts";
import { recordFlags, wireKinds, wireVersion } from "./wire/wire-format.ts";

/** The first message of a recording. */
interface RecordingHead extends SensorScope {
  readonly event: "recording";
  readonly wireVersion: number;
  readonly hostName: string;
  /** Milliseconds since 1970 at which CLOCK_BOOTTIME was 0. */
  readonly bootedAtMs: number;
}

interface RecordingOptions {
  readonly scope: SensorScope;
  readonly clock: BootClock;
  readonly hostName: string;
  readonly processes: ProcessTable;
  readonly containers: ContainerTable;
}

/**
 * The beginning of a recording, as frames: what the tables know at this time, so that a replay begins with the same. What
 * the native sensor sends from here on follows as it came.
 */
export function recordingHead({ scope, clock, hostName, processes, containers }: RecordingOptions): Buffer {
  const head: RecordingHead = {
    event: "recording",
    wireVersion,
    hostName,
    bootedAtMs: clock.wallMs(0),
    ...scope,
  };
  const nowNs = clock.nowNs();
  const frames = [message(head)];
  for (const container of containers.all()) frames.push(containerFrame(container));
  for (const [cgroupId, { identity }] of containers.known()) {
    const sections = { path: cgroupPathOf(identity) };
    const kind = wireKinds.cgroup_mkdir;
    frames.push(frameBytes("events", recordBytes({ kind, pid: 0, cgroupId, timeNs: nowNs, sections })));
  }
  for (const process of processes.living()) frames.push(frameBytes("events", taskBytes(process, nowNs)));
  return Buffer.concat(frames);
}

/** What a container is, for whoever replays: nobody can be asked for it then. */
export function containerFrame({ identity, details }: TrackedContainer): Buffer {
  return message({ event: "container", identity, details: details ?? null });
}

/** A frame of records as it came. */
export function recordFrame(payload: Uint8Array): Buffer {
  return frameBytes("events", payload);
}

function message(body: object): Buffer {
  return frameBytes("message", Buffer.from(JSON.stringify(body)));
}

function taskBytes(process: TrackedProcess, timeNs: number): Buffer {
  return recordBytes({
    kind: wireKinds.task,
    flags: recordFlags.seeded,
    timeNs,
    pid: process.pid,
    ppid: process.parent?.pid ?? 0,
    sections: {
      process: processBytes(process.facts),
      comm: process.name,
      exePath: process.exePath,
      arguments: [process.exe, ...process.args],
      cwd: process.cwd,
      ...(process.image.environment !== undefined && { environment: process.image.environment.entries }),
    },
  });
}
