import { type Fields, objectIn, objectsIn, textIn } from "./json-fields.ts";

export interface NewContainersOptions {
  /** What the engine keeps of a container on its disk; undefined where that cannot be read. */
  readonly read: (id: string) => Promise<Fields | undefined>;
  /** What the engine says of it. */
  readonly inspect: (id: string) => Promise<Fields | undefined>;
}

/** How often the engine's files and its answers have to agree before the files are believed. */
const COMPARISONS = 3;
/** From then on they are compared once in so many times. */
const COMPARED_AGAIN_EACH = 256;

/**
 * Looks at containers that the engine has just made, for whose start somebody is about to wait. The engine would have
 * to answer over its API, for which it asks the gate twice; its own files say the same in a tenth of the time. They
 * are read only as long as they have never said anything else than its answer.
 */
export class NewContainers {
  readonly #options: NewContainersOptions;
  #believed = true;
  #looks = 0;

  constructor(options: NewContainersOptions) {
    this.#options = options;
  }

  /** Rejects where the engine has to be asked and cannot be. */
  async look(id: string): Promise<Fields | undefined> {
    const { read, inspect } = this.#options;
    if (!this.#believed) return inspect(id);
    const files = await read(id);
    if (files === undefined) return inspect(id);
    this.#looks += 1;
    if (this.#looks > COMPARISONS && this.#looks % COMPARED_AGAIN_EACH !== 0) return files;
    const answer = await inspect(id);
    // A container that is gone by now says nothing of the files.
    if (answer !== undefined) this.#believed = isSameContainer(files, answer);
    return answer;
  }
}

/** Whether two descriptions of a container agree in all that launches are read from. */
export function isSameContainer(left: Fields, right: Fields): boolean {
  return essence(left) === essence(right);
}

function essence(container: Fields): string {
  const mounts = objectsIn(container, "Mounts").map((mount) => {
    const source = textIn(mount, "Type") === "volume" ? "Name" : "Source";
    const texts = [source, "Type", "Destination", "Driver", "Propagation"].map((name) => textIn(mount, name));
    return JSON.stringify([...texts, mount.RW]);
  });
  return JSON.stringify([
    ["Id", "Name", "Image"].map((name) => textIn(container, name)),
    textIn(objectIn(container, "State"), "StartedAt"),
    sorted(container.Config),
    sorted(container.HostConfig),
    Object.keys(objectIn(objectIn(container, "NetworkSettings"), "Networks")).toSorted(),
    mounts.toSorted(),
  ]);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => sorted(item));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
