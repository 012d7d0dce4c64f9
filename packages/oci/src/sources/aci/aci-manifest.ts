import type { ImageConfig, Platform } from "@pratique/core";
import { OciError } from "../../errors.ts";
import { isRecord, type JsonRecord, parseDocument, recordOf, textOf, textsOf } from "../../json-shape.ts";

/** Another image that an image builds on (appc spec, aci.md, "Dependency Matching"). */
export interface AciDependency {
  readonly imageName: string;
  /** `sha512-` and the digits of the uncompressed archive's hash, or the beginning of them; empty where any will do. */
  readonly imageId: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The manifest of an App Container Image, as far as it is used. */
export interface AciManifest {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** In the order in which they are laid over each other, lowest first. */
  readonly dependencies: readonly AciDependency[];
  /** The only paths that are in the root, normalised; empty for all. */
  readonly pathWhitelist: readonly string[];
  readonly platform: Platform | undefined;
  readonly config: ImageConfig;
}

const MAX_DEPENDENCIES = 128;
const MAX_PATHS = 1_000_000;
/** Names that the specification has for what all others call otherwise. */
const ARCHITECTURES: Readonly<Record<string, Platform>> = {
  i386: { os: "linux", architecture: "386" },
  aarch64: { os: "linux", architecture: "arm64" },
  aarch64_be: { os: "linux", architecture: "arm64be" },
  armv6l: { os: "linux", architecture: "arm", variant: "v6" },
  armv7l: { os: "linux", architecture: "arm", variant: "v7" },
  armv7b: { os: "linux", architecture: "armbe", variant: "v7" },
};

/** Reads an image manifest (appc spec, aci.md, "Image Manifest Schema"). Throws `IMAGE_MALFORMED`. */
export function parseAciManifest(bytes: Uint8Array): AciManifest {
  const document = recordOf(parseDocument(bytes, "the manifest of the image"));
  const name = textOf(document.name) ?? "";
  if (textOf(document.acKind) !== "ImageManifest" || name === "") {
    throw new OciError("IMAGE_MALFORMED", "expected an appc image manifest with a name");
  }
  const labels = pairsOf(document.labels);
  const dependencies = listOf(document.dependencies, "dependencies", MAX_DEPENDENCIES).map(dependencyOf);
  const paths = textsOf(document.pathWhitelist);
  if (paths.length > MAX_PATHS)
    throw new OciError("IMAGE_MALFORMED", `expected at most ${MAX_PATHS} paths in the whitelist`);
  const platform = platformOf(labels);
  return {
    name,
    labels,
    dependencies,
    pathWhitelist: paths.map((path) =>
      path
        .split("/")
        .filter((part) => part !== "" && part !== ".")
        .join("/"),
    ),
    platform,
    config: configOf(recordOf(document.app), {
      labels,
      platform,
      annotations: pairsOf(document.annotations),
    }),
  };
}

function dependencyOf(item: JsonRecord): AciDependency {
  // `app` is what version 0.1 of the specification called it.
  const imageName = textOf(item.imageName) ?? textOf(item.app) ?? "";
  const imageId = textOf(item.imageID) ?? "";
  if (imageName === "" || (imageId !== "" && !/^sha512-[0-9a-f]{2,128}$/u.test(imageId))) {
    throw new OciError(
      "IMAGE_MALFORMED",
      "expected a dependency with the name of an image, and an image id of SHA-512",
    );
  }
  return { imageName, imageId, labels: pairsOf(item.labels) };
}

function platformOf({ os, arch }: Readonly<Record<string, string>>): Platform | undefined {
  if (os === undefined) return undefined;
  const known = os === "linux" && arch !== undefined ? ARCHITECTURES[arch] : undefined;
  return known ?? { os, architecture: arch ?? "" };
}

interface ConfigParts {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly platform: Platform | undefined;
}

function configOf(app: JsonRecord, { labels, annotations, platform }: ConfigParts): ImageConfig {
  const { created } = annotations;
  return {
    os: platform?.os ?? "",
    architecture: platform?.architecture ?? "",
    ...(created !== undefined && { created }),
    user: textOf(app.user) ?? "",
    entrypoint: textsOf(app.exec),
    command: [],
    environment: Object.entries(pairsOf(app.environment)).map(([name, value]) => `${name}=${value}`),
    workingDirectory: textOf(app.workingDirectory) ?? "",
    exposedPorts: recordsOf(app.ports).map(
      ({ port, protocol }) => `${String(port)}/${textOf(protocol) ?? "tcp"}`,
    ),
    volumes: recordsOf(app.mountPoints).flatMap(({ path }) => textOf(path) ?? []),
    labels,
    healthcheck: [],
  };
}

/** A list of objects with `name` and `value`. */
function pairsOf(value: unknown): Readonly<Record<string, string>> {
  const pairs = recordsOf(value).map(
    ({ name, value: text }) => [textOf(name) ?? "", textOf(text) ?? ""] as const,
  );
  return Object.fromEntries(pairs.filter(([name]) => name !== ""));
}

function recordsOf(value: unknown): readonly JsonRecord[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function listOf(value: unknown, what: string, max: number): readonly JsonRecord[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.length <= max && value.every(isRecord)) return value;
  throw new OciError(
    "IMAGE_MALFORMED",
    `expected a list of at most ${max} ${what} in the manifest of the image`,
  );
}
