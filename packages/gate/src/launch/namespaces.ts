import type { Launch } from "@pratique/core";
import { type Fields, fieldsOf, objectIn, textIn } from "../json-fields.ts";
import { privilegedAmong, sharedWith } from "./joined-privileged.ts";
import { type LaunchContext, MAX_JOINS } from "./launch-context.ts";

export type Namespaces = Pick<Launch, "hostNamespaces" | "joinedContainers" | "joinedPrivileged">;

const MODES = [
  ["pid", "PidMode"],
  ["ipc", "IpcMode"],
  ["network", "NetworkMode"],
  ["uts", "UTSMode"],
  ["user", "UsernsMode"],
  ["cgroup", "CgroupnsMode"],
] as const;

const JOIN = "container:";

/**
 * The host namespaces and containers that a host configuration joins. Who joins a container that is itself in a
 * namespace of the host is in it too. `networks` are the networks by name that it asks for besides.
 */
export async function readNamespaces(
  hostConfig: Fields,
  networks: readonly string[],
  context: LaunchContext,
): Promise<Namespaces> {
  const { view } = context;
  const hostNamespaces: string[] = [];
  const joined = new Set<string>();
  for (const [namespace, field] of MODES) {
    let mode = textIn(hostConfig, field);
    if (mode.startsWith(JOIN)) joined.add(mode.slice(JOIN.length));
    for (let joins = 0; mode.startsWith(JOIN) && joins < MAX_JOINS; joins += 1) {
      const other = await view.inspectContainer(mode.slice(JOIN.length));
      mode = textIn(objectIn(fieldsOf(other), "HostConfig"), field);
    }
    // A chain that does not end is not an honest one.
    const endless = mode.startsWith(JOIN);
    const onHost = mode === "host" || endless || (namespace === "network" && networks.includes("host"));
    if (onHost && !(await isDefault(namespace, view))) hostNamespaces.push(namespace);
  }
  const cgroup = textIn(hostConfig, "Cgroup");
  if (cgroup.startsWith(JOIN)) joined.add(cgroup.slice(JOIN.length));
  const joinedPrivileged = await privilegedAmong(sharedWith(hostConfig), context);
  return { hostNamespaces, joinedContainers: [...joined], joinedPrivileged };
}

/** Under cgroup v1 the engine writes `host` into every container, whether or not it was asked for. */
async function isDefault(
  namespace: (typeof MODES)[number][0],
  view: LaunchContext["view"],
): Promise<boolean> {
  return namespace === "cgroup" && (await view.cgroupVersion()) === "1";
}
