import { constants } from "node:fs";
import { type FileHandle, lstat, open } from "node:fs/promises";

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;

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
  if (others.some((place) => path.startsWith(place))) return false;
  return upper === undefined || !(await isBelow(upper, path.split("/").slice(1)));
}

/** Follows no link: one that the container planted would lead out into the host's files. One in the way was planted. */
async function isBelow(root: string, steps: readonly string[]): Promise<boolean> {
  let directory: FileHandle | undefined;
  try {
    directory = await open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    for (const step of steps.slice(0, -1)) {
      const next = await open(below(directory, step), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      await directory.close();
      directory = next;
    }
    await lstat(below(directory, steps.at(-1) ?? ""));
    return true;
  } catch (thrown) {
    return !isAbsence(thrown);
  } finally {
    await directory?.close();
  }
}

function below(directory: FileHandle, name: string): string {
  return `/proc/self/fd/${directory.fd}/${name}`;
}

function isAbsence(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
}
