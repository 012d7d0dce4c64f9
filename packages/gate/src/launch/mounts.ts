import path from "node:path";
import type { LaunchMount } from "@pratique/core";
import { GateError } from "../errors.ts";
import { type Fields, flagIn, objectIn, objectsIn, textIn, textMapIn, textsIn } from "../json-fields.ts";
import { parseBind } from "./bind.ts";
import { reachesEngineSocket } from "./engine-sockets.ts";
import type { LaunchContext } from "./launch-context.ts";
import { volumeDevices } from "./volume-device.ts";

/** Each mount may cost a question to the engine. A launch with more of them is refused, not read in part. */
const MAX_MOUNTS = 512;

const KINDS = ["bind", "volume", "tmpfs", "image", "cluster", "npipe"] as const;

/** A mount before the host and the engine were asked about it. */
interface AskedMount {
  readonly kind: LaunchMount["kind"];
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  readonly propagation: string;
  readonly driver: string;
  readonly options: Readonly<Record<string, string>>;
}

/** The mounts that `Binds`, `Mounts` and `Tmpfs` of a host configuration, and `Volumes`, ask for. */
export function askedMounts(hostConfig: Fields, volumes: readonly string[]): readonly AskedMount[] {
  const driver = textIn(hostConfig, "VolumeDriver");
  return [
    ...textsIn(hostConfig, "Binds").map((text) => askedBind(text, driver)),
    ...objectsIn(hostConfig, "Mounts").map((mount) => askedMount(mount)),
    ...Object.keys(textMapIn(hostConfig, "Tmpfs")).map((target) => ({
      ...nothing,
      kind: "tmpfs" as const,
      target,
    })),
    ...volumes.map((target) => ({ ...nothing, kind: "volume" as const, target, driver })),
  ];
}

/** One of `Mounts`, of a container or of a service. */
export function askedMount(mount: Fields): AskedMount {
  const driverConfig = objectIn(objectIn(mount, "VolumeOptions"), "DriverConfig");
  return {
    kind: KINDS.find((kind) => kind === textIn(mount, "Type")) ?? "other",
    source: textIn(mount, "Source"),
    target: path.posix.normalize(textIn(mount, "Target")),
    readOnly: flagIn(mount, "ReadOnly"),
    propagation: textIn(objectIn(mount, "BindOptions"), "Propagation"),
    driver: textIn(driverConfig, "Name"),
    options: textMapIn(driverConfig, "Options"),
  };
}

/** The mounts that the engine says a container has: those that it inherits and the anonymous ones too. */
export function effectiveMounts(container: Fields): readonly AskedMount[] {
  return objectsIn(container, "Mounts").map((point) => {
    const kind = KINDS.find((known) => known === textIn(point, "Type")) ?? "other";
    return {
      ...nothing,
      kind,
      source: textIn(point, kind === "volume" ? "Name" : "Source"),
      target: textIn(point, "Destination"),
      readOnly: !flagIn(point, "RW"),
      propagation: textIn(point, "Propagation"),
      driver: textIn(point, "Driver"),
    };
  });
}

/**
 * What mounts are once the host was asked about paths, and the engine about volumes.
 *
 * @throws GateError `LAUNCH_UNREADABLE` for more mounts than are read.
 */
export async function resolveMounts(
  asked: readonly AskedMount[],
  context: LaunchContext,
): Promise<readonly LaunchMount[]> {
  const resolved: LaunchMount[] = [];
  limitMounts(asked.length);
  for (const mount of asked) resolved.push(...(await resolveMount(mount, context)));
  return resolved;
}

/** Throws `LAUNCH_UNREADABLE` for more mounts, or containers to take mounts from, than are read. */
export function limitMounts(count: number): void {
  if (count <= MAX_MOUNTS) return;
  throw new GateError("LAUNCH_UNREADABLE", `expected at most ${MAX_MOUNTS} mounts, found ${count}`);
}

const nothing: AskedMount = {
  kind: "other",
  source: "",
  target: "",
  readOnly: false,
  propagation: "",
  driver: "",
  options: {},
};

function askedBind(text: string, driver: string): AskedMount {
  const bind = parseBind(text);
  const kind = bind.source.startsWith("/") ? ("bind" as const) : ("volume" as const);
  return { ...nothing, ...bind, kind, ...(kind === "volume" && { driver }) };
}

async function resolveMount(asked: AskedMount, context: LaunchContext): Promise<readonly LaunchMount[]> {
  const { kind, target, readOnly, propagation } = asked;
  const common = { kind, target, readOnly, propagation };
  if (kind === "bind" || kind === "npipe") {
    const source = context.paths.resolve(asked.source);
    const exchangeable = context.paths.isExchangeable(asked.source);
    return [{ ...common, source, device: "", engineSocket: await reaches(source, context), exchangeable }];
  }
  const plain = { ...common, source: asked.source, device: "", engineSocket: false, exchangeable: false };
  if (kind !== "volume") return [plain];
  const reached: LaunchMount[] = [];
  for (const named of await devicesOf(asked, context)) {
    const isPath = named.startsWith("/");
    const device = isPath ? context.paths.resolve(named) : named;
    const exchangeable = isPath && context.paths.isExchangeable(named);
    reached.push({ ...plain, device, engineSocket: await reaches(device, context), exchangeable });
  }
  return reached.length === 0 ? [plain] : reached;
}

/** A volume that exists keeps the options it was made with; those asked for count as well, in case it goes. */
async function devicesOf(asked: AskedMount, { view }: LaunchContext): Promise<readonly string[]> {
  const wanted = volumeDevices(asked.driver, asked.options);
  if (asked.source === "") return wanted;
  const volume = await view.inspectVolume(asked.source);
  if (volume === undefined) return wanted;
  const existing = volumeDevices(volume.driver, volume.options);
  return [...new Set([...existing, ...wanted])];
}

async function reaches(hostPath: string, { engineSockets, view }: LaunchContext): Promise<boolean> {
  if (!hostPath.startsWith("/")) return false;
  const dataRoot = await view.dataRoot();
  // Policies know the usual place by its name, and let some see a part of it.
  const isUsual = dataRoot === USUAL_ROOT || dataRoot.startsWith(`${USUAL_ROOT}/`);
  return reachesEngineSocket(hostPath, isUsual ? engineSockets : [...engineSockets, dataRoot]);
}

const USUAL_ROOT = "/var/lib/docker";
