import { existsSync, readFileSync, statSync } from "node:fs";
import { MiB } from "@pratique/core";
import { OciError } from "../errors.ts";

const CONFIG = "/etc/containerd/config.toml";
const MAX_CONFIG_BYTES = MiB;
/** Of containerd itself, of Docker's own where it runs one, and of Kubernetes distributions that bring one. */
const USUAL = [
  "/var/lib/containerd",
  "/var/lib/docker/containerd/daemon",
  "/var/lib/rancher/k3s/agent/containerd",
  "/var/lib/rancher/rke2/agent/containerd",
  "/var/snap/microk8s/common/var/lib/containerd",
];

/** Where a containerd of this host keeps what it holds: the `root` of its configuration first, then the usual places. */
export function containerdRoots(): readonly string[] {
  const root = /^root[ \t]*=[ \t]*["'](?<root>\/[^"'\n]*)["']/mu.exec(configText())?.groups?.root;
  return [...new Set(root === undefined ? USUAL : [root, ...USUAL])];
}

/** Those of the places that are there. Throws `SOURCE_UNAVAILABLE` where none is. */
export function presentRoots(roots: readonly string[]): readonly string[] {
  const present = roots.filter((root) => existsSync(root));
  if (present.length > 0) return present;
  const [first = "", ...others] = roots;
  const more = others.length === 0 ? "" : `, nor in ${others.length} other usual places`;
  throw new OciError("SOURCE_UNAVAILABLE", `no containerd keeps anything in ${JSON.stringify(first)}${more}`);
}

/** A configuration that cannot be read says nothing. */
function configText(): string {
  try {
    return statSync(CONFIG).size > MAX_CONFIG_BYTES ? "" : readFileSync(CONFIG, "utf8");
  } catch {
    // Its usual places are looked at all the same, and a place without images is an error.
    return "";
  }
}
