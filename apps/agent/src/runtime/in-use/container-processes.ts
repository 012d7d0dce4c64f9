import { readFileSync } from "node:fs";
import {
  containerOfProcess,
  type Sensor,
  type TrackedContainer,
  type TrackedProcess,
} from "@pratique/sensor";
import type { ContainerProcess } from "./files-in-use.ts";

/** Where a process was found that has done nothing since the sensor began: no event told. */
interface Place {
  readonly since: number;
  readonly container: string | undefined;
}

type Source = Pick<Sensor, "containers" | "processes">;

/** The processes of containers whose images are known, as the sensor tells them. */
export class ContainerProcesses {
  readonly #sensor: () => Source;
  readonly #places = new WeakMap<object, Place>();

  constructor(sensor: () => Source) {
    this.#sensor = sensor;
  }

  *list(): Generator<ContainerProcess, void, undefined> {
    const { processes, containers } = this.#sensor();
    const byId = new Map<string, TrackedContainer>();
    for (const container of containers.all()) byId.set(container.identity.id, container);
    for (const process of processes.living()) {
      const id = process.link.container?.identity.id ?? this.#placeOf(process);
      const image = id === undefined ? undefined : byId.get(id)?.details?.imageId;
      if (id === undefined || image === undefined) continue;
      const { pid, link, image: execution } = process;
      yield { identity: link, pid, since: execution.sinceNs, container: id, image, execution };
    }
  }

  /** Asked once for each program that a process executes: most are the host's, and stay it. */
  #placeOf({ pid, link, image }: TrackedProcess): string | undefined {
    const known = this.#places.get(link);
    if (known?.since === image.sinceNs) return known.container;
    const container = containerOf(pid);
    this.#places.set(link, { since: image.sinceNs, container });
    return container;
  }
}

function containerOf(pid: number): string | undefined {
  try {
    return containerOfProcess(readFileSync(`/proc/${pid}/cgroup`, "utf8"))?.id;
  } catch {
    // It has ended.
    return undefined;
  }
}
