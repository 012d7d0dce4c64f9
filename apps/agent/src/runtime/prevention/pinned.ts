import { createHash } from "node:crypto";
import { readdirSync, rmdirSync, unlinkSync } from "node:fs";
import path from "node:path";
import { hasCode } from "@pratique/core";

/** Where the kernel keeps what has a name. */
const PINNED = "/sys/fs/bpf";
const NAME = "pratique";
const DEFAULT_DATA = "/var/lib/pratique";
const HASH_CHARS = 12;

/** The name that prevention is pinned by: each data directory has its own, as two agents of a host must keep apart. */
export function pinsOf(data: string): string {
  if (data === DEFAULT_DATA) return NAME;
  return `${NAME}-${createHash("sha256").update(data).digest("hex").slice(0, HASH_CHARS)}`;
}

/** The directory of a name, as people find it. */
export function pinnedDirectory(pins: string): string {
  return path.join(PINNED, pins);
}

/** How many programs and tables go on by themselves; 0 where nothing does. */
export function countPinned(pins: string, directory = pinnedDirectory(pins)): number {
  return namesIn(directory).length;
}

/**
 * Ends what goes on by itself, unless a sensor runs, which holds it as long as it does. Gives how many things there
 * were. Throws what the file system says.
 */
export function clearPinned(pins: string, directory = pinnedDirectory(pins)): number {
  const names = namesIn(directory);
  for (const name of names) unlinkSync(path.join(directory, name));
  if (names.length > 0) rmdirSync(directory);
  return names.length;
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (thrown) {
    // Nothing was ever pinned. What may not be seen by us is not for that not there.
    if (hasCode(thrown, "ENOENT", "ENOTDIR")) return [];
    throw thrown;
  }
}
