import type { Hardening } from "./hardening.ts";
import { parsePeer, siteOf } from "./peer-pattern.ts";
import { type Comment, formatYaml, type YamlList, type YamlMap } from "./yaml.ts";

/** What documents call the container, and where its seccomp profile lies. */
export interface ExportOptions {
  /** Lower-case letters, digits and hyphens (RFC 1123). */
  readonly name: string;
  /** How to start the image: `nginx:1.27` or with its digest. */
  readonly image: string;
  /** Where {@link formatSeccomp} was written to, as the engine or kubelet finds it. */
  readonly seccompPath: string;
}

/** What a profile is written as. */
export type HardeningFormat = "seccomp" | "docker" | "compose" | "kubernetes";

/** Writes it in one of the formats; undefined where there is no seccomp profile for the architecture. */
export function formatHardening(
  format: HardeningFormat,
  hardening: Hardening,
  options: ExportOptions,
): string | undefined {
  switch (format) {
    case "seccomp":
      return formatSeccomp(hardening);
    case "docker":
      return `${dockerRunFlags(hardening, options).join("\n")}\n`;
    case "compose":
      return formatCompose(hardening, options);
    case "kubernetes":
      return `${formatPodSpec(hardening, options)}---\n${formatNetworkPolicy(hardening, options)}`;
  }
}

/** Writes the seccomp profile as JSON; undefined where there is none for the architecture. */
export function formatSeccomp({ seccomp }: Hardening): string | undefined {
  return seccomp === undefined ? undefined : `${JSON.stringify(seccomp.profile, undefined, 2)}\n`;
}

/** Gives the flags of `docker run`, each word for itself: they pass through no shell. */
export function dockerRunFlags(
  hardening: Hardening,
  { name, seccompPath }: ExportOptions,
): readonly string[] {
  const { user, readOnlyRoot, tmpfs, volumes, capDrop, capAdd, noNewPrivileges, noNetwork, seccomp } =
    hardening;
  const flags: string[] = [];
  if (user !== undefined) flags.push("--user", user);
  if (readOnlyRoot) flags.push("--read-only");
  for (const directory of tmpfs) flags.push("--tmpfs", directory);
  for (const directory of volumes) flags.push("--volume", `${volumeName(name, directory)}:${directory}`);
  for (const capability of capDrop) flags.push("--cap-drop", capability);
  for (const capability of capAdd) flags.push("--cap-add", capability);
  if (noNewPrivileges) flags.push("--security-opt", "no-new-privileges");
  if (seccomp !== undefined) flags.push("--security-opt", `seccomp=${seccompPath}`);
  if (noNetwork) flags.push("--network", "none");
  return flags;
}

/** Writes a service of Compose. */
export function formatCompose(hardening: Hardening, options: ExportOptions): string {
  const { name, image, seccompPath } = options;
  const { user, readOnlyRoot, tmpfs, volumes, capDrop, capAdd, noNewPrivileges, noNetwork, seccomp } =
    hardening;
  const security = [
    ...(noNewPrivileges ? ["no-new-privileges:true"] : []),
    ...(seccomp === undefined ? [] : [`seccomp:${seccompPath}`]),
  ];
  const service: YamlMap = [
    ["image", image],
    ...optional("user", user),
    ...(readOnlyRoot ? [["read_only", true] as const] : []),
    ...listed("tmpfs", tmpfs),
    ...listed(
      "volumes",
      volumes.map((directory) => `${volumeName(name, directory)}:${directory}`),
    ),
    ...listed("cap_drop", capDrop),
    ...listed("cap_add", capAdd),
    ...listed("security_opt", security),
    ...(noNetwork ? [["network_mode", "none"] as const] : []),
    ...listed(
      "expose",
      hardening.listens.filter(isPort).map((listen) => listen.split("/").toReversed().join("/")),
    ),
  ];
  const named = volumes.map((directory) => [volumeName(name, directory), []] as const);
  return formatYaml([
    ...comments(hardening),
    ["services", [[name, service]]],
    ...(named.length === 0 ? [] : [["volumes", named] as const]),
  ]);
}

