import { type Fields, fieldsOf, flagIn, objectIn, textIn, textsIn } from "../json-fields.ts";
import { normalCapability } from "./container-launch.ts";
import type { LaunchContext } from "./launch-context.ts";
import { effectiveMounts, limitMounts, resolveMounts } from "./mounts.ts";

const JOIN = "container:";
const MODES = ["PidMode", "IpcMode", "NetworkMode", "UTSMode", "UsernsMode", "CgroupnsMode", "Cgroup"];

/** Those that the built-in policies refuse: with one of them a process gets out of its container. */
const AS_GOOD_AS_ROOT: ReadonlySet<string> = new Set([
  "ALL",
  "BPF",
  "CHECKPOINT_RESTORE",
  "DAC_READ_SEARCH",
  "MAC_ADMIN",
  "MAC_OVERRIDE",
  "PERFMON",
  "SYS_ADMIN",
  "SYS_BOOT",
  "SYS_MODULE",
  "SYS_PTRACE",
  "SYS_RAWIO",
]);

/** The containers whose namespaces or volumes a host configuration asks for, by the names given. */
export function sharedWith(hostConfig: Fields): readonly string[] {
  const joined = MODES.map((field) => textIn(hostConfig, field))
    .filter((mode) => mode.startsWith(JOIN))
    .map((mode) => mode.slice(JOIN.length));
  const volumes = textsIn(hostConfig, "VolumesFrom").map((text) => text.split(":", 1)[0] ?? "");
  return [...new Set([...joined, ...volumes])];
}

/**
 * Those of some containers that are as good as root on the host, and those that they share something with in turn. One
 * that does not exist has nothing: the engine refuses to share it.
 */
export async function privilegedAmong(
  names: readonly string[],
  context: LaunchContext,
): Promise<readonly string[]> {
  const privileged: string[] = [];
  const known = new Set(names);
  // A set is walked to its end, what is added on the way included.
  for (const name of known) {
    limitMounts(known.size);
    const container = fieldsOf(await context.view.inspectContainer(name));
    const hostConfig = objectIn(container, "HostConfig");
    if (await isPrivileged(container, hostConfig, context)) privileged.push(name);
    for (const other of sharedWith(hostConfig)) known.add(other);
  }
  return privileged;
}

async function isPrivileged(container: Fields, hostConfig: Fields, context: LaunchContext): Promise<boolean> {
  if (flagIn(hostConfig, "Privileged")) return true;
  const added = textsIn(hostConfig, "CapAdd").map((capability) => normalCapability(capability));
  if (added.some((capability) => AS_GOOD_AS_ROOT.has(capability))) return true;
  const mounts = await resolveMounts(effectiveMounts(container), context);
  return mounts.some(({ engineSocket }) => engineSocket);
}
