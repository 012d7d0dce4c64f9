export type { MatchInput, MatchOptions, MatchResult } from "./match.ts";
export { DEFAULT_MAX_REASONS, match } from "./match.ts";
