/** What a score is made of, in the order in which it is told. */
export const riskTerms = [
  "severity",
  "known-exploited",
  "epss",
  "fix-available",
  "in-use",
  "exposure",
  "confidence",
] as const;

export type RiskTermName = (typeof riskTerms)[number];

/** One part of a score. */
export interface RiskTerm {
  readonly name: RiskTermName;
  /** What was found, in words that are the same for the same: `critical`, `no`, `not known`, `port, privileged`. */
  readonly value: string;
  /** What the value rests on, for people: `/usr/lib/libssl.so.3`. */
  readonly detail?: string;
  /** Whole points; below 0 only for a `confidence` that is low. */
  readonly points: number;
}

/** How urgent a finding is, and why. */
export interface Risk {
  /** 0 to 100: the sum of the points of the terms, exactly. */
  readonly score: number;
  /** All of them, in the order of {@link riskTerms}, those without points included. */
  readonly terms: readonly RiskTerm[];
}
