import path from "node:path";
import type { ContainerDetails } from "./container-details.ts";
import type { ContainerIdentity } from "./container-path.ts";
import { MAX_DETAILS_BYTES, readBounded } from "./detail-file.ts";
import { type SensorContainer, type SensorMount, undescribed } from "./sensor-container.ts";

export interface LxcDetailsOptions {
  /** Holds a directory with the `config` of each container; `/var/lib/lxc` where it is not given. */
  readonly directory?: string;
  readonly now?: () => number;
}

/**
 * Containers of LXC. They have no image: the directory or the volume of their root stands for it, as it is what tells
 * one from another. What their configuration includes from other files is not read.
 */
export class LxcDetails implements ContainerDetails {
  readonly #directory: string;
  readonly #now: () => number;

  constructor({ directory, now }: LxcDetailsOptions = {}) {
    this.#directory = directory ?? "/var/lib/lxc";
    this.#now = now ?? Date.now;
  }

  async describe(identity: ContainerIdentity): Promise<SensorContainer | undefined> {
    const { id, runtime } = identity;
    if (runtime !== "lxc" || id.includes("/") || id === "." || id === "..") return undefined;
    const text = readBounded(path.join(this.#directory, id, "config"), MAX_DETAILS_BYTES);
    return text === undefined ? undefined : containerOfConfig(identity, text, this.#now());
  }
}

/** lxc.container.conf(5): a key and a value on each line. */
function containerOfConfig(identity: ContainerIdentity, text: string, now: number): SensorContainer {
  const settings = text.split("\n").flatMap((line) => {
    const [, key, value] = /^(lxc\.[a-z0-9_.]+)\s*=\s*(|\S.*)$/u.exec(line.trim()) ?? [];
    return key === undefined || value === undefined ? [] : [{ key, value }];
  });
  const last = (name: string) => settings.findLast(({ key }) => key === name)?.value ?? "";
  const keeps = last("lxc.namespace.keep").split(/\s+/u);
  const isShared = (name: string) => keeps.includes(name) || last(`lxc.namespace.share.${name}`) === "1";
  return {
    ...undescribed(identity, now),
    name: identity.id,
    // Before a colon is the kind of storage: dir, overlay, zfs, loop and others.
    image: last("lxc.rootfs.path").replace(/^[a-z]+:/u, ""),
    mounts: settings.filter(({ key }) => key === "lxc.mount.entry").flatMap(({ value }) => mountOf(value)),
    environment: settings.filter(({ key }) => key === "lxc.environment").map(({ value }) => value),
    hostPid: isShared("pid"),
    hostNetwork: isShared("net") || last("lxc.net.0.type") === "none",
    hostIpc: isShared("ipc"),
    described: true,
  };
}

/** As in fstab; targets are below the container's root, with or without a slash before them. */
function mountOf(entry: string): readonly SensorMount[] {
  const [source = "", target = "", , options = ""] = entry.split(/\s+/u);
  const set = options.split(",");
  if (!set.includes("bind") && !set.includes("rbind")) return [];
  return [{ source, target: path.posix.join("/", target), readOnly: set.includes("ro"), propagation: "" }];
}
