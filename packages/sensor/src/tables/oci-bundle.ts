import type { ContainerIdentity } from "./container-path.ts";
import { type SensorContainer, shortId, sysctlPath, undescribed } from "./sensor-container.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The annotations by which runtimes tell a container's name and image. */
const NAMES = [
  "io.kubernetes.cri.container-name",
  "io.kubernetes.container.name",
  "io.podman.annotations.name",
  "nerdctl/name",
];
const IMAGES = [
  "io.kubernetes.cri.image-name",
  "io.kubernetes.cri-o.ImageName",
  "io.kubernetes.cri-o.Image",
  "io.containerd.image.name",
  "org.opencontainers.image.ref.name",
];

/** CAP_SYS_ADMIN with no masked path is what every runtime makes of "privileged", and of nothing else. */
const PRIVILEGED_CAPABILITY = "CAP_SYS_ADMIN";

/** Reads `config.json` of an OCI bundle: runtime-spec, config.md. Undefined where it is none. */
export function containerOfBundle(
  identity: ContainerIdentity,
  config: unknown,
  now: number,
): SensorContainer | undefined {
  const bundle = fields(config);
  if (typeof bundle.ociVersion !== "string") return undefined;
  const annotations = fields(bundle.annotations);
  const process = fields(bundle.process);
  const linux = fields(bundle.linux);
  const namespaces = list(linux.namespaces).map((namespace) => text(fields(namespace).type));
  return {
    ...undescribed(identity, now),
    name: firstOf(annotations, NAMES) || shortId(identity.id),
    image: firstOf(annotations, IMAGES),
    privileged: isPrivileged(process, linux),
    labels: Object.fromEntries(Object.entries(annotations).map(([name, value]) => [name, text(value)])),
    mounts: list(bundle.mounts)
      .map(fields)
      .filter((mount) => text(mount.type) === "bind" || list(mount.options).includes("rbind"))
      .map((mount) => ({
        source: text(mount.source),
        target: text(mount.destination),
        readOnly: list(mount.options).includes("ro"),
        propagation: "",
      })),
    environment: list(process.env).filter((item) => typeof item === "string"),
    hostPid: !namespaces.includes("pid"),
    hostNetwork: !namespaces.includes("network"),
    hostIpc: !namespaces.includes("ipc"),
    sysctls: Object.keys(fields(linux.sysctl)).map(sysctlPath),
    described: true,
  };
}

function isPrivileged(process: Fields, linux: Fields): boolean {
  const bounding = list(fields(process.capabilities).bounding);
  return bounding.includes(PRIVILEGED_CAPABILITY) && list(linux.maskedPaths).length === 0;
}

function firstOf(annotations: Fields, names: readonly string[]): string {
  for (const name of names) if (text(annotations[name]) !== "") return text(annotations[name]);
  return "";
}

function fields(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
