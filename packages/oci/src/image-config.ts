import { type Digest, type ImageConfig, isDigest, type Platform } from "@pratique/core";
import { OciError } from "./errors.ts";
import { isRecord, parseDocument, recordOf, textOf, textRecordOf, textsOf } from "./json-shape.ts";

/** A configuration blob, read. */
export interface ParsedConfig {
  readonly config: ImageConfig;
  readonly platform: Platform;
  /** Digests of the uncompressed layers, lowest first. */
  readonly diffIds: readonly Digest[];
}

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
    diffIds: diffIdsOf(recordOf(document.rootfs).diff_ids),
  };
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
