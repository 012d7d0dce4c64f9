import { chmodSync, chownSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type PrivateEngine, succeed } from "./private-engine.ts";

/** The part of a pod's specification that decides about users and files. */
export interface PodSpec {
  readonly securityContext: {
    readonly runAsUser: number;
    readonly runAsGroup: number;
    readonly fsGroup: number;
  };
  readonly initContainers: readonly ContainerSpec[];
  readonly containers: readonly ContainerSpec[];
  readonly volumes: readonly VolumeSpec[];
}

interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly securityContext: { readonly readOnlyRootFilesystem?: boolean };
  readonly volumeMounts: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
  }[];
}

interface VolumeSpec {
  readonly name: string;
  readonly emptyDir?: object;
  readonly secret?: { readonly secretName: string };
  readonly configMap?: { readonly name: string };
  readonly persistentVolumeClaim?: object;
}

export interface PodOptions {
  /** Where the volumes are made. Those that are there already stay as they are. */
  readonly directory: string;
  /** What Secrets and ConfigMaps hold, by their names. */
  readonly contents: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** More flags of `docker run` for the last container. */
  readonly flags: readonly string[];
}

/**
 * Runs a pod by Docker as the kubelet would: volumes are laid out and opened to `fsGroup`, the first containers run to
 * their end, and the last one is left running, by its own name.
 */
export async function startPod(
  engine: PrivateEngine,
  spec: PodSpec,
  { directory, contents, flags }: PodOptions,
): Promise<void> {
  const { fsGroup } = spec.securityContext;
  for (const volume of spec.volumes) {
    const place = path.join(directory, volume.name);
    const name = volume.secret?.secretName ?? volume.configMap?.name;
    if (name === undefined) makeOpen(place, fsGroup);
    else layOut(place, contents[name] ?? {}, fsGroup);
  }
  for (const container of spec.initContainers) {
    succeed(await engine.docker(["run", "--rm", ...flagsOf(spec, container, directory)]));
  }
  for (const container of spec.containers) {
    const run = ["run", "-d", "--name", container.name, ...flags];
    succeed(await engine.docker([...run, ...flagsOf(spec, container, directory)]));
  }
}

/** An empty volume: everybody may write, and what is made there belongs to the group. */
function makeOpen(place: string, group: number): void {
  mkdirSync(place, { recursive: true });
  chownSync(place, 0, group);
  chmodSync(place, 0o2777);
}

/** As the kubelet writes files that may change at once: each a link, through a link to the directory of today. */
function layOut(place: string, files: Readonly<Record<string, string>>, group: number): void {
  const today = path.join(place, "..2026_01_01_00_00_00.000000001");
  mkdirSync(today, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(today, name);
    writeFileSync(file, content);
    chownSync(file, 0, group);
    // `defaultMode` 0400, and what `fsGroup` adds.
    chmodSync(file, 0o440);
    link(path.join("..data", name), path.join(place, name));
  }
  link(path.basename(today), path.join(place, "..data"));
  chownSync(place, 0, group);
}

function link(target: string, name: string): void {
  symlinkSync(target, `${name}.new`);
  renameSync(`${name}.new`, name);
}

function flagsOf(
  { securityContext }: PodSpec,
  container: ContainerSpec,
  directory: string,
): readonly string[] {
  const { runAsUser, runAsGroup, fsGroup } = securityContext;
  const [program, ...words] = container.command ?? [];
  return [
    "--network",
    "host",
    "--user",
    `${runAsUser}:${runAsGroup}`,
    "--group-add",
    `${fsGroup}`,
    "--cap-drop",
    "ALL",
    "--security-opt",
    "no-new-privileges",
    ...(container.securityContext.readOnlyRootFilesystem === true ? ["--read-only"] : []),
    ...(container.env ?? []).flatMap(({ name, value }) => ["-e", `${name}=${value}`]),
    ...container.volumeMounts.flatMap(({ name, mountPath, readOnly }) => [
      "-v",
      `${path.join(directory, name)}:${mountPath}${readOnly === true ? ":ro" : ""}`,
    ]),
    ...(program === undefined ? [] : ["--entrypoint", program]),
    container.image,
    ...words,
    ...(container.args ?? []),
  ];
}
