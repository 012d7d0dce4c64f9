import type { Digest } from "./digest.ts";
import type { Suppressed } from "./finding.ts";
import { compareSeverity, type Severity } from "./severity.ts";

/** Where a secret was found: in a file of a layer, in a step of the image's making, or in its environment. */
export const secretPlaces = ["layer", "history", "environment"] as const;

export type SecretPlace = (typeof secretPlaces)[number];

/**
 * Who gave a secret out, or what it opens: a cloud, a host of code and packages, another service; a key that belongs to
 * nobody in particular; a tool that keeps credentials in a file of its own; a person who chose a password.
 */
export const secretCategories = ["cloud", "code-host", "service", "key", "file", "password"] as const;

export type SecretCategory = (typeof secretCategories)[number];

/**
 * A credential that lies in an image, where whoever may pull the image can read it.
 *
 * The value itself is never in here: {@link match} shows no more than its first four characters and its last two.
 */
export interface Secret {
  /** The rule that found it: `github-token`. */
  readonly rule: string;
  readonly title: string;
  /** Absent in reports of versions that knew none. */
  readonly category?: SecretCategory;
  readonly severity: Severity;
  /** `high` where the form proves what it is: a check sum, a key that parses, a prefix that nothing else has. */
  readonly confidence: "high" | "low";
  readonly where: SecretPlace;
  /** Of a file; absent elsewhere. */
  readonly path?: string;
  /** From 1: the line of the file, the step of the history, or the number of the variable. */
  readonly line?: number;
  /** The layer that brought the file; absent where there are no layers. */
  readonly layer?: Digest;
  /** True where an upper layer took the file away, or replaced it: it is still in the image for who pulls it. */
  readonly deleted?: true;
  /** What was found, made unreadable. */
  readonly match: string;
  /**
   * The same for the same value wherever it lies, and of no use for finding it out. What people choose themselves could
   * be guessed from it: of a password it tells the place and nothing of the value.
   */
  readonly fingerprint: string;
  /** Set when a rule of the user took it out of the count. */
  readonly suppressed?: Pick<Suppressed, "by">;
}

/** Orders secrets, worst first, and of those what is surely one; fits `Array.prototype.sort`. */
export function compareSecrets(left: Secret, right: Secret): number {
  return (
    compareSeverity(left.severity, right.severity) ||
    Number(left.confidence === "low") - Number(right.confidence === "low")
  );
}

/** Where a secret lies, in one text: `srv/app/.env:3`, `step 4 of the history`. */
export function secretPlace({ where, path, line }: Secret): string {
  const at = line === undefined ? "" : String(line);
  switch (where) {
    case "layer":
      return at === "" ? (path ?? "") : `${path ?? ""}:${at}`;
    case "history":
      return `step ${at} of the history`;
    case "environment":
      return `variable ${at} of the environment`;
  }
}
