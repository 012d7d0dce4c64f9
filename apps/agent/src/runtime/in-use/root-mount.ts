import { liesBelow } from "@pratique/sensor";

/** Where the files of a container lie, by the mounts that one of its processes sees. */
export interface RootMount {
  /** Mounts below the root, each with a slash at its end: what lies in them is not the image's. */
  readonly others: readonly string[];
  /** What was written while the container ran, where the root is an overlay that tells it. */
  readonly upper: string | undefined;
}

/** Reads /proc/PID/mountinfo (proc(5)): the fifth field is the place. */
export function readRootMount(mountinfo: string): RootMount {
  const others: string[] = [];
  let upper: string | undefined;
  for (const line of mountinfo.split("\n")) {
    const place = line.split(" ", 5)[4];
    if (place === undefined) continue;
    // Of several, one on the other, the last is seen.
    if (place === "/") upper = /[ ,]upperdir=(?<path>\/[^,\s]+)/u.exec(line)?.groups?.path;
    else others.push(`${place}/`);
  }
  return { others, upper };
}

/**
 * Whether a file of a container is one of its image: it lies in no other mount, and nobody put it there since the container
 * was made, as far as the layer of what was written can be looked into from here.
 */
export async function isOfImage(path: string, { others, upper }: RootMount): Promise<boolean> {
  // A file may be mounted itself.
  if (others.some((place) => `${path}/`.startsWith(place))) return false;
  return upper === undefined || !(await liesBelow(upper, path.split("/").slice(1)));
}
