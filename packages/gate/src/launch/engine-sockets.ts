import path from "node:path";

/** Where the control sockets of container engines lie, and the directory in which Docker looks for plugins. */
const KNOWN: readonly string[] = [
  "/run/docker.sock",
  "/var/run/docker.sock",
  "/run/docker/plugins",
  "/run/docker/containerd/containerd.sock",
  "/run/containerd/containerd.sock",
  "/var/run/containerd/containerd.sock",
  "/run/k3s/containerd/containerd.sock",
  "/run/podman/podman.sock",
  "/run/crio/crio.sock",
  "/var/run/crio/crio.sock",
  "/run/cri-dockerd.sock",
  "/run/buildkit/buildkitd.sock",
];

const SOCKET_NAMES: ReadonlySet<string> = new Set([
  "docker.sock",
  "containerd.sock",
  "podman.sock",
  "crio.sock",
  "cri-dockerd.sock",
  "buildkitd.sock",
]);

/** Sockets of rootless engines: `/run/user/1000/docker.sock`. */
const RUNTIME_DIRECTORY = /^\/run\/user(?:\/[^/]+(?:\/(?:podman|docker|containerd))?)?$/u;

/**
 * Tells whether a container that has this path of the host can speak to an engine. Of `more`, sockets and directories,
 * it reaches one by a path at it, in it or above it.
 */
export function reachesEngineSocket(hostPath: string, more: readonly string[]): boolean {
  if (SOCKET_NAMES.has(path.posix.basename(hostPath)) || RUNTIME_DIRECTORY.test(hostPath)) return true;
  return [...KNOWN, ...more].some((socket) => contains(hostPath, socket) || contains(socket, hostPath));
}

function contains(directory: string, inner: string): boolean {
  return directory === "/" || inner === directory || inner.startsWith(`${directory}/`);
}
