import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { type Digest, isDigest, MiB, messageOf } from "@pratique/core";
import type { LearningDocument } from "@pratique/profile";
import { replaceFile } from "../../durable-file.ts";

/** What is kept of one image. */
export interface ProfileFile {
  readonly version: 1;
  /** By which the image was started, the latest last. */
  readonly names: readonly string[];
  readonly learning: LearningDocument;
}

/** One that was read; what it holds is for the profile's own reader to judge. */
export interface ReadProfile {
  readonly image: Digest;
  readonly names: readonly string[];
  readonly learning: unknown;
}

export interface RefusedProfile {
  readonly file: string;
  readonly reason: string;
}

const VERSION = 1;
const MAX_FILE_BYTES = 16 * MiB;
export const MAX_NAMES = 8;
const MAX_NAME = 512;
const FILE = /^(?<hex>[0-9a-f]{64})\.json$/u;

/** Where profiles lie, one file for each image. */
export class ProfileFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Reads at most so many, those that were written last. */
  readAll(most: number): {
    readonly profiles: readonly ReadProfile[];
    readonly refused: readonly RefusedProfile[];
  } {
    const profiles: ReadProfile[] = [];
    const refused: RefusedProfile[] = [];
    for (const image of this.#images().slice(0, most)) {
      try {
        profiles.push(this.#read(image));
      } catch (thrown) {
        refused.push({ file: this.refuse(image), reason: messageOf(thrown) });
      }
    }
    return { profiles, refused };
  }

  /** Throws what the file system throws. */
  write(image: Digest, parts: Omit<ProfileFile, "version">): void {
    const file: ProfileFile = { version: VERSION, ...parts };
    replaceFile(this.#fileOf(image), `${JSON.stringify(file)}\n`);
  }

  /** Puts a file aside that is no profile, so that a new one does not take its place. Gives its new name. */
  refuse(image: Digest): string {
    const file = `${this.#fileOf(image)}.refused`;
    renameSync(this.#fileOf(image), file);
    return file;
  }

  remove(image: Digest): void {
    rmSync(this.#fileOf(image), { force: true });
  }

  /** The one that was written last first. */
  #images(): readonly Digest[] {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const found = readdirSync(this.#directory).flatMap((name) => {
      const image = `sha256:${FILE.exec(name)?.groups?.hex}`;
      return isDigest(image) ? [{ image, at: statSync(this.#fileOf(image)).mtimeMs }] : [];
    });
    return found.toSorted((left, right) => right.at - left.at).map(({ image }) => image);
  }

  #read(image: Digest): ReadProfile {
    const file = this.#fileOf(image);
    const { size } = statSync(file);
    if (size > MAX_FILE_BYTES) throw new Error(`expected at most ${MAX_FILE_BYTES} bytes, found ${size}`);
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (!isProfileFile(value)) throw new Error(`expected a profile of version ${VERSION}`);
    return { image, names: value.names.slice(-MAX_NAMES), learning: value.learning };
  }

  #fileOf(image: Digest): string {
    return path.join(this.#directory, `${image.slice("sha256:".length)}.json`);
  }
}

function isProfileFile(
  value: unknown,
): value is { readonly names: readonly string[]; readonly learning: unknown } {
  if (typeof value !== "object" || value === null) return false;
  if (!("version" in value && "names" in value && "learning" in value) || value.version !== VERSION) {
    return false;
  }
  const { names } = value;
  return (
    Array.isArray(names) &&
    names.every((name: unknown) => typeof name === "string" && name.length <= MAX_NAME)
  );
}
