import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";

/** What is mounted, in the words of mount(8). */
export interface MountOptions {
  readonly type: string;
  /** Comma-separated. */
  readonly options?: string;
}

/**
 * Mounts a file system of its own on a directory, which is made, until the block with `using` ends. Undefined where
 * this process may not mount.
 */
export function mountAt(directory: string, { type, options }: MountOptions): Disposable | undefined {
  mkdirSync(directory, { recursive: true });
  const how = options === undefined ? [] : ["-o", options];
  if (spawnSync("mount", ["-t", type, ...how, type, directory]).status !== 0) return undefined;
  return { [Symbol.dispose]: () => unmount(directory) };
}

/**
 * Detaches at once: a program that another thread's test starts at this moment has, until it runs, all files of this
 * process open, and a plain umount would find the file system busy.
 */
function unmount(directory: string): void {
  const { status, stderr } = spawnSync("umount", ["--lazy", directory], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}
