import {
  type Digest,
  formatPlatform,
  type ImageConfig,
  isDigest,
  layerInstruction,
  type Platform,
} from "@pratique/core";
import { claimedBase } from "./claimed-base.ts";
import { OciError } from "./errors.ts";
import {
  isRecord,
  type JsonRecord,
  parseDocument,
  recordOf,
  textOf,
  textRecordOf,
  textsOf,
} from "./json-shape.ts";
import type { LayerFacts } from "./layer-index/layer-facts.ts";
import type { ImageManifest } from "./manifest.ts";
import type { ImageFacts } from "./source.ts";

/** A configuration blob, read. */
export interface ParsedConfig {
  readonly config: ImageConfig;
  readonly platform: Platform;
  /** Digests of the uncompressed layers, lowest first. */
  readonly diffIds: readonly Digest[];
  /** What made each of them, empty where the history does not say. None where it does not fit the layers. */
  readonly instructions: readonly string[];
  /** The steps that made the image, as its builder wrote them down, oldest first. */
  readonly history: readonly string[];
}

/** Steps of one history, empty ones included; images with more tell nothing of their layers. */
const MAX_STEPS = 4096;

/** Reads a configuration blob (OCI image-spec, config.md). Throws `IMAGE_MALFORMED`. */
export function parseConfig(bytes: Uint8Array): ParsedConfig {
  const document = parseDocument(bytes, "the configuration of the image");
  if (!isRecord(document))
    throw new OciError("IMAGE_MALFORMED", "the configuration of the image is no object");
  const os = textOf(document.os) ?? "";
  const architecture = textOf(document.architecture) ?? "";
  const variant = textOf(document.variant);
  const created = textOf(document.created);
  return {
    config: {
      os,
      architecture,
      ...(created !== undefined && { created }),
      ...runConfigOf(recordOf(document.config)),
    },
    platform: { os, architecture, ...(variant !== undefined && variant !== "" && { variant }) },
    ...layersOf(document),
    history: historyOf(document.history),
  };
}

function layersOf({ rootfs, history }: JsonRecord): Pick<ParsedConfig, "diffIds" | "instructions"> {
  const diffIds = diffIdsOf(recordOf(rootfs).diff_ids);
  const steps = Array.isArray(history) && history.length <= MAX_STEPS ? history.map(recordOf) : [];
  const makers = steps.filter(({ empty_layer }) => empty_layer !== true);
  // Steps that made a layer stand in the order of the layers; where there are more or fewer, nobody knows which is which.
  const fits = makers.length === diffIds.length;
  return { diffIds, instructions: fits ? makers.map(instructionOf) : [] };
}

/** The facts of an image that its configuration, and the manifest where there is one, tell. */
export function configFacts(
  { config, platform, history }: ParsedConfig,
  manifest?: Pick<ImageManifest, "annotations">,
): Pick<ImageFacts, "platform" | "config" | "history" | "base"> {
  const base = claimedBase(manifest?.annotations, config.labels);
  return { platform: formatPlatform(platform), config, history, ...(base !== undefined && { base }) };
}

/** What made the layer at a place. */
export function madeBy({ instructions }: ParsedConfig, place: number): Pick<LayerFacts, "instruction"> {
  const instruction = instructions[place];
  return instruction === undefined || instruction === "" ? {} : { instruction };
}

function instructionOf({ created_by }: JsonRecord): string {
  return layerInstruction(textOf(created_by) ?? "");
}

function runConfigOf(
  config: Readonly<Record<string, unknown>>,
): Omit<ImageConfig, "os" | "architecture" | "created"> {
  return {
    user: textOf(config.User) ?? "",
    entrypoint: textsOf(config.Entrypoint),
    command: textsOf(config.Cmd),
    environment: textsOf(config.Env),
    workingDirectory: textOf(config.WorkingDir) ?? "",
    exposedPorts: Object.keys(recordOf(config.ExposedPorts)),
    volumes: Object.keys(recordOf(config.Volumes)),
    labels: textRecordOf(config.Labels),
    healthcheck: textsOf(recordOf(config.Healthcheck).Test),
  };
}

/** Nothing is decided by it, so that what has another form is as good as absent. */
function historyOf(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.map((step) => textOf(recordOf(step).created_by) ?? "");
}

function diffIdsOf(value: unknown): readonly Digest[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value))
    throw new OciError("IMAGE_MALFORMED", "the layers of the configuration are no list");
  return value.map((item) => {
    if (typeof item === "string" && isDigest(item)) return item;
    throw new OciError(
      "IMAGE_MALFORMED",
      `expected a layer digest in the configuration, found ${JSON.stringify(item)}`,
    );
  });
}
