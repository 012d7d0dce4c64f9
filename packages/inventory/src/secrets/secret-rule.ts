import type { Secret, Severity } from "@pratique/core";
import type { PathClass } from "./path-class.ts";

/** What a pattern has matched in a text. Bytes are characters: texts are read as Latin-1. */
export interface SecretMatch {
  /** The group `secret`, with the group `head` in front; all that was matched where there are no such groups. */
  readonly secret: string;
  /** The other groups. */
  readonly groups: Readonly<Record<string, string | undefined>>;
  /** Undefined for what is no file: a step of the history, a variable of the environment. */
  readonly path: string | undefined;
  /** The text from the start of the match, up to so many bytes, as far as there is any. */
  readonly rest: (bytes: number) => string;
}

/** What is told of a match beside what the rule says of all. */
export interface SecretJudgement {
  readonly title?: string;
  readonly severity?: Severity;
  readonly confidence?: Secret["confidence"];
  /** What the fingerprint is taken of, where that is not the match. */
  readonly value?: string;
  /** What people are shown: nothing of the secret itself. */
  readonly shown?: string;
  /** How many bytes the secret takes, counted from the start of the match. */
  readonly bytes?: number;
}

/**
 * One kind of secret; a member of the family in `rules/`.
 *
 * The contract: a rule is asked only where one of its keywords stands, and its pattern is sticky, begins at the keyword
 * and reaches no further than `reachBytes` from there. Every quantifier of a pattern has a bound, so that no text makes
 * it take long. A rule says nothing of examples that everybody knows.
 */
export interface SecretRule {
  /** Lower-case, in words with hyphens. */
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  readonly confidence: Secret["confidence"];
  /** At least three bytes each, ASCII. */
  readonly keywords: readonly string[];
  /** The keywords may be written in capitals or not. */
  readonly ignoreCase?: true;
  /** With the flags `d` and `y`. What stands in front of the keyword is seen by looking behind. */
  readonly pattern: RegExp;
  /** How far a match may reach from the start of the keyword; 256 where absent, {@link MAX_REACH_BYTES} at the most. */
  readonly reachBytes?: number;
  /** How far the pattern looks behind, in bytes; 1 where absent. */
  readonly behindBytes?: number;
  /** Looks closer: undefined for what is none. Whatever it is given is linear to judge. */
  readonly judge?: (match: SecretMatch) => SecretJudgement | undefined;
  /** Chosen by people, so that its hash would tell it. */
  readonly isGuessable?: true;
  /** Where files of this kind are not asked about. */
  readonly skipIn?: readonly PathClass[];
  /** Where a match is less sure. */
  readonly unsureIn?: readonly PathClass[];
  /** Narrows the rule to some files; what is no file is then not asked about. */
  readonly onlyIn?: (path: string) => boolean;
}

/** No match is longer, counted from its keyword: a private key of 16,384 bits takes 13 KiB. */
export const MAX_REACH_BYTES = 20 * 1024;
export const DEFAULT_REACH_BYTES = 256;
