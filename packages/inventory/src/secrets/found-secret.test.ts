import { describe, expect, it } from "vitest";
import { decodeResult, encodeResult, type FoundSecret, MAX_FOUND } from "./found-secret.ts";

const good: FoundSecret = {
  rule: "github-token",
  title: "GitHub token",
  category: "code-host",
  severity: "critical",
  confidence: "high",
  line: 3,
  match: "ghp_…9x (40 characters)",
  fingerprint: "0123456789abcdef",
};

const bytesOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

it.each([
  ["what was shown of a token", { found: [good] }],
  ["what was shown of a password", { found: [{ ...good, match: "… (12 characters)" }] }],
  ["what was shown of a key", { found: [{ ...good, match: "RSA PRIVATE KEY (1190 bytes)" }] }],
  ["that a text was given up", { found: [], cut: "there are more than 100 secrets in it" }],
])("reads %s", (_, result) => {
  expect(decodeResult(encodeResult(result))).toEqual(result);
});

describe("reads nothing of an excerpt", () => {
  it.each([
    ["that is no JSON", Buffer.from("{")],
    ["that is no object", bytesOf([])],
    ["without a list", bytesOf({})],
    ["with a secret that is none", bytesOf({ found: [7] })],
    ["with a secret as it is", bytesOf({ found: [{ ...good, match: "ghp_as-it-is" }] })],
    ["with more of it than is shown", bytesOf({ found: [{ ...good, match: "ghp_abc…9x (40 characters)" }] })],
    ["with a hash that tells it", bytesOf({ found: [{ ...good, fingerprint: "a".repeat(64) }] })],
    ["of a rule that is not known", bytesOf({ found: [{ ...good, rule: "another" }] })],
    ["of another category", bytesOf({ found: [{ ...good, category: "cloud" }] })],
    ["of no severity", bytesOf({ found: [{ ...good, severity: "worst" }] })],
    ["at no line", bytesOf({ found: [{ ...good, line: 0.5 }] })],
    ["with an endless title", bytesOf({ found: [{ ...good, title: "a".repeat(201) }] })],
    ["with a field that is not read", bytesOf({ found: [{ ...good, value: "ghp_as-it-is" }] })],
    ["with a field beside the list", bytesOf({ found: [], note: "ghp_as-it-is" })],
    ["that was given up for a reason of its own", bytesOf({ found: [], cut: "ghp_as-it-is" })],
    ["that is written otherwise", Buffer.from('{ "found": [] }')],
    ["with too many", bytesOf({ found: Array.from({ length: MAX_FOUND + 1 }, () => good) })],
    ["that is too long", Buffer.from('{"found":[]}'.padEnd(1_000_000))],
  ])("%s", (_, excerpt) => {
    expect(decodeResult(excerpt)).toBeUndefined();
  });
});
