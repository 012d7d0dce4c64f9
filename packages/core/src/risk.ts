import type { Finding } from "./finding.ts";
import type { Risk, RiskTerm } from "./risk-terms.ts";
import type { Severity } from "./severity.ts";

/** What is known of how an image runs; what is absent is not known, and never counts for or against. */
export interface RiskContext {
  readonly use?: PackageUse;
  /** What `use` rests on, for people. */
  readonly useDetail?: string;
  /** What the containers that run it lay open. Empty: nothing of these. */
  readonly exposure?: readonly Exposure[];
}

/**
 * How a package of an image is used. `executed`: a container that runs has executed a file of it. `loaded`: a process of such a
 * container has a file of it in its memory, or open. `image-runs`: a container of the image runs, and nothing is known of the
 * package. `not-seen`: one runs, all its processes were looked at, and none had a file of the package. `not-running`: none
 * does, on any host that was asked.
 */
export type PackageUse = "executed" | "loaded" | "image-runs" | "not-seen" | "not-running";

/** A way in which a container lies open: a port published on the host, all rights, a namespace of the host. */
export type Exposure = "host-namespace" | "port" | "privileged";

type RiskFacts = Pick<
  Finding,
  "severity" | "knownExploited" | "epss" | "status" | "fixedVersion" | "confidence"
>;

/** The most that each term adds; together 100. `unknown` lies above `low`: nobody has said that it is harmless. */
const SEVERITY_POINTS: Readonly<Record<Severity, number>> = {
  critical: 40,
  high: 30,
  medium: 18,
  unknown: 10,
  low: 8,
  negligible: 2,
};
const EXPLOITED_POINTS = 25;
const EPSS_POINTS = 10;
const FIX_POINTS = 5;
/** What was not seen may be used another day; what was not looked for lies above it. */
const USE_POINTS: Readonly<Record<PackageUse, number>> = {
  executed: 10,
  loaded: 10,
  "image-runs": 5,
  "not-seen": 2,
  "not-running": 0,
};
const EXPOSURE_POINTS: Readonly<Record<Exposure, number>> = { "host-namespace": 2, port: 5, privileged: 3 };

/**
 * Scores a finding. The score is the sum of its terms and lies between 0 and 100; what is worse in any one term never
 * scores lower. `docs/reference/risk.md` says what each term is worth, and why.
 */
export function riskOf(finding: RiskFacts, context: RiskContext = {}): Risk {
  const terms = [
    severityTerm(finding),
    exploitedTerm(finding),
    epssTerm(finding),
    fixTerm(finding),
    useTerm(context),
    exposureTerm(context),
    confidenceTerm(finding),
  ];
  return { score: terms.reduce((sum, { points }) => sum + points, 0), terms };
}

/** Orders by score, the highest first; fits `Array.prototype.sort`. */
export function compareRisk(left: Risk, right: Risk): number {
  return right.score - left.score;
}

function severityTerm({ severity }: RiskFacts): RiskTerm {
  return { name: "severity", value: severity, points: SEVERITY_POINTS[severity] };
}

function exploitedTerm({ knownExploited }: RiskFacts): RiskTerm {
  return {
    name: "known-exploited",
    value: knownExploited ? "yes" : "no",
    points: knownExploited ? EXPLOITED_POINTS : 0,
  };
}

/** By the square root: from one in a hundred to one in ten matters as much as from there to certainty. */
function epssTerm({ epss }: RiskFacts): RiskTerm {
  if (epss === undefined || Number.isNaN(epss)) return { name: "epss", value: "not known", points: 0 };
  const bounded = Math.min(Math.max(epss, 0), 1);
  return {
    name: "epss",
    value: bounded.toFixed(4),
    points: Math.round(EPSS_POINTS * Math.sqrt(bounded)),
  };
}

function fixTerm({ status, fixedVersion }: RiskFacts): RiskTerm {
  const isFixed = status === "fixed" || fixedVersion !== undefined;
  return { name: "fix-available", value: isFixed ? "yes" : "no", points: isFixed ? FIX_POINTS : 0 };
}

function useTerm({ use, useDetail }: RiskContext): RiskTerm {
  return {
    name: "in-use",
    value: use ?? "not known",
    ...(use !== undefined && useDetail !== undefined && { detail: useDetail }),
    points: use === undefined ? 0 : USE_POINTS[use],
  };
}

function exposureTerm({ exposure }: RiskContext): RiskTerm {
  if (exposure === undefined) return { name: "exposure", value: "not known", points: 0 };
  const found = [...new Set(exposure)].sort();
  return {
    name: "exposure",
    value: found.length === 0 ? "none" : found.join(", "),
    points: found.reduce((sum, one) => sum + EXPOSURE_POINTS[one], 0),
  };
}

/** A match that may be none takes back half of what the severity gave. */
function confidenceTerm({ confidence, severity }: RiskFacts): RiskTerm {
  const isLow = confidence === "low";
  return {
    name: "confidence",
    value: isLow ? "low" : "high",
    points: isLow ? -Math.floor(SEVERITY_POINTS[severity] / 2) : 0,
  };
}
