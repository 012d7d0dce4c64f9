import type { Condenser } from "@pratique/core";
import { compileMatcher, type Matcher } from "./matcher.ts";

/** What makes less of the file at a path; undefined where it has to be kept whole. */
export type CondenserLookup = (path: string) => Condenser | undefined;

/** Finds condensers by paths. One counts only where no other pattern wants the file. */
export function condensersOf({ patterns }: Matcher): CondenserLookup {
  if (patterns.every(({ condense }) => condense === undefined)) return () => undefined;
  const rules = patterns.map((pattern) => ({
    condense: pattern.condense,
    matcher: compileMatcher([pattern]),
  }));
  return (path) => {
    const wanting = rules.filter(({ matcher }) => matcher.matches(path));
    return wanting.length === 1 ? wanting[0]?.condense : undefined;
  };
}
