import type { JsonView } from "./json-view.ts";
import { parseTime } from "./time.ts";

/** A volume, and what its driver was told. */
export interface EngineVolume {
  readonly name: string;
  readonly driver: string;
  /** A path of the engine's host. */
  readonly mountpoint: string;
  /** The driver's options: for `local`, `type`, `o` and `device` can reach any path of the host. */
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** ISO 8601, UTC. */
  readonly created?: string;
}

export function readVolume(view: JsonView): EngineVolume {
  return {
    name: view.at("Name").requiredString(),
    driver: view.at("Driver").string(),
    mountpoint: view.at("Mountpoint").string(),
    options: view.at("Options").stringRecord(),
    labels: view.at("Labels").stringRecord(),
    ...parseTime("created", view.at("CreatedAt")),
  };
}
