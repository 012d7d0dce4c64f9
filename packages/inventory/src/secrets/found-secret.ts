import { isSeverity, KiB, type Secret, type SecretCategory, type Severity } from "@pratique/core";
import { isRecord } from "./record.ts";
import { isFingerprint, isRedacted } from "./redact.ts";
import { secretRules } from "./rules/secret-rules.ts";

/** Secrets of one text that are kept. */
export const MAX_FOUND = 100;
const MAX_TITLE_CHARS = 200;
/** Longer than any that is written here. */
const MAX_EXCERPT_BYTES = MAX_FOUND * 2 * KiB;

/** Why a text was given up before its end. */
export const cuts = {
  tooLong: "too much of it looks like the beginning of a secret",
  tooMany: `there are more than ${MAX_FOUND} secrets in it`,
} as const;

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
export function encodeResult(result: TextResult): Buffer {
  return Buffer.from(JSON.stringify(result));
}

/**
 * Takes back what {@link encodeResult} wrote. Undefined for anything else: an excerpt that was kept may have been written by
 * somebody who wants another to be told what nobody found, or to have a secret kept as it is.
 */
export function decodeResult(excerpt: Uint8Array): TextResult | undefined {
  if (excerpt.length > MAX_EXCERPT_BYTES) return undefined;
  const value = parsed(excerpt);
  if (!isRecord(value) || !Array.isArray(value.found) || value.found.length > MAX_FOUND) return undefined;
  const found: FoundSecret[] = [];
  for (const item of value.found) {
    if (!isFound(item)) return undefined;
    const { rule, title, category, severity, confidence, line, match, fingerprint } = item;
    found.push({ rule, title, category, severity, confidence, line, match, fingerprint });
  }
  const cut = Object.values(cuts).find((known) => known === value.cut);
  const result = { found, ...(cut !== undefined && { cut }) };
  // Written again it is the same, or it holds something that is not read here.
  return encodeResult(result).equals(excerpt) ? result : undefined;
}

function parsed(excerpt: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(excerpt).toString("utf8"));
  } catch {
    return undefined;
  }
}

const categories: ReadonlyMap<string, SecretCategory> = new Map(
  secretRules.map(({ id, category }) => [id, category]),
);

function isFound(value: unknown): value is FoundSecret {
  return (
    isRecord(value) &&
    typeof value.rule === "string" &&
    value.category !== undefined &&
    categories.get(value.rule) === value.category &&
    typeof value.title === "string" &&
    value.title.length <= MAX_TITLE_CHARS &&
    typeof value.severity === "string" &&
    isSeverity(value.severity) &&
    (value.confidence === "high" || value.confidence === "low") &&
    Number.isSafeInteger(value.line) &&
    Number(value.line) >= 1 &&
    typeof value.match === "string" &&
    isRedacted(value.match) &&
    typeof value.fingerprint === "string" &&
    isFingerprint(value.fingerprint)
  );
}
