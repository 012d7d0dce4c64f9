import { KiB, PROGRAM_HEAD_BYTES, type ProgramFile, ProgramReading } from "@pratique/core";
import type { WaitingProgram } from "./layer-index.ts";
import type { SeekableBytes } from "./seekable-bytes.ts";

const CHUNK = 256 * KiB;

/** Where a program lies. */
export interface ProgramPlace {
  /** Opens what it lies in. */
  open(): SeekableBytes;
  /** Where it begins there, in bytes. */
  readonly offset: number;
}

/** A program that is opened anew when somebody wants to look into it. */
export function waitingProgram(file: ProgramFile, { open, offset }: ProgramPlace): WaitingProgram {
  return {
    inspect(inspector) {
      using bytes = open();
      const { source } = bytes;
      const reading = new ProgramReading(file, [inspector]);
      let length = PROGRAM_HEAD_BYTES;
      for (let at = 0; at < file.size; ) {
        const chunk = source.read(offset + at, Math.min(length, file.size - at));
        if (chunk.length === 0) break;
        reading.write(chunk);
        at += chunk.length;
        const passable = Math.min(reading.passable, file.size - at);
        reading.skip(passable);
        at += passable;
        length = CHUNK;
      }
      return reading.finish().get(inspector);
    },
  };
}
