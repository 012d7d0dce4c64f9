import { type InspectedFile, mayBeProgram, ProgramReading } from "@pratique/core";
import type { Excerpts, Inspector } from "./layer-index.ts";
import { type Matcher, nameOf } from "./matcher.ts";
import { TextReading, textInspectorsFor } from "./text-reading.ts";

/** The inspection of one file by all who want to look into it, as a program, as a text, or as either. */
export class Inspection {
  readonly path: string;
  readonly #program: ProgramReading | undefined;
  readonly #text: TextReading | undefined;

  constructor(file: InspectedFile, program: ProgramReading | undefined, text: TextReading | undefined) {
    this.path = file.path;
    this.#program = program;
    this.#text = text;
  }

  /** How many of the next bytes may be passed over; infinite where all has been seen. */
  get passable(): number {
    if (this.#text?.wantsMore === true) return 0;
    return this.#program?.passable ?? Number.POSITIVE_INFINITY;
  }

  /** Whether it is a program by its first bytes; false as long as they have not been given. */
  get isProgram(): boolean {
    return this.#program?.isProgram ?? false;
  }

  write(bytes: Uint8Array): void {
    this.#program?.write(bytes);
    if (this.#text?.wantsMore === true) this.#text.write(bytes);
  }

  skip(bytes: number): void {
    this.#program?.skip(bytes);
  }

  /** What was kept, when all has been given; empty for most files. */
  finish(): Excerpts {
    return new Map<Inspector, Uint8Array>([
      ...(this.#program?.finish() ?? []),
      ...(this.#text?.finish() ?? []),
    ]);
  }
}

/** A file before its content is seen. */
interface FoundFile extends InspectedFile {
  readonly mode: number;
}

/**
 * Begins to inspect a file; undefined where nobody wants to look into it. Where the file can be read again, `postpones` leaves
 * those out who may wait.
 */
export function inspectionOf(
  { path, size, mode }: FoundFile,
  { inspectors, promptInspectors, textInspectors }: Matcher,
  { postpones = false }: { readonly postpones?: boolean } = {},
): Inspection | undefined {
  const name = nameOf(path);
  const isProgram = inspectors.length > 0 && mayBeProgram(name, { mode, size });
  const readers = textInspectorsFor(textInspectors, name, size);
  if (!isProgram && readers.length === 0) return undefined;
  const file = { path, size };
  return new Inspection(
    file,
    isProgram ? new ProgramReading(file, postpones ? promptInspectors : inspectors) : undefined,
    readers.length > 0 ? new TextReading(file, readers) : undefined,
  );
}

/** Whether somebody may want to look into a file with this length: most files of a layer are shorter than any program. */
export function mayBeInspected(size: number, { inspectors, textInspectors }: Matcher): boolean {
  if (size === 0) return false;
  return textInspectors.length > 0 || (inspectors.length > 0 && mayBeProgram("", { mode: 0o111, size }));
}
