import type { ContainerRuntime } from "@pratique/core";

/** Who a container is, by the path of its cgroup alone. */
export interface ContainerIdentity {
  readonly id: string;
  readonly runtime: ContainerRuntime;
  /** Of containerd, where it is known: only in it is an id that somebody chose the container's own. */
  readonly namespace?: string;
}

const ID = "[0-9a-f]{64}";

/**
 * The forms that container runtimes give the paths of their cgroups, under the drivers `cgroupfs` and `systemd`. The
 * first part of a path that has one of them is the container: what lies below is its own, and it may name it as it
 * likes.
 */
const forms: readonly (readonly [RegExp, ContainerRuntime])[] = [
  // systemd: docker-ID.scope, cri-containerd-ID.scope, crio-ID.scope, libpod-ID.scope.
  [new RegExp(`^docker-(${ID})\\.scope$`, "u"), "docker"],
  [new RegExp(`^cri-containerd-(${ID})\\.scope$`, "u"), "containerd"],
  [new RegExp(`^nerdctl-(${ID})\\.scope$`, "u"), "containerd"],
  [new RegExp(`^crio-(${ID})(?:\\.scope)?$`, "u"), "cri-o"],
  [new RegExp(`^libpod-(${ID})(?:\\.scope)?$`, "u"), "podman"],
  // lxc.payload.NAME; lxc.monitor.NAME is the host's own.
  [/^lxc\.payload\.([^/]{1,128})$/u, "lxc"],
  // No runtime's: how a capture has an id of containerd that somebody chose.
  [/^containerd\.task\.([^/]{1,76})$/u, "containerd"],
];

const bareId = new RegExp(`^${ID}$`, "u");
const anyPrefix = new RegExp(`^(.{1,160})[:-](${ID})(?:\\.scope)?$`, "u");

/** Who the container of a cgroup is; undefined where the path is none of a container. */
export function containerOfCgroup(path: string): ContainerIdentity | undefined {
  const parts = path.split("/");
  for (const [place, part] of parts.entries()) {
    const found = byForm(part) ?? byParent(parts[place - 1] ?? "", parts[place - 2] ?? "", part);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Who the container of a process is, by the text of /proc/PID/cgroup. Under version 1 each controller has a path of
 * its own; the first that tells decides. `of` says whose a path is.
 */
export function containerOfProcess(text: string, of = containerOfCgroup): ContainerIdentity | undefined {
  for (const line of text.split("\n", MAX_HIERARCHIES)) {
    const found = of(line.split(":").slice(2).join(":"));
    if (found !== undefined) return found;
  }
  return undefined;
}

const MAX_HIERARCHIES = 64;

function byForm(part: string): ContainerIdentity | undefined {
  for (const [form, runtime] of forms) {
    const id = form.exec(part)?.[1];
    if (id !== undefined) return { id, runtime };
  }
  // What systemd names after slice, prefix and id where the drivers do not agree: SLICE:cri-containerd:ID.
  const [, prefix = "", id] = anyPrefix.exec(part) ?? [];
  // What watches over a container is a process of the host: libpod-conmon-ID.scope, crio-conmon-ID.scope.
  if (id === undefined || prefix.includes("conmon")) return undefined;
  return { id, runtime: prefix.includes("containerd") ? "containerd" : "other" };
}

/** cgroupfs: /docker/ID, /kubepods/…/podUID/ID, /NAMESPACE/ID, /lxc/NAME, /machine.slice/…. */
function byParent(parent: string, grandparent: string, part: string): ContainerIdentity | undefined {
  if (parent === "lxc" && part !== "" && grandparent === "") return { id: part, runtime: "lxc" };
  if (!bareId.test(part)) return undefined;
  if (parent === "docker") return { id: part, runtime: "docker" };
  if (parent === "libpod_parent" || parent.startsWith("libpod")) return { id: part, runtime: "podman" };
  if (/^(?:kube)?pod/u.test(parent) || parent === "default" || parent.endsWith(".io")) {
    return { id: part, runtime: "containerd" };
  }
  return { id: part, runtime: "other" };
}

/** A path of a cgroup by which a container is known again: what a capture writes. */
export function cgroupPathOf({ id, runtime }: ContainerIdentity): string {
  switch (runtime) {
    case "docker":
      return `/docker/${id}`;
    case "podman":
      return `/libpod-${id}.scope`;
    case "containerd":
      return bareId.test(id) ? `/cri-containerd-${id}.scope` : `/containerd.task.${id}`;
    case "cri-o":
      return `/crio-${id}.scope`;
    case "lxc":
      return `/lxc.payload.${id}`;
    case "other":
      return `/${id}`;
  }
}
