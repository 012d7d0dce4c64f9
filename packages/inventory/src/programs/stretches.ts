import type { ElfHead, Segment } from "./elf.ts";

/** A part of a file: from its first byte to the one behind its last. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** The parts of a program in which data lie; all of it where that cannot be told apart from code. */
export function dataStretches(elf: ElfHead | undefined, size: number): readonly Stretch[] {
  const segments = elf?.segments.filter(({ executable }) => !executable) ?? [];
  if (segments.length === 0) return [{ start: 0, end: size }];
  return segments.map(stretchOf);
}

/** The parts in which texts lie: constants, and what a program may write to. */
export function textStretches(elf: ElfHead | undefined, size: number): readonly Stretch[] {
  const isApart = elf?.segments.some(isConstant) === true;
  return isApart ? dataStretches(elf, size) : constantStretches(elf, size);
}

/**
 * The parts in which constants lie. Linkers of before 2018 put them between the code: where nothing is read-only alone,
 * that is all that is loaded.
 */
function constantStretches(elf: ElfHead | undefined, size: number): readonly Stretch[] {
  const segments = elf?.segments ?? [];
  const constant = segments.filter(isConstant);
  if (segments.length === 0) return [{ start: 0, end: size }];
  return (constant.length > 0 ? constant : segments).map(stretchOf);
}

/** What lies behind all that is loaded: sections that only tools read. */
export function unloadedStretches(elf: ElfHead | undefined, size: number): readonly Stretch[] {
  const start = Math.max(0, ...(elf?.segments ?? []).map((segment) => segment.offset + segment.size));
  return [{ start, end: size }];
}

function isConstant({ executable, writable }: Segment): boolean {
  return !executable && !writable;
}

function stretchOf({ offset, size }: Segment): Stretch {
  return { start: offset, end: offset + size };
}

/** The first byte at or after a position that lies in one of the stretches; infinite where there is none. */
export function nextInside(stretches: readonly Stretch[], position: number): number {
  let next = Number.POSITIVE_INFINITY;
  for (const { start, end } of stretches) {
    if (position < end) next = Math.min(next, Math.max(start, position));
  }
  return next;
}
