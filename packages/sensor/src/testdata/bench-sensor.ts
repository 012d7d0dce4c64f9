import type { BootClock } from "../boot-clock.ts";
import type { SensorEvent } from "../events/sensor-event.ts";
import type { RecordSource, SourceListener } from "../record-source.ts";
import { Sensor, type SensorNotice, type SensorOptions } from "../sensor.ts";
import type { ContainerIdentity } from "../tables/container-path.ts";
import { containerOfInspect, type SensorContainer } from "../tables/sensor-container.ts";
import { UserNames } from "../tables/user-names.ts";

/** Boot was at 1,000 seconds since 1970. */
export const fixedClock: BootClock = { wallMs: (bootNs) => 1e6 + bootNs / 1e6, nowNs: () => 1e15 };

export const CONTAINER_ID = "c0ffee".padEnd(64, "0");
export const CONTAINER_CGROUP = 4711;

/** What the engine would say of {@link CONTAINER_ID}. */
export const inspected = {
  Id: CONTAINER_ID,
  Name: "/web",
  Image: `sha256:${"a".repeat(64)}`,
  Created: "1970-01-01T00:16:41Z",
  State: { Running: true, StartedAt: "1970-01-01T00:16:42Z" },
  Config: {
    Image: "registry.test:5000/team/web:1.2",
    User: "app",
    Labels: { tier: "front", "io.kubernetes.pod.name": "web-0" },
    Env: ["PATH=/bin"],
    Healthcheck: { Test: ["CMD-SHELL", "curl localhost"] },
  },
  HostConfig: { Privileged: true, PidMode: "", NetworkMode: "host", IpcMode: "" },
  Mounts: [{ Source: "/var/run/docker.sock", Destination: "/run/docker.sock", RW: false, Propagation: "rprivate" }],
};

/** A source that tells what it is given. */
export class GivenRecords implements RecordSource {
  readonly isLive = false;
  #listener: SourceListener | undefined;

  async start(listener: SourceListener): Promise<void> {
    this.#listener = listener;
    listener.onBegin();
  }

  async stop(): Promise<void> {
    this.#listener = undefined;
  }

  give(...records: readonly Buffer[]): void {
    this.#listener?.onRecords(Buffer.concat(records));
  }

  beginAnew(): void {
    this.#listener?.onBegin();
  }
}

export interface SensorBench {
  readonly sensor: Sensor;
  readonly source: GivenRecords;
  readonly events: SensorEvent[];
  readonly notices: SensorNotice[];
  /** Gives records, and gives what became of them. */
  give(...records: readonly Buffer[]): readonly SensorEvent[];
}

/** A sensor without a kernel: records in, events out, at once and in their order. */
export async function startBench(change: Partial<SensorOptions> = {}): Promise<SensorBench> {
  const source = new GivenRecords();
  const events: SensorEvent[] = [];
  const notices: SensorNotice[] = [];
  const users = new UserNames({
    readBelow: async (_pid, [, name]) => ({
      kind: "read",
      text: name === "passwd" ? "app:x:1000:1000::/home/app:/bin/ash\n" : "crew:x:1000:\n",
    }),
    readHost: async (file) => (file === "/etc/passwd" ? "root:x:0:0::/root:/bin/bash\nann:x:1000:1000::/home/ann:/bin/zsh\n" : "root:x:0:\n"),
  });
  const sensor = new Sensor({
    source,
    details: { describe: describeFromInspect },
    hostName: "bench",
    onEvents: (batch) => void events.push(...batch),
    onNotice: (notice) => void notices.push(notice),
    clock: fixedClock,
    users,
    processFiles: { read: () => undefined, parentOf: () => undefined },
    cgroupsOf: () => undefined,
    mergeWindowMs: 0,
    ...change,
  });
  await sensor.start();
  const give = (...records: readonly Buffer[]) => {
    const before = events.length;
    source.give(...records);
    return events.slice(before);
  };
  return { sensor, source, events, notices, give };
}

async function describeFromInspect(identity: ContainerIdentity): Promise<SensorContainer | undefined> {
  return containerOfInspect(identity, { ...inspected, Id: identity.id }, 0);
}
