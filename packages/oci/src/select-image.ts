import { existsSync } from "node:fs";
import { type Digest, type Platform, parseDigest } from "@pratique/core";
import { checkPlatform, choosePlatform } from "./choose-platform.ts";
import { OciError } from "./errors.ts";
import { configFacts, madeBy, type ParsedConfig, parseConfig } from "./image-config.ts";
import { completedName } from "./image-name.ts";
import { isRecord, parseGoDocument, structOf, textOf, textsOf } from "./json-shape.ts";
import type { LayerFacts } from "./layer-index/layer-facts.ts";
import { checkBlob, type Descriptor, digestOfBytes, type ImageManifest, parseManifest } from "./manifest.ts";
import type { ImageFacts } from "./source.ts";

/** A small document of an archive or a layout by its path; undefined where there is none. */
export type ReadDocument = (path: string) => Promise<Uint8Array | undefined>;

export interface SelectOptions {
  /** Which of several images is meant: a tag or a full name. */
  readonly name?: string | undefined;
  readonly platform?: Platform | undefined;
  /** What is read where there are both. */
  readonly prefer: "docker" | "oci";
}

/** One image of an archive or a layout, and where its layers lie. */
export interface SelectedImage {
  readonly facts: Omit<ImageFacts, "reference" | "layers">;
  /** Lowest first. */
  readonly layers: readonly { readonly path: string; readonly facts: LayerFacts }[];
}

/** An index may name an index; a longer chain is nobody's image. */
const MAX_INDEX_DEPTH = 3;

/**
 * Finds the image in what `docker save` writes (`manifest.json`), or in an OCI layout (image-layout.md).
 * Throws `IMAGE_NOT_FOUND`, `IMAGE_AMBIGUOUS`, `PLATFORM_NOT_FOUND`, `IMAGE_MALFORMED`, `DIGEST_MISMATCH`.
 */
export async function selectImage(read: ReadDocument, options: SelectOptions): Promise<SelectedImage> {
  const order = options.prefer === "docker" ? [selectDocker, selectOci] : [selectOci, selectDocker];
  for (const select of order) {
    const found = await select(read, options);
    if (found === undefined) continue;
    await checkAgreement(read, options);
    return found;
  }
  throw new OciError("IMAGE_NOT_FOUND", 'expected "manifest.json" or "index.json", found neither');
}

/**
 * Of an archive that is of both kinds, an engine reads the one or the other, depending on its store. Throws
 * `IMAGE_MALFORMED` where they name different images.
 */
async function checkAgreement(read: ReadDocument, options: SelectOptions): Promise<void> {
  const [manifest, indexBytes] = [await read("manifest.json"), await read("index.json")];
  if (manifest === undefined || indexBytes === undefined) return;
  const { name: asked } = options;
  const images = parseDockerManifest(manifest);
  const isNamed = images.some(({ tags }) =>
    tags.some((tag) => asked !== undefined && isSameName(tag, asked)),
  );
  if (asked !== undefined && !isNamed) return;
  const { configPath } = chooseDocker(images, asked);
  const config = await read(configPath);
  if (config === undefined) throw missing(configPath);
  const imageId = digestOfBytes(config);
  const { platform } = parseConfig(config);
  const index = parseManifest(indexBytes);
  const named = index.kind === "index" ? index.manifests : [];
  const names = new Set(named.map(nameOf));
  for (const name of names) {
    if (asked !== undefined && !isSameName(name ?? "", asked)) continue;
    const same = named.filter((descriptor) => nameOf(descriptor) === name);
    const found = (await findManifest(read, same, platform)).manifest.config.digest;
    if (found === imageId) continue;
    throw new OciError(
      "IMAGE_MALFORMED",
      `"manifest.json" is of the image ${imageId}, and "index.json" of ${found}`,
    );
  }
}

