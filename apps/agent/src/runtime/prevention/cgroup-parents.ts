import { statSync } from "node:fs";
import path from "node:path";
import { unifiedRoot } from "../../engine/engine-cgroup.ts";

/** Cgroups in which engines make those of containers, and nothing else. */
export const CONTAINER_CGROUPS: readonly string[] = ["/docker", "/libpod_parent"];

/** The numbers of those that there are: a policy of theirs is that of each new container, before it is known. */
export function cgroupNumbers(groups: readonly string[], root = unifiedRoot()): readonly number[] {
  return groups.flatMap((group) => {
    const found = statSync(path.join(root, group), { throwIfNoEntry: false });
    return found === undefined ? [] : [found.ino];
  });
}
