import type { RuntimeProcess } from "@pratique/core";
import type { ExecutableLayer } from "./item.ts";

const DIRECTORIES = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/usr/libexec/podman"];
const NAMES = ["runc", "crun", "buildkit-runc", "containerd-shim-runc-v2", "conmon"];
const RUNTIMES: ReadonlySet<string> = new Set(
  DIRECTORIES.flatMap((directory) => NAMES.map((name) => `${directory}/${name}`)),
);
/** runc and crun run from a copy in memory, so that no container overwrites their file (CVE-2019-5736). */
const COPY = /^(?:\/)?memfd:(?:runc_cloned|crun)/u;

/**
 * Whether a process is the runtime's own, on its way to become a container's first or that of an exec. Its name would
 * be easily taken: its file is in no layer of the container, and its parent is a runtime outside of it.
 */
export function isRuntimeSetup({ exePath, parent }: RuntimeProcess, layer: ExecutableLayer): boolean {
  if (layer === "image" || layer === "added" || parent === undefined) return false;
  const isOutside = parent.vpid === parent.pid;
  const isOwn = exePath === "" || RUNTIMES.has(exePath) || COPY.test(exePath);
  return isOwn && isOutside && (RUNTIMES.has(parent.exePath) || COPY.test(parent.exePath));
}