async function selectDocker(read: ReadDocument, options: SelectOptions): Promise<SelectedImage | undefined> {
  const bytes = await read("manifest.json");
  if (bytes === undefined) return undefined;
  const { configPath, layerPaths } = chooseDocker(parseDockerManifest(bytes), options.name);
  const config = await read(configPath);
  if (config === undefined) throw missing(configPath);
  const imageId = digestOfBytes(config);
  checkNamedDigest(configPath, imageId);
  const parsed = parseConfig(config);
  checkPlatform(parsed.platform, options.platform);
  const diffIds = matchDiffIds(parsed, layerPaths.length);
  return {
    facts: { imageId, ...configFacts(parsed) },
    layers: layerPaths.map((path, index) => ({
      path,
      facts: { ...factsOf(path, diffIds[index]), ...madeBy(parsed, index) },
    })),
  };
}

interface DockerImage {
  readonly configPath: string;
  readonly tags: readonly string[];
  readonly layerPaths: readonly string[];
}

function parseDockerManifest(bytes: Uint8Array): readonly DockerImage[] {
  const document = parseGoDocument(bytes, '"manifest.json"');
  const images = Array.isArray(document) ? document.filter(isRecord) : [];
  return images.map((value) => {
    const image = structOf(value, ["Config", "RepoTags", "Layers"]);
    const configPath = textOf(image.Config);
    if (configPath === undefined)
      throw new OciError("IMAGE_MALFORMED", '"manifest.json" names no configuration');
    return { configPath, tags: textsOf(image.RepoTags), layerPaths: textsOf(image.Layers) };
  });
}

function chooseDocker(images: readonly DockerImage[], name: string | undefined): DockerImage {
  const fitting =
    name === undefined ? images : images.filter(({ tags }) => tags.some((tag) => isSameName(tag, name)));
  return onlyOne(fitting, {
    name,
    choices: images.map(({ tags, configPath }) => tags.join(" ") || configPath),
  });
}

async function selectOci(read: ReadDocument, options: SelectOptions): Promise<SelectedImage | undefined> {
  const bytes = await read("index.json");
  if (bytes === undefined) return undefined;
  const index = parseManifest(bytes);
  if (index.kind !== "index") throw new OciError("IMAGE_MALFORMED", '"index.json" is no index');
  const named = chooseNamed(index.manifests, options.name);
  const { manifest, digest } = await findManifest(read, named, options.platform);
  const config = await readBlob(read, manifest.config);
  const parsed = parseConfig(config);
  checkPlatform(parsed.platform, options.platform);
  const diffIds = matchDiffIds(parsed, manifest.layers.length);
  return {
    facts: {
      digest,
      imageId: manifest.config.digest,
      ...configFacts(parsed, manifest),
    },
    layers: manifest.layers.map((layer, position) => ({
      path: blobPath(layer.digest),
      facts: {
        ...factsOf("", diffIds[position]),
        ...madeBy(parsed, position),
        digest: layer.digest,
        sizeBytes: layer.size,
      },
    })),
  };
}

/** The manifests that share the name that was asked for, or the only name there is. */
function chooseNamed(manifests: readonly Descriptor[], name: string | undefined): readonly Descriptor[] {
  const names = new Set(manifests.map(nameOf).filter((found) => found !== undefined));
  if (name === undefined && names.size <= 1) return manifests;
  const wanted = onlyOne(
    name === undefined ? [...names] : [...names].filter((found) => isSameName(found, name)),
    { name, choices: [...names] },
  );
  return manifests.filter((descriptor) => nameOf(descriptor) === wanted);
}

function nameOf({ annotations = {} }: Descriptor): string | undefined {
  return annotations["io.containerd.image.name"] ?? annotations["org.opencontainers.image.ref.name"];
}

interface FoundManifest {
  readonly manifest: ImageManifest;
  readonly digest: Digest;
}

