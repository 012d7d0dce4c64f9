import { constants } from "node:fs";
import { access, lstat } from "node:fs/promises";
import type { EngineAddress, EngineGraphDriver, EngineImage } from "@pratique/engine";

/**
 * What the engine's overlay2 driver calls its directories. An engine that is not the one it seems to be, as
 * behind a forwarded socket, must not make us read other directories of this host.
 */
const LAYER_DIRECTORY = /^\/(?:[^/:]+\/)*overlay2\/[0-9a-zA-Z]{20,64}(?:-init)?\/diff$/u;

/**
 * The directories in which an image or a container lies unpacked, lowest first. Undefined where the engine keeps them in
 * another way, is on another host, or says something that does not fit together.
 */
export function layerDirectories(
  address: EngineAddress,
  { name, data }: EngineGraphDriver,
): readonly string[] | undefined {
  if (address.kind !== "unix" || name !== "overlay2") return undefined;
  const { UpperDir: upper = "", LowerDir: lower = "" } = data;
  // The kernel's order: LowerDir has the highest of the lower layers first.
  const directories = [upper, ...lower.split(":")].filter((directory) => directory !== "").toReversed();
  const fits = directories.length > 0 && new Set(directories).size === directories.length;
  return fits && directories.every(isLayerDirectory) ? directories : undefined;
}

/** The same of an image, whose layers must be as many as its digests. */
export function imageDirectories(address: EngineAddress, image: EngineImage): readonly string[] | undefined {
  const directories = layerDirectories(address, image.graphDriver);
  return directories?.length === image.diffIds.length ? directories : undefined;
}

/** Whether all of them can be listed by us. */
export async function areReadable(directories: readonly string[]): Promise<boolean> {
  const answers = await Promise.all(directories.map(isReadable));
  return answers.every(Boolean);
}

function isLayerDirectory(directory: string): boolean {
  return (
    LAYER_DIRECTORY.test(directory) && !directory.split("/").some((part) => part === "." || part === "..")
  );
}

async function isReadable(directory: string): Promise<boolean> {
  try {
    await access(directory, constants.R_OK | constants.X_OK);
    return (await lstat(directory)).isDirectory();
  } catch {
    // Whatever the reason, the export is the other way.
    return false;
  }
}
