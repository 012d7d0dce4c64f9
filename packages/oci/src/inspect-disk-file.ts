import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { KiB, PROGRAM_HEAD_BYTES } from "@pratique/core";
import { type Inspection, inspectionOf } from "./inspection.ts";
import type { Excerpts } from "./layer-index.ts";
import type { Matcher } from "./matcher.ts";
import type { DiskPath } from "./safe-open.ts";

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

const CHUNK = 256 * KiB;
/** What a file is can be told from its first bytes; a short one is read at once. */
const SHORT = 64 * KiB;
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
  #buffer: Uint8Array | undefined;

  constructor(matcher: Matcher) {
    this.#matcher = matcher;
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
      const readBytes = this.#read(fd, size, inspection);
      const waits = options.postpones && inspection.isProgram;
      return { mode, size, readBytes, excerpts: inspection.finish(), waits };
    } finally {
      closeSync(fd);
    }
  }

  #read(fd: number, size: number, inspection: Inspection): number {
    this.#buffer ??= new Uint8Array(CHUNK);
    let readBytes = 0;
    let length = size <= SHORT ? size : PROGRAM_HEAD_BYTES;
    for (let at = 0; at < size; ) {
      const count = readSync(fd, this.#buffer, 0, Math.min(length, size - at), at);
      if (count === 0) break;
      readBytes += count;
      at += count;
      inspection.write(this.#buffer.subarray(0, count));
      const passable = Math.min(inspection.passable, size - at);
      inspection.skip(passable);
      at += passable;
      length = CHUNK;
    }
    return readBytes;
  }
}
