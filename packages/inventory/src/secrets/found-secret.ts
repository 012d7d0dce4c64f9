import {
  isSeverity,
  type Secret,
  type SecretCategory,
  type Severity,
  secretCategories,
} from "@pratique/core";
import { isRecord } from "./record.ts";

/** A secret in one text, without the secret. */
export interface FoundSecret {
  readonly rule: string;
  readonly title: string;
  readonly category: SecretCategory;
  readonly severity: Severity;
  readonly confidence: Secret["confidence"];
  /** From 1. */
  readonly line: number;
  readonly match: string;
  readonly fingerprint: string;
}

/** What was found in one text. */
export interface TextResult {
  readonly found: readonly FoundSecret[];
  /** Why the text was not looked through to its end; undefined where it was. */
  readonly cut?: string;
}

/** As an excerpt of a file tree. */
export function encodeResult(result: TextResult): Uint8Array {
  return Buffer.from(JSON.stringify(result));
}

/** Takes back what {@link encodeResult} wrote. */
export function decodeResult(excerpt: Uint8Array): TextResult {
  const value: unknown = JSON.parse(Buffer.from(excerpt).toString("utf8"));
  if (!isRecord(value) || !Array.isArray(value.found)) return { found: [] };
  return {
    found: value.found.filter(isFound),
    ...(typeof value.cut === "string" && { cut: value.cut }),
  };
}

function isFound(value: unknown): value is FoundSecret {
  return (
    isRecord(value) &&
    typeof value.rule === "string" &&
    typeof value.title === "string" &&
    secretCategories.some((category) => category === value.category) &&
    typeof value.severity === "string" &&
    isSeverity(value.severity) &&
    (value.confidence === "high" || value.confidence === "low") &&
    typeof value.line === "number" &&
    typeof value.match === "string" &&
    typeof value.fingerprint === "string"
  );
}
