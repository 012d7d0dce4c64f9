import { createReadStream } from "node:fs";
import { copyFile, mkdir, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { hasCode, messageOf } from "@pratique/core";
import { removeUnfinished, syncPath, unfinishedPath } from "@pratique/dataset";
import { AdvisoryError } from "../errors.ts";
import { type Blob, MAX_MANIFEST_BYTES } from "./manifest.ts";
import { BLOBS, type BlobRest, blobName, MANIFEST_NAME, type WritableMirror } from "./mirror.ts";

/** A mirror as files below a directory, as any web server can hand them out. */
export class DirectoryMirror implements WritableMirror {
  readonly location: string;

  constructor(location: string) {
    this.location = resolve(location);
  }

  async readManifest(): Promise<string> {
    return this.#reading(async () => {
      const file = await open(join(this.location, MANIFEST_NAME), "r");
      try {
        const { size } = await file.stat();
        if (size > MAX_MANIFEST_BYTES) {
          throw new AdvisoryError("MIRROR_DAMAGED", `the manifest of ${this.#shown()} is too long`);
        }
        return await file.readFile("utf8");
      } finally {
        await file.close();
      }
    });
  }

  async readBlob(blob: Blob, { offset }: { readonly offset: number }): Promise<BlobRest> {
    const path = this.#pathOf(blob);
    return this.#reading(async () => {
      await stat(path);
      // One byte more than there should be, so that it is seen.
      return { offset, chunks: createReadStream(path, { start: offset, end: blob.bytes }) };
    });
  }

  async holds(blob: Blob): Promise<boolean> {
    // Whatever the reason, it is written then, and that says what is wrong with the place.
    const found = await stat(this.#pathOf(blob)).catch(() => undefined);
    return found?.size === blob.bytes;
  }

  async writeBlob(blob: Blob, path: string): Promise<void> {
    await this.#writing(async () => {
      await mkdir(join(this.location, BLOBS), { recursive: true });
      await replace(this.#pathOf(blob), (temporary) => copyFile(path, temporary));
    });
  }

  async writeManifest(text: string, kept: readonly Blob[]): Promise<void> {
    await this.#writing(async () => {
      await mkdir(join(this.location, BLOBS), { recursive: true });
      await replace(join(this.location, MANIFEST_NAME), (temporary) => writeFile(temporary, text));
      await removeUnfinished(this.location);
      const names = new Set(kept.map(({ digest }) => blobName(digest)));
      for (const name of await readdir(join(this.location, BLOBS))) {
        if (!names.has(name)) await rm(join(this.location, BLOBS, name), { force: true });
      }
    });
  }

  #pathOf({ digest }: Blob): string {
    return join(this.location, BLOBS, blobName(digest));
  }

  async #reading<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (cause) {
      if (cause instanceof AdvisoryError) throw cause;
      throw new AdvisoryError(
        hasCode(cause, "ENOENT") ? "MIRROR_MISSING" : "MIRROR_UNREACHABLE",
        `the mirror ${this.#shown()} cannot be read: ${messageOf(cause)}`,
        { cause },
      );
    }
  }

  async #writing(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (cause) {
      throw new AdvisoryError(
        "MIRROR_UNWRITABLE",
        `the mirror ${this.#shown()} cannot be written: ${messageOf(cause)}`,
        { cause },
      );
    }
  }

  #shown(): string {
    return JSON.stringify(this.location);
  }
}

/** Whoever reads sees the file before or the one after. */
async function replace(target: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = unfinishedPath(dirname(target), "");
  try {
    await write(temporary);
    await syncPath(temporary);
    await rename(temporary, target);
    await syncPath(dirname(target));
  } finally {
    await rm(temporary, { force: true });
  }
}
