import { closeSync, constants, fstatSync, openSync } from "node:fs";
import type { DiskPath } from "../files/safe-open.ts";
import type { StoredReader } from "../files/stored-reader.ts";
import { inspectionOf } from "../layer-index/inspection.ts";
import type { Excerpts } from "../layer-index/layer-index.ts";
import type { Matcher } from "../layer-index/matcher.ts";

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

const NOTHING: Excerpts = new Map();

export interface DiskInspection {
  /** Permission bits, set-id bits included. */
  readonly mode: number;
  readonly size: number;
  /** Bytes that were read. */
  readonly readBytes: number;
  readonly excerpts: Excerpts;
  /** It is a program, and inspectors that may wait have not seen it. */
  readonly waits: boolean;
}

/** Inspects files that lie on disk, one after another and in one buffer, past all that nobody asks for. */
export class DiskInspector {
  readonly #matcher: Matcher;
  readonly #reader: StoredReader;

  constructor(matcher: Matcher, reader: StoredReader) {
    this.#matcher = matcher;
    this.#reader = reader;
  }

  /** Throws what the disk says. What the file grows by in the meantime is left out. */
  inspect(diskPath: DiskPath, path: string, options: { readonly postpones: boolean }): DiskInspection {
    // A pipe in place of a file would block the opening for ever without O_NONBLOCK.
    const fd = openSync(diskPath, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stats = fstatSync(fd);
      const { size } = stats;
      const mode = stats.mode & 0o7777;
      const inspection = stats.isFile()
        ? inspectionOf({ path, size, mode }, this.#matcher, options)
        : undefined;
      if (inspection === undefined) return { mode, size, readBytes: 0, excerpts: NOTHING, waits: false };
      const readBytes = this.#reader.read({ fd, offset: 0, size }, inspection);
      const waits = options.postpones && inspection.isProgram;
      return { mode, size, readBytes, excerpts: inspection.finish(), waits };
    } finally {
      closeSync(fd);
    }
  }
}
