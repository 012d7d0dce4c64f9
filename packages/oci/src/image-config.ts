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
  parseGoDocument,
  recordOf,
  structOf,
  textOf,
  textRecordOf,
  textsOf,
  wordsOf,
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

const MEMBERS = ["os", "architecture", "variant", "created", "config", "rootfs", "history"] as const;
const RUN_MEMBERS = [
  "User",
  "Entrypoint",
  "Cmd",
  "Env",
  "WorkingDir",
  "ExposedPorts",
  "Volumes",
  "Labels",
  "Healthcheck",
] as const;

/** Reads a configuration blob (OCI image-spec, config.md). Throws `IMAGE_MALFORMED`. */
export function parseConfig(bytes: Uint8Array): ParsedConfig {
  const parsed = parseGoDocument(bytes, "the configuration of the image");
  if (!isRecord(parsed)) throw new OciError("IMAGE_MALFORMED", "the configuration of the image is no object");
  const document = structOf(parsed, MEMBERS);
  const history = Array.isArray(document.history)
    ? document.history.map((step) => structOf(step, ["created_by", "empty_layer"]))
    : [];
  const os = textOf(document.os) ?? "";
  const architecture = textOf(document.architecture) ?? "";
  const variant = textOf(document.variant);
  const created = textOf(document.created);
  return {
    config: {
      os,
      architecture,
      ...(created !== undefined && { created }),
      ...runConfigOf(document.config),
    },
    platform: { os, architecture, ...(variant !== undefined && variant !== "" && { variant }) },
    ...layersOf(document.rootfs, history),
    history: history.map(({ created_by }) => textOf(created_by) ?? ""),
  };
}

/** Nothing is decided by it, so that what has another form is as good as absent. */
type Step = Readonly<{ created_by?: unknown; empty_layer?: unknown }>;

function layersOf(rootfs: unknown, history: readonly Step[]): Pick<ParsedConfig, "diffIds" | "instructions"> {
  const diffIds = diffIdsOf(structOf(rootfs, ["diff_ids"]).diff_ids);
  const steps = history.length <= MAX_STEPS ? history : [];
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

function instructionOf({ created_by }: Step): string {
  return layerInstruction(textOf(created_by) ?? "");
}

function runConfigOf(value: unknown): Omit<ImageConfig, "os" | "architecture" | "created"> {
  const config = structOf(value, RUN_MEMBERS);
  return {
    user: textOf(config.User) ?? "",
    entrypoint: wordsOf(config.Entrypoint),
    command: wordsOf(config.Cmd),
    environment: textsOf(config.Env),
    workingDirectory: textOf(config.WorkingDir) ?? "",
    exposedPorts: Object.keys(recordOf(config.ExposedPorts)),
    volumes: Object.keys(recordOf(config.Volumes)),
    labels: textRecordOf(config.Labels),
    healthcheck: textsOf(structOf(config.Healthcheck, ["Test"]).Test),
  };
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
