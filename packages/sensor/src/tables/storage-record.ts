import path from "node:path";
import { isDigest } from "@pratique/core";
import { MAX_DETAILS_BYTES, readBounded, tryParseJson } from "./detail-file.ts";
import type { SensorContainer } from "./sensor-container.ts";

/** Containers that are removed when they end are listed apart. */
const INDEXES = ["volatile-containers.json", "containers.json"];

type Named = Pick<SensorContainer, "name" | "image" | "imageId">;

/**
 * How a container is called, and its image, where the bundle does not say it: in the index of the storage that Podman,
 * Buildah and CRI-O share, which is written before the container is started. `directory` holds a directory for each
 * container, and the index.
 */
export function readStorageRecord(directory: string, id: string): Named | undefined {
  for (const index of INDEXES) {
    const text = readBounded(path.join(directory, index), MAX_DETAILS_BYTES);
    const found = list(text === undefined ? undefined : tryParseJson(text)).find((entry) => entry.id === id);
    if (found !== undefined) return namedBy(found);
  }
  return undefined;
}

function namedBy({ names, metadata }: Fields): Named | undefined {
  const [first] = Array.isArray(names) ? names : [];
  const told = fieldsOf(tryParseJson(text(metadata)));
  const imageId = `sha256:${text(told["image-id"])}`;
  const name = text(told.name) || text(first);
  if (name === "") return undefined;
  return { name, image: text(told["image-name"]), imageId: isDigest(imageId) ? imageId : undefined };
}

type Fields = Readonly<Record<string, unknown>>;

function list(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
