import type { FilePattern } from "@pratique/core";
import { compileMatcher, type Matcher } from "../layer-index/matcher.ts";

/** A matcher that wants more files than the one before. */
export function withPaths(
  matcher: Matcher,
  paths: readonly string[],
  under: readonly string[] = [],
): Matcher {
  const more: FilePattern = { paths, under };
  return compileMatcher([...matcher.patterns, more]);
}
