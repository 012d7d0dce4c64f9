import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { KiB, PROGRAM_HEAD_BYTES, type ProgramInspector, ProgramReading } from "@pratique/core";
import type { Excerpts } from "./layer-index.ts";
import type { DiskPath } from "./safe-open.ts";

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

const CHUNK = 256 * KiB;
const NOTHING: Excerpts = new Map();

export interface DiskInspection {
  /** Bytes that were read. */
  readonly readBytes: number;
  readonly excerpts: Excerpts;
}

/** Inspects programs that lie on disk, one after another and in one buffer, past all that nobody asks for. */
export class DiskInspector {
  readonly #inspectors: readonly ProgramInspector[];
  #buffer: Uint8Array | undefined;

  constructor(inspectors: readonly ProgramInspector[]) {
    this.#inspectors = inspectors;
  }

  /** Throws what the disk says. What the file grows by in the meantime is left out. */
  inspect(diskPath: DiskPath, path: string): DiskInspection {
    // A pipe in place of a file would block the opening for ever without O_NONBLOCK.
    const fd = openSync(diskPath, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stats = fstatSync(fd);
      if (!stats.isFile()) return { readBytes: 0, excerpts: NOTHING };
      return this.#read(fd, { path, size: stats.size });
    } finally {
      closeSync(fd);
    }
  }

  #read(fd: number, file: { readonly path: string; readonly size: number }): DiskInspection {
    this.#buffer ??= new Uint8Array(CHUNK);
    const reading = new ProgramReading(file, this.#inspectors);
    let readBytes = 0;
    let length = PROGRAM_HEAD_BYTES;
    for (let at = 0; at < file.size; ) {
      const count = readSync(fd, this.#buffer, 0, Math.min(length, file.size - at), at);
      if (count === 0) break;
      readBytes += count;
      at += count;
      reading.write(this.#buffer.subarray(0, count));
      const passable = Math.min(reading.passable, file.size - at);
      reading.skip(passable);
      at += passable;
      length = CHUNK;
    }
    return { readBytes, excerpts: reading.finish() };
  }
}
