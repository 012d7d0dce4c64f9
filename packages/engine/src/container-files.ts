import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { MiB, parseJson } from "@pratique/core";

const FULL_ID = /^[0-9a-f]{64}$/u;
/** Labels and environment of a container come in a request, which the engine bounds at some MiB. */
const MAX_BYTES = 32 * MiB;

type Fields = Readonly<Record<string, unknown>>;

/**
 * What the engine has written of a container into its own directory, in the form of its API's answer to
 * `GET /containers/{id}/json`, as far as the two have the same: `Id`, `Name`, `Image`, `Config`, `HostConfig`, `Mounts`,
 * the start in `State` and the names in `NetworkSettings.Networks`. The engine writes both files before it says that it
 * has made the container, and gives up on one that it cannot write.
 *
 * Undefined where the files cannot be read, or are not of the form that Docker 20.10 to 28 writes.
 */
export function readContainerFiles(dataRoot: string, id: string): Fields | undefined {
  if (!FULL_ID.test(id)) return undefined;
  const directory = path.join(dataRoot, "containers", id);
  const container = readObject(path.join(directory, "config.v2.json"));
  const HostConfig = readObject(path.join(directory, "hostconfig.json"));
  if (container === undefined || HostConfig === undefined || container.ID !== id) return undefined;
  const { Name, Image, Config, State, NetworkSettings, MountPoints } = container;
  if (typeof Name !== "string" || typeof Image !== "string") return undefined;
  if (!isObject(Config) || !isObject(State) || !isObject(NetworkSettings)) return undefined;
  if (!isObject(NetworkSettings.Networks) || !isObject(MountPoints)) return undefined;
  const Mounts = Object.values(MountPoints).map((point) => (isObject(point) ? mountOf(point) : undefined));
  if (Mounts.includes(undefined)) return undefined;
  return { Id: id, Name, Image, State, Config, HostConfig, NetworkSettings, Mounts };
}

/** A volume's `Source` may be known to its driver only; whoever asks for one asks by name. */
function mountOf(point: Fields): Fields | undefined {
  const { Type, Name = "", Source = "", Destination, Driver = "", RW, Propagation = "" } = point;
  if (typeof Type !== "string" || typeof Destination !== "string" || typeof RW !== "boolean")
    return undefined;
  return { Type, Name, Source, Destination, Driver, RW, Propagation };
}

function readObject(file: string): Fields | undefined {
  try {
    if (statSync(file).size > MAX_BYTES) return undefined;
    const value = parseJson(readFileSync(file, "utf8"));
    return isObject(value) ? value : undefined;
  } catch {
    // Another host, no right to read, or another engine's way of keeping them: the API answers the same.
    return undefined;
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
