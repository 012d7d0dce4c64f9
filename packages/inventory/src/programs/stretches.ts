import type { ElfHead } from "./elf.ts";

/** A part of a file: from its first byte to the one behind its last. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** The parts of a program in which data lie; all of it where that cannot be told apart from code. */
export function dataStretches(elf: ElfHead | undefined, size: number): readonly Stretch[] {
  const segments = elf?.segments.filter(({ executable }) => !executable) ?? [];
  if (segments.length === 0) return [{ start: 0, end: size }];
  return segments.map((segment) => ({ start: segment.offset, end: segment.offset + segment.size }));
}

/**
 * The parts in which constant texts lie. Linkers of before 2018 put them between the code: where nothing is read-only
 * alone, all that is loaded has to be looked at.
 */
export function textStretches(elf: ElfHead | undefined, size: number): readonly Stretch[] {
  const segments = elf?.segments ?? [];
  const constant = segments.filter(({ executable, writable }) => !executable && !writable);
  if (constant.length > 0) return dataStretches(elf, size);
  if (segments.length === 0) return [{ start: 0, end: size }];
  return segments.map((segment) => ({ start: segment.offset, end: segment.offset + segment.size }));
}

/** The first byte at or after a position that lies in one of the stretches; infinite where there is none. */
export function nextInside(stretches: readonly Stretch[], position: number): number {
  let next = Number.POSITIVE_INFINITY;
  for (const { start, end } of stretches) {
    if (position < end) next = Math.min(next, Math.max(start, position));
  }
  return next;
}
