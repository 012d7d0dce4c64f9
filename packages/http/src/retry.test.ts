import { assert, date, integer, property, string } from "fast-check";
import { expect, it } from "vitest";
import { parseRetryAfter, retryDelayMs } from "./retry.ts";

const now = new Date("2026-01-01T00:00:00Z");
const policy = { maxRetries: 4, baseDelayMs: 100, maxDelayMs: 500, maxRetryAfterMs: 60_000 };

it.each([
  ["seconds", "120", 120_000],
  ["nothing to wait for", "0", 0],
  ["an HTTP date", "Thu, 01 Jan 2026 00:01:00 GMT", 60_000],
  ["a date that has passed", "Wed, 31 Dec 2025 00:00:00 GMT", 0],
  ["a negative number", "-1", undefined],
  ["a fraction", "1.5", undefined],
  ["words", "soon", undefined],
  ["another kind of date", "2026-01-01", undefined],
  ["an absurd number", "9".repeat(40), undefined],
  ["no header", undefined, undefined],
])("reads Retry-After: %s", (_, value, expected) => {
  expect(parseRetryAfter(value, now.getTime())).toBe(expected);
});

it("reads any date it is given as HTTP writes it", () => {
  const limits = { min: now, max: new Date("2100-01-01"), noInvalidDate: true };
  assert(
    property(date(limits), (at) => {
      const seconds = Math.floor(at.getTime() / 1000) * 1000;
      expect(parseRetryAfter(at.toUTCString(), now.getTime())).toBe(seconds - now.getTime());
    }),
  );
});

it("never throws", () => {
  assert(
    property(string(), (text) => {
      const waitMs = parseRetryAfter(text, now.getTime());
      expect(waitMs === undefined || waitMs >= 0).toBe(true);
    }),
  );
});

it.each([
  [0, 100],
  [1, 200],
  [2, 400],
  [3, 500],
])("before retry %i waits at most %i ms", (attempt, ceiling) => {
  const longest = retryDelayMs(policy, attempt, { retryAfterMs: undefined, random: () => 1 });
  expect(longest).toBe(ceiling);
});

it("waits within the policy's bounds", () => {
  assert(
    property(integer({ min: 0, max: 3 }), integer({ min: 0, max: 99 }), (attempt, percent) => {
      const random = () => percent / 100;
      const delayMs = retryDelayMs(policy, attempt, { retryAfterMs: undefined, random });
      expect(delayMs).toBeLessThanOrEqual(policy.maxDelayMs);
    }),
  );
});

it("ends", () => {
  expect(retryDelayMs(policy, 4, { retryAfterMs: undefined, random: () => 0.5 })).toBeUndefined();
});

it("takes the server's wait as a floor, up to a limit", () => {
  expect(retryDelayMs(policy, 0, { retryAfterMs: 5000, random: () => 0.5 })).toBe(5050);
  expect(retryDelayMs(policy, 0, { retryAfterMs: 60_001, random: () => 0.5 })).toBeUndefined();
});