/** Writes the part of a pod that holds the container, for `spec` of a pod template. */
export function formatPodSpec(hardening: Hardening, options: ExportOptions): string {
  const { name, image, seccompPath } = options;
  const { user, readOnlyRoot, tmpfs, volumes, capDrop, capAdd, noNewPrivileges, seccomp } = hardening;
  const directories = [...tmpfs, ...volumes];
  const profile: YamlMap = [
    ["type", "Localhost"],
    ["localhostProfile", seccompPath],
  ];
  const context: YamlMap = [
    ...(user === undefined ? [] : [["runAsNonRoot", true] as const, ["runAsUser", Number(user)] as const]),
    ...(readOnlyRoot ? [["readOnlyRootFilesystem", true] as const] : []),
    ...(noNewPrivileges ? [["allowPrivilegeEscalation", false] as const] : []),
    ...(capDrop.length + capAdd.length === 0
      ? []
      : [["capabilities", [...listed("drop", capDrop), ...listed("add", capAdd)]] as const]),
    ...(seccomp === undefined ? [] : [["seccompProfile", profile] as const]),
  ];
  const mounts = directories.map(
    (directory): YamlMap => [
      ["name", volumeName(name, directory)],
      ["mountPath", directory],
    ],
  );
  const container: YamlMap = [
    ["name", name],
    ["image", image],
    ["securityContext", context],
    ...(mounts.length === 0 ? [] : [["volumeMounts", { list: mounts }] as const]),
  ];
  const sources = directories.map(
    (directory): YamlMap => [
      ["name", volumeName(name, directory)],
      ["emptyDir", tmpfs.includes(directory) ? [["medium", "Memory"]] : []],
    ],
  );
  return formatYaml([
    ...comments(hardening),
    ...(volumes.length === 0
      ? []
      : [{ comment: "emptyDir is lost with the pod: name a claim where files have to stay" }]),
    ["containers", { list: [container] }],
    ...(sources.length === 0 ? [] : [["volumes", { list: sources }] as const]),
  ]);
}

/** Writes a NetworkPolicy for the pods that have the label `app`. */
export function formatNetworkPolicy(hardening: Hardening, { name }: ExportOptions): string {
  const ports = hardening.listens.filter(isPort).map(portEntry);
  const isAnyPort = ports.length < hardening.listens.length;
  const ingress: readonly YamlMap[] =
    hardening.listens.length === 0 ? [] : [isAnyPort ? [] : [["ports", { list: ports }]]];
  return formatYaml([
    ...comments(hardening),
    ["apiVersion", "networking.k8s.io/v1"],
    ["kind", "NetworkPolicy"],
    ["metadata", [["name", name]]],
    [
      "spec",
      [
        ["podSelector", [["matchLabels", [["app", name]]]]],
        ["policyTypes", { list: ["Ingress", "Egress"] }],
        ["ingress", { list: ingress }],
        ["egress", { list: egressOf(hardening) }],
      ],
    ],
  ]);
}

function egressOf({ peers, usesNames }: Hardening): readonly (YamlMap | Comment)[] {
  if (peers === undefined) return [{ comment: "too many peers were seen to name them: all are allowed" }, []];
  const entries: (YamlMap | Comment)[] = [];
  if (usesNames)
    entries.push({ comment: "questions for names" }, [
      ["ports", { list: ["udp/53", "tcp/53"].map(portEntry) }],
    ]);
  const names = peers.filter((peer) => siteOf(parsePeer(peer).host) !== undefined);
  // A NetworkPolicy knows no names, and addresses behind a name change.
  for (const port of new Set(names.map((peer) => parsePeer(peer).port))) {
    const hosts = names.filter((peer) => parsePeer(peer).port === port).map((peer) => parsePeer(peer).host);
    entries.push({ comment: `for ${hosts.join(", ")}: any address, since a NetworkPolicy knows no names` });
    entries.push(port === "*" ? [] : [["ports", { list: [portEntry(port)] }]]);
  }
  for (const peer of peers.filter((one) => !names.includes(one))) {
    const { host, port } = parsePeer(peer);
    const to: YamlList = { list: [[["ipBlock", [["cidr", cidrOf(host)]]]]] };
    const isNamed = /^(?:tcp|udp)\/\d+$/u.test(port);
    entries.push([["to", to], ...(isNamed ? [["ports", { list: [portEntry(port)] }] as const] : [])]);
  }
  return entries;
}

function portEntry(text: string): YamlMap {
  const [protocol = "", port = ""] = text.split("/");
  return [
    ["protocol", protocol.toUpperCase()],
    ["port", Number(port)],
  ];
}

function isPort(text: string): boolean {
  return /^(?:tcp|udp)\/\d+$/u.test(text);
}

function cidrOf(host: string): string {
  if (host.includes("/")) return host;
  return host.includes(":") ? `${host}/128` : `${host}/32`;
}

function comments({ image, mounts, unknown, seccomp }: Hardening): readonly Comment[] {
  const lines = [`learned from ${image}`];
  if (seccomp?.basis === "reduced")
    lines.push("seccomp: the engine's default, reduced; not every system call was seen");
  if (mounts.length > 0)
    lines.push(`mounted when it was learned, and to be mounted again: ${mounts.join(", ")}`);
  if (unknown.length > 0) lines.push(`too much was seen to know all of: ${unknown.join(", ")}`);
  return lines.map((comment) => ({ comment }));
}

function optional(key: string, value: string | undefined): YamlMap {
  return value === undefined ? [] : [[key, value]];
}

function listed(key: string, list: readonly string[]): YamlMap {
  return list.length === 0 ? [] : [[key, { list }]];
}

/** A name that engines and Kubernetes take for a volume. */
function volumeName(name: string, directory: string): string {
  const words = directory.toLowerCase().replaceAll(/[^a-z0-9]+/gu, "-");
  return `${name}${words}`.slice(0, 63).replace(/(?<!-)-+$/u, "");
}
