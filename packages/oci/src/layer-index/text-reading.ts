import type { InspectedFile, TextInspection, TextInspector } from "@pratique/core";

/** Drives several inspections of one text. */
export class TextReading {
  readonly #running: readonly (readonly [TextInspector, TextInspection])[];

  constructor(file: InspectedFile, inspectors: readonly TextInspector[]) {
    this.#running = inspectors.map((inspector) => [inspector, inspector.inspect(file)] as const);
  }

  /** False when nobody wants to see more. */
  get wantsMore(): boolean {
    return this.#running.some(([, { wantsMore }]) => wantsMore);
  }

  write(bytes: Uint8Array): void {
    for (const [, inspection] of this.#running) {
      if (inspection.wantsMore) inspection.write(bytes);
    }
  }

  /** The excerpts by inspector, when all has been given; empty for most files. */
  finish(): ReadonlyMap<TextInspector, Uint8Array> {
    const excerpts = new Map<TextInspector, Uint8Array>();
    for (const [inspector, inspection] of this.#running) {
      const excerpt = inspection.finish();
      if (excerpt !== undefined) excerpts.set(inspector, excerpt);
    }
    return excerpts;
  }
}

/** Those that look into a file of this name and length. */
export function textInspectorsFor(
  inspectors: readonly TextInspector[],
  name: string,
  size: number,
): readonly TextInspector[] {
  if (size === 0 || inspectors.length === 0) return NONE;
  return inspectors.filter((inspector) => size <= inspector.maxBytes && inspector.wantsName(name));
}

const NONE: readonly TextInspector[] = [];
