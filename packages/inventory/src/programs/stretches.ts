import type { ElfHead, Segment } from "./elf.ts";

/** A part of a file: from its first byte to the one behind its last. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** The parts of a program in which data lie; all of it where that cannot be told apart from code. */
export function dataStretches(elf: ElfHead | undefined, size: number): readonly Stretch[] {
  return stretchesOf(elf?.segments.filter(({ executable }) => !executable) ?? [], size);
}

/** The parts that a program may write to, but not run; its data where there are none. */
export function writableStretches(elf: ElfHead | undefined, size: number): readonly Stretch[] {
  const writable = elf?.segments.filter(({ executable, writable }) => writable && !executable) ?? [];
  return writable.length > 0 ? writable.map(stretchOf) : dataStretches(elf, size);
}

/**
 * The parts in which texts lie: constants, and what a program may write to. Linkers of before 2018 put constants between
 * the code: where nothing is read-only alone, all that is loaded is one part.
 *
 * Linkers put frames for unwinding behind the constants, and what only the loader reads (symbols, relocations) in front of
 * them, where code lies between the two in a part of its own. Neither holds texts.
 */
export function textStretches(elf: ElfHead | undefined, size: number): readonly Stretch[] {
  const { segments = [], unwinding = Number.POSITIVE_INFINITY } = elf ?? {};
  const texts = segments.some(isConstant) ? segments.filter(({ executable }) => !executable) : segments;
  const constants = texts.find((segment) => isConstant(segment) && contains(segment, unwinding));
  const isForLoader = (segment: Segment) =>
    constants !== undefined && isConstant(segment) && segment.offset < constants.offset;
  return stretchesOf(
    texts.filter((segment) => !isForLoader(segment)),
    size,
  ).map(({ start, end }) => ({ start, end: unwinding > start && unwinding < end ? unwinding : end }));
}

function contains({ offset, size }: Segment, position: number): boolean {
  return position >= offset && position < offset + size;
}

function stretchesOf(segments: readonly Segment[], size: number): readonly Stretch[] {
  return segments.length === 0 ? [{ start: 0, end: size }] : segments.map(stretchOf);
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

/** Where the last of the stretches ends in which a position lies; the position itself where it lies in none. */
export function endInside(stretches: readonly Stretch[], position: number): number {
  let last = position;
  for (const { start, end } of stretches) {
    if (start <= position && position < end) last = Math.max(last, end);
  }
  return last;
}