async function findManifest(
  read: ReadDocument,
  manifests: readonly Descriptor[],
  platform: Platform | undefined,
): Promise<FoundManifest> {
  let descriptor = choosePlatform({ kind: "index", manifests }, manifests.length > 1 ? platform : undefined);
  for (let depth = 0; depth < MAX_INDEX_DEPTH; depth += 1) {
    const document = parseManifest(await readBlob(read, descriptor));
    if (document.kind === "manifest") return { manifest: document, digest: descriptor.digest };
    descriptor = choosePlatform(document, platform);
  }
  throw new OciError("IMAGE_MALFORMED", `more than ${MAX_INDEX_DEPTH} indexes name one another`);
}

async function readBlob(read: ReadDocument, descriptor: Descriptor): Promise<Uint8Array> {
  const bytes = await read(blobPath(descriptor.digest));
  if (bytes === undefined) throw missing(blobPath(descriptor.digest));
  checkBlob(descriptor, bytes);
  return bytes;
}

/** Takes `PATH` or `PATH:NAME` apart. A path may contain colons: the longest one that exists is it. */
export function splitName(value: string): { readonly path: string; readonly name?: string } {
  for (let end = value.length; end > 0; end = value.lastIndexOf(":", end - 1)) {
    const path = value.slice(0, end);
    if (existsSync(path)) return end === value.length ? { path } : { path, name: value.slice(end + 1) };
  }
  return { path: value };
}

/** Where a layout keeps a blob (OCI image-spec, image-layout.md, "Blobs"). */
function blobPath(digest: Digest): string {
  return `blobs/${digest.replace(":", "/")}`;
}

function factsOf(path: string, diffId: Digest | undefined): LayerFacts {
  const digest = namedDigest(path);
  return { ...(diffId !== undefined && { diffId }), ...(digest !== undefined && { digest }) };
}

/** The digest that a path promises, where it is a blob's. */
export function namedDigest(path: string): Digest | undefined {
  const hex = /^blobs\/sha256\/(?<hex>[0-9a-f]{64})$/u.exec(path)?.groups?.hex;
  return hex === undefined ? undefined : parseDigest(`sha256:${hex}`);
}

function checkNamedDigest(path: string, found: Digest): void {
  const hex = /(?:^|\/)(?<hex>[0-9a-f]{64})(?:\.json)?$/u.exec(path)?.groups?.hex;
  if (hex !== undefined && parseDigest(`sha256:${hex}`) !== found) {
    throw new OciError(
      "DIGEST_MISMATCH",
      `expected ${JSON.stringify(path)} to have its own name as digest, found ${found}`,
    );
  }
}

function matchDiffIds({ diffIds }: ParsedConfig, layers: number): readonly Digest[] {
  if (diffIds.length === layers) return diffIds;
  throw new OciError(
    "IMAGE_MALFORMED",
    `the configuration has ${diffIds.length} layers, the manifest ${layers}`,
  );
}

interface Choice {
  readonly name: string | undefined;
  readonly choices: readonly string[];
}

function onlyOne<Item>(items: readonly Item[], { name, choices }: Choice): Item {
  const [only, ...others] = items;
  if (only !== undefined && others.length === 0) return only;
  const listed = choices.map((choice) => JSON.stringify(choice)).join(", ") || "none";
  if (only === undefined) {
    const wanted = name === undefined ? "an image" : `the image ${JSON.stringify(name)}`;
    throw new OciError("IMAGE_NOT_FOUND", `expected ${wanted}, found ${listed}`);
  }
  throw new OciError("IMAGE_AMBIGUOUS", `expected one image, found ${listed}`);
}

/** Whether two names mean the same image: letter by letter, once completed, or as the tag of a layout. */
function isSameName(found: string, asked: string): boolean {
  return found === asked || completedName(found) === completedName(asked);
}

function missing(path: string): OciError {
  return new OciError("IMAGE_MALFORMED", `expected ${JSON.stringify(path)} in the archive, found nothing`);
}
