import { existsSync, readdirSync, rmdirSync } from "node:fs";
import path from "node:path";

const CGROUPS = "/sys/fs/cgroup";
const HYBRID = path.join(CGROUPS, "unified");

/** The hierarchy of version 2, where the host has one. */
export function unifiedRoot(): string {
  return existsSync(path.join(HYBRID, "cgroup.controllers")) ? HYBRID : CGROUPS;
}

/**
 * The group in which an engine of ours makes its containers, apart from those of others; undefined where the groups are
 * systemd's, which has names of its own for them.
 */
export function engineCgroup(name: string): string | undefined {
  const isSystemds =
    existsSync("/run/systemd/system") && existsSync(path.join(CGROUPS, "cgroup.controllers"));
  return isSystemds ? undefined : path.join("/", name, "docker");
}

/** Removes it from all hierarchies, where nothing is in it any more. */
export function removeEngineCgroup(name: string): void {
  const group = engineCgroup(name);
  if (group === undefined) return;
  const roots = [CGROUPS, ...readdirSync(CGROUPS).map((each) => path.join(CGROUPS, each))];
  for (const root of roots) {
    for (const each of [group, path.dirname(group)]) {
      try {
        rmdirSync(path.join(root, each));
      } catch {
        // It is not there, or still in use.
      }
    }
  }
}
