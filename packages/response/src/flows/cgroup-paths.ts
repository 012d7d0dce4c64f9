/** A control group of a container, in one hierarchy. */
export interface ContainerGroup {
  /** `freezer` and others of version 1; empty for version 2. */
  readonly controllers: readonly string[];
  /** From the root of the hierarchy to the container's own group, groups within it left out. */
  readonly path: string;
}

/**
 * The container's group in a line of `/proc/PID/cgroup`, by the forms that runtimes give it: `ID`, `docker-ID.scope`,
 * `libpod-ID.scope`, `cri-containerd-ID.scope`, `lxc.payload.NAME`. Undefined where the line is of another group.
 */
export function containerGroup(line: string, containerId: string): ContainerGroup | undefined {
  const [, controllers = "", ...rest] = line.split(":");
  const parts = rest.join(":").split("/");
  const own = parts.findIndex((part) => isNameOf(part, containerId));
  if (own < 0 || parts.includes("..")) return undefined;
  return {
    controllers: controllers === "" ? [] : controllers.split(","),
    path: parts.slice(0, own + 1).join("/"),
  };
}

function isNameOf(part: string, containerId: string): boolean {
  const name = part.replace(/\.scope$/u, "");
  if (!/^[0-9a-f]{64}$/u.test(containerId)) return name === `lxc.payload.${containerId}`;
  return name === containerId || name.endsWith(`-${containerId}`);
}
