import type { PolicyException } from "@pratique/core";
import { array, assert, property, string } from "fast-check";
import { expect, it } from "vitest";
import { formatException } from "./exception-document.ts";
import { loadPolicies } from "./policy-set.ts";

const words = array(string({ minLength: 1, unit: "grapheme" }), { minLength: 1, maxLength: 3 });

it("writes what it reads", () => {
  assert(
    property(words, words, string({ minLength: 1, unit: "grapheme" }), (rules, images, reason) => {
      const exception: PolicyException = {
        id: "cve-2024-1",
        rules,
        scope: { images, secrets: ["9f86d081884c7d65"], licenses: ["MIT OR Apache-2.0"], hosts: ["web-*"] },
        reason,
        owner: "ada@example",
        expires: "2027-01-31T12:00:00.000Z",
      };
      const text = formatException(exception);
      expect(loadPolicies([{ path: "x.yaml", text }]).exceptions).toEqual([exception]);
    }),
  );
});

it("refuses to read an exception that would lift its rules everywhere", () => {
  const text = formatException({
    id: "all",
    rules: ["a"],
    scope: {},
    reason: "r",
    owner: "o",
    expires: "2027-01-31T12:00:00Z",
  });
  expect(() => loadPolicies([{ path: "x.yaml", text }])).toThrow(/spec\.scope: expected at least one of/u);
});
