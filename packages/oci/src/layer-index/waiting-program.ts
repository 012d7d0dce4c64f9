import { type ProgramFile, ProgramReading } from "@pratique/core";
import type { SeekableBytes } from "../files/seekable-bytes.ts";
import type { StoredReader } from "../files/stored-reader.ts";
import type { WaitingProgram } from "./layer-index.ts";

/** Where a program lies. */
export interface ProgramPlace {
  /** Opens what it lies in. */
  open(): SeekableBytes;
  /** Where it begins there, in bytes. */
  readonly offset: number;
}

/** A program that is opened anew when somebody wants to look into it. */
export function waitingProgram(
  file: ProgramFile,
  { open, offset }: ProgramPlace,
  reader: StoredReader,
): WaitingProgram {
  return {
    inspect(inspector) {
      using bytes = open();
      const { fd, offset: start } = bytes.place;
      const reading = new ProgramReading(file, [inspector]);
      reader.read({ fd, offset: start + offset, size: file.size }, reading);
      return reading.finish().get(inspector);
    },
  };
}
