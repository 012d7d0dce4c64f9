import { existsSync } from "node:fs";
import type { KeySettings } from "./key-settings.ts";

/** Beside a key file: the key that is to take its place. */
export function nextKeyFile(file: string): string {
  return `${file}.next`;
}

/** Beside a key file: the key that was in its place before. */
export function formerKeyFile(file: string): string {
  return `${file}.former`;
}

/** Which key is written with, and which others may have wrapped some data keys still. */
export interface KeyPlaces {
  readonly current: KeySettings;
  readonly former: readonly KeySettings[];
}

/**
 * The keys that lie beside a key file, too: a change of keys that was cut short left some data keys under the one and
 * some under the other.
 */
export function keyPlacesOf({ current, former }: KeyPlaces): KeyPlaces {
  if (current.kind !== "file") return { current, former };
  const beside = [nextKeyFile(current.file), formerKeyFile(current.file)].filter((file) => existsSync(file));
  const files = existsSync(current.file) || beside.length === 0 ? [current.file, ...beside] : beside;
  const [first = current.file, ...others] = files;
  return {
    current: { kind: "file", file: first },
    former: [...former, ...others.map((file) => ({ kind: "file" as const, file }))],
  };
}
