import type { FilePattern } from "@pratique/core";

/** Patterns made ready: one question per name instead of one per pattern. */
export interface Matcher {
  /** Whether any of the patterns wants the path. */
  matches(path: string): boolean;
}

export declare function compileMatcher(patterns: readonly FilePattern[]): Matcher;
