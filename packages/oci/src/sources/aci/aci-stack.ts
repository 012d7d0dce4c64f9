import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf } from "@pratique/core";
import { OciError } from "../../errors.ts";
import { type AciFile, aciImageId, openAciFile } from "./aci-file.ts";
import type { AciDependency } from "./aci-manifest.ts";

/** Files beside an image that its dependencies are looked for in. */
const MAX_NEIGHBOURS = 256;
/** Images of one stack; one that several depend on counts each time. */
const MAX_PARTS = 128;

/** One image of a stack, and the whitelists that hold for what is in it. */
export interface AciPart {
  readonly aci: AciFile;
  readonly whitelists: readonly (readonly string[])[];
}

/** An image with those that it depends on, found among the files beside it. */
export class AciStack {
  readonly image: AciFile;
  readonly #signal: AbortSignal;
  readonly #imageIds = new Map<AciFile, string>();
  readonly #parts: AciPart[] = [];
  readonly #neighbours: AciFile[] = [];
  #looked = false;
  /** Files beside it that are no images, and why. */
  readonly #unreadable: string[] = [];

  constructor(image: AciFile, signal: AbortSignal) {
    this.image = image;
    this.#signal = signal;
  }

  /** Lowest first. Throws `IMAGE_NOT_FOUND` where a dependency is missing, `IMAGE_AMBIGUOUS`, `IMAGE_MALFORMED`. */
  async resolve(): Promise<readonly AciPart[]> {
    await this.#add(this.image, [], []);
    return this.#parts;
  }

  async close(): Promise<void> {
    for (const { file } of [this.image, ...this.#neighbours]) await file.close();
  }

  /** `above` are the images that led here, of which none may come again. */
  async #add(aci: AciFile, above: readonly AciFile[], whitelists: AciPart["whitelists"]): Promise<void> {
    if (above.includes(aci)) {
      const names = [...above, aci].map(({ manifest }) => JSON.stringify(manifest.name)).join(" on ");
      throw new OciError("IMAGE_MALFORMED", `images depend on themselves: ${names}`);
    }
    const holding = [...whitelists, aci.manifest.pathWhitelist];
    for (const dependency of aci.manifest.dependencies) {
      await this.#add(await this.#find(dependency, aci), [...above, aci], holding);
    }
    if (this.#parts.length >= MAX_PARTS) {
      throw new OciError("LIMIT_REACHED", `the image depends on more than ${MAX_PARTS} images`);
    }
    this.#parts.push({ aci, whitelists: holding });
  }

  async #find(dependency: AciDependency, dependent: AciFile): Promise<AciFile> {
    await this.#openNeighbours();
    const fitting: AciFile[] = [];
    for (const candidate of this.#neighbours) {
      if (await this.#fits(candidate, dependency)) fitting.push(candidate);
    }
    const [found, ...others] = fitting;
    const wanted = `${JSON.stringify(dependent.manifest.name)} depends on ${describe(dependency)}`;
    if (found === undefined) {
      const odd = this.#unreadable.length === 0 ? "" : ` (not read: ${this.#unreadable.join(", ")})`;
      throw new OciError(
        "IMAGE_NOT_FOUND",
        `${wanted}, which no .aci file in ${JSON.stringify(this.#directory)} is${odd}`,
      );
    }
    if (others.length === 0) return found;
    const files = fitting.map(({ path }) => JSON.stringify(path)).join(", ");
    throw new OciError("IMAGE_AMBIGUOUS", `${wanted}, which all of these are: ${files}`);
  }

  /** By name, then by image id where one is told, else by labels (appc spec, aci.md, "Dependency Matching"). */
  async #fits(aci: AciFile, { imageName, imageId, labels }: AciDependency): Promise<boolean> {
    if (aci.manifest.name !== imageName) return false;
    if (imageId === "") {
      return Object.entries(labels).every(([name, value]) => aci.manifest.labels[name] === value);
    }
    const known = this.#imageIds.get(aci) ?? (await aciImageId(aci, this.#signal));
    this.#imageIds.set(aci, known);
    return known.startsWith(imageId);
  }

  get #directory(): string {
    return dirname(this.image.path);
  }

  async #openNeighbours(): Promise<void> {
    if (this.#looked) return;
    this.#looked = true;
    const names = readdirSync(this.#directory).filter((name) => name.endsWith(".aci"));
    if (names.length > MAX_NEIGHBOURS) {
      const found = `found ${names.length} in ${JSON.stringify(this.#directory)}`;
      throw new OciError(
        "LIMIT_REACHED",
        `expected at most ${MAX_NEIGHBOURS} .aci files beside the image, ${found}`,
      );
    }
    for (const name of names.sort()) {
      try {
        this.#neighbours.push(await openAciFile(join(this.#directory, name), this.#signal));
      } catch (thrown) {
        if (!(thrown instanceof OciError)) throw thrown;
        this.#unreadable.push(`${JSON.stringify(name)}: ${messageOf(thrown)}`);
      }
    }
  }
}

function describe({ imageName, imageId, labels }: AciDependency): string {
  const details = [
    ...Object.entries(labels).map(([name, value]) => `${name}=${value}`),
    ...(imageId === "" ? [] : [imageId]),
  ];
  return `${JSON.stringify(imageName)}${details.length === 0 ? "" : ` (${details.join(", ")})`}`;
}
