import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { type Digest, MiB, parseJson, RecentMap } from "@pratique/core";
import { type ImageFacts, parseImageFacts } from "@pratique/policy";
import { replaceFile } from "../durable-file.ts";

/** So many images are held in memory; the least recently used goes first. */
const MAX_HELD = 200;
const MAX_BYTES = 64 * MiB;

interface Held {
  readonly changed: number;
  readonly facts: ImageFacts;
}

/**
 * What the gate may know of each scanned image: one file an image, written by the worker and read by the gate,
 * so that the gate needs neither to decide.
 */
export class ImageFactsFiles {
  readonly #directory: string;
  readonly #held = new RecentMap<Digest, Held>(MAX_HELD);

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The same object for as long as the file stays the same; undefined where there is none to be had. */
  get(imageId: Digest): ImageFacts | undefined {
    const file = this.#fileOf(imageId);
    try {
      const { mtimeMs, size } = statSync(file);
      const held = this.#held.get(imageId);
      if (held?.changed === mtimeMs) return this.#use(imageId, held);
      if (size > MAX_BYTES) return undefined;
      return this.#use(imageId, { changed: mtimeMs, facts: readFacts(file, imageId) });
    } catch {
      // Absent, cut short or of another image: the image counts as not scanned.
      this.#held.delete(imageId);
      return undefined;
    }
  }

  put(imageId: Digest, facts: ImageFacts): void {
    replaceFile(this.#fileOf(imageId), JSON.stringify(facts));
  }

  #use(imageId: Digest, held: Held): ImageFacts {
    this.#held.set(imageId, held);
    return held.facts;
  }

  #fileOf(imageId: Digest): string {
    return path.join(this.#directory, `${imageId.slice("sha256:".length)}.json`);
  }
}

function readFacts(file: string, imageId: Digest): ImageFacts {
  const facts = parseImageFacts(parseJson(readFileSync(file, "utf8")));
  if (facts.imageId !== imageId) throw new Error(`${file} is about ${facts.imageId}`);
  return facts;
}
