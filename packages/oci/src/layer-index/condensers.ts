import type { Condenser } from "@pratique/core";
import { compileMatcher, type Matcher } from "./matcher.ts";

/** What makes less of the file at a path; undefined where it has to be kept whole. */
export type CondenserLookup = (path: string) => Condenser | undefined;

/** Finds condensers by paths. One counts only where no other pattern wants the file. */
export function condensersOf({ patterns }: Matcher): CondenserLookup {
  const condensing = patterns
    .filter(({ condense }) => condense !== undefined)
    .map((pattern) => ({ condense: pattern.condense, matcher: compileMatcher([pattern]) }));
  if (condensing.length === 0) return () => undefined;
  const whole = compileMatcher(patterns.filter(({ condense }) => condense === undefined));
  return (path) => {
    const wanting = condensing.filter(({ matcher }) => matcher.matches(path));
    return wanting.length === 1 && !whole.matches(path) ? wanting[0]?.condense : undefined;
  };
}
