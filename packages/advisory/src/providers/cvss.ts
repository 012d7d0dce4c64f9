import { type Severity, severityOfScore } from "@pratique/core";
import cvss from "ae-cvss-calculator";

/** One CVSS vector whose base score could be computed. */
export interface RatedVector {
  readonly vector: string;
  /** The version of the standard: 2, 3 or 4. */
  readonly version: number;
  /** 0 to 10. */
  readonly score: number;
  readonly severity: Severity;
}

const METRICS = /^(?:CVSS:\d\.\d\/)?[A-Za-z]{1,3}:[A-Za-z]{1,4}(?:\/[A-Za-z]{1,3}:[A-Za-z]{1,8})*$/u;
const MAX_VECTOR_LENGTH = 256;

/**
 * Computes the base score of a CVSS vector of version 2, 3.0, 3.1 or 4.0 (https://www.first.org/cvss/). Undefined
 * where the vector is not one, or lacks a mandatory metric.
 */
export function rateVector(vector: string): RatedVector | undefined {
  if (vector.length > MAX_VECTOR_LENGTH || !METRICS.test(vector)) return undefined;
  try {
    const { version, calculator } = calculatorFor(vector);
    if (!calculator.isBaseFullyDefined()) return undefined;
    const score = calculator.calculateScores().base;
    if (score === undefined || !(score >= 0 && score <= 10)) return undefined;
    return { vector, version, score, severity: severityOfScore(score) };
  } catch {
    // The calculator throws bare errors for values that do not exist: the vector is not one.
    return undefined;
  }
}

function calculatorFor(vector: string) {
  if (vector.startsWith("CVSS:4.0/")) return { version: 4, calculator: new cvss.Cvss4P0(vector) };
  if (vector.startsWith("CVSS:3.1/")) return { version: 3, calculator: new cvss.Cvss3P1(vector) };
  if (vector.startsWith("CVSS:3.0/")) return { version: 3, calculator: new cvss.Cvss3P0(vector) };
  return { version: 2, calculator: new cvss.Cvss2(vector) };
}
