import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { HostDevice } from "./measure.ts";

const MAX_DEVICES = 4096;
const KINDS = [
  ["block", "block"],
  ["char", "char"],
] as const;

/** The devices of this host that have a node, with the names that the kernel gives them. */
export class HostDevices {
  readonly #root: string;
  #known: ReadonlyMap<string, HostDevice | undefined> = new Map();

  constructor(root = "/sys/dev") {
    this.#root = root;
  }

  /** Cheap to ask often: a device is read once, for as long as its number is there. */
  list(): readonly HostDevice[] {
    const found = new Map<string, HostDevice | undefined>();
    for (const [directory, type] of KINDS) {
      for (const numbers of namesIn(path.join(this.#root, directory))) {
        const key = path.join(directory, numbers);
        found.set(key, this.#known.has(key) ? this.#known.get(key) : this.#read(type, key));
      }
    }
    this.#known = found;
    return [...found.values()].filter((device) => device !== undefined);
  }

  #read(type: HostDevice["type"], key: string): HostDevice | undefined {
    const [major, minor] = path.basename(key).split(":").map(Number);
    const name = nameIn(path.join(this.#root, key, "uevent"));
    if (name === undefined || major === undefined || minor === undefined) return undefined;
    return { path: `/dev/${name}`, type, major, minor };
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).slice(0, MAX_DEVICES);
  } catch {
    // A kernel without sysfs: no device has a name there.
    return [];
  }
}

function nameIn(file: string): string | undefined {
  try {
    return /^DEVNAME=(.+)$/mu.exec(readFileSync(file, "utf8"))?.[1];
  } catch {
    // It was unplugged.
    return undefined;
  }
}
