import type { Digest, ImageConfig } from "@pratique/core";
import type { JsonView } from "./json-view.ts";
import { parseTime } from "./time.ts";

/** An image as the engine's inspect shows it. */
export interface EngineImage {
  /**
   * The digest of the configuration; with the containerd image store the digest of the manifest or index
   * that the name points to.
   */
  readonly id: Digest;
  readonly repoTags: readonly string[];
  /** `repository@digest`, one for each registry that it was pulled from or pushed to. */
  readonly repoDigests: readonly string[];
  readonly variant: string;
  /** Bytes of all layers, uncompressed. */
  readonly sizeBytes: number;
  readonly config: ImageConfig;
  /** Digests of the uncompressed layers, lowest first. */
  readonly diffIds: readonly Digest[];
  readonly graphDriver: EngineGraphDriver;
}

/** How the engine stores the layers. Both members are empty where it does not say. */
export interface EngineGraphDriver {
  readonly name: string;
  readonly data: Readonly<Record<string, string>>;
}

export interface EngineImageSummary {
  readonly id: Digest;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  /** ISO 8601, UTC. */
  readonly created?: string;
  readonly sizeBytes: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** One step of an image's making, newest first as the engine lists them. */
export interface EngineHistoryStep {
  /** ISO 8601, UTC. */
  readonly created?: string;
  readonly createdBy: string;
  readonly comment: string;
  readonly sizeBytes: number;
}

export function readImage(view: JsonView): EngineImage {
  return {
    id: view.at("Id").digest(),
    repoTags: view.at("RepoTags").strings(),
    repoDigests: view.at("RepoDigests").strings(),
    variant: view.at("Variant").string(),
    sizeBytes: view.at("Size").number(),
    config: readConfig(view),
    diffIds: view
      .at("RootFS")
      .at("Layers")
      .list()
      .map((layer) => layer.digest()),
    graphDriver: readGraphDriver(view.at("GraphDriver")),
  };
}

export function readImageSummary(view: JsonView): EngineImageSummary {
  return {
    id: view.at("Id").digest(),
    repoTags: view.at("RepoTags").strings(),
    repoDigests: view.at("RepoDigests").strings(),
    ...parseTime("created", view.at("Created")),
    sizeBytes: view.at("Size").number(),
    labels: view.at("Labels").stringRecord(),
  };
}

export function readHistoryStep(view: JsonView): EngineHistoryStep {
  return {
    ...parseTime("created", view.at("Created")),
    createdBy: view.at("CreatedBy").string(),
    comment: view.at("Comment").string(),
    sizeBytes: view.at("Size").number(),
  };
}

function readConfig(image: JsonView): ImageConfig {
  const config = image.at("Config");
  return {
    os: image.at("Os").string(),
    architecture: image.at("Architecture").string(),
    ...parseTime("created", image.at("Created")),
    user: config.at("User").string(),
    entrypoint: config.at("Entrypoint").strings(),
    command: config.at("Cmd").strings(),
    environment: config.at("Env").strings(),
    workingDirectory: config.at("WorkingDir").string(),
    exposedPorts: config.at("ExposedPorts").names(),
    volumes: config.at("Volumes").names(),
    labels: config.at("Labels").stringRecord(),
    healthcheck: config.at("Healthcheck").at("Test").strings(),
  };
}

/** The data's shape is the driver's own: only what is text is taken. */
function readGraphDriver(view: JsonView): EngineGraphDriver {
  const data = view.at("Data");
  const texts = data.names().filter((name) => typeof data.at(name).value === "string");
  return {
    name: view.at("Name").string(),
    data: Object.fromEntries(texts.map((name) => [name, data.at(name).string()])),
  };
}
