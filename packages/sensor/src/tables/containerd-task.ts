import { existsSync } from "node:fs";
import path from "node:path";
import type { ContainerIdentity } from "./container-path.ts";

/** Where containerd keeps the bundles of what runs: a directory for each namespace, in it one for each container. */
export const TASKS = "/run/containerd/io.containerd.runtime.v2.task";
const MAX_NAME_CHARS = 76;

/** Whether a text has the form of a name of a namespace or a container of containerd, and so of one directory. */
export function isContainerdName(name: string): boolean {
  return name.length <= MAX_NAME_CHARS && /^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$/u.test(name);
}

/**
 * Whose a cgroup `/NAMESPACE/ID` of containerd is. Its clients may choose the id, as `ctr` has people do: such a path
 * looks like any other, but the bundle is there before the cgroup is. Neither can be made from inside a container.
 */
export function taskOfCgroup(cgroup: string, directory = TASKS): ContainerIdentity | undefined {
  const [, namespace = "", id = ""] = cgroup.split("/", 3);
  if (!isContainerdName(namespace) || !isContainerdName(id)) return undefined;
  if (!existsSync(path.join(directory, namespace, id, "config.json"))) return undefined;
  return { id, runtime: "containerd", namespace };
}
