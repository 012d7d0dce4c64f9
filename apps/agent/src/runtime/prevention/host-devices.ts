import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { HostDevice } from "./measure.ts";

const MAX_DEVICES = 4096;
const KINDS = [
  ["block", "block"],
  ["char", "char"],
] as const;

/** The devices of this host that have a node, with the names that the kernel gives them. */
export function hostDevices(root = "/sys/dev"): readonly HostDevice[] {
  return KINDS.flatMap(([directory, type]) =>
    namesIn(path.join(root, directory)).flatMap((numbers): readonly HostDevice[] => {
      const [major, minor] = numbers.split(":").map(Number);
      const name = nameIn(path.join(root, directory, numbers, "uevent"));
      if (name === undefined || major === undefined || minor === undefined) return [];
      return [{ path: `/dev/${name}`, type, major, minor }];
    }),
  );
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).slice(0, MAX_DEVICES);
  } catch {
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
