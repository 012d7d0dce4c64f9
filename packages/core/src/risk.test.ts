import { assert, boolean, constantFrom, double, property, record, subarray } from "fast-check";
import { describe, expect, it } from "vitest";
import { compareRisk, type Exposure, type PackageUse, type RiskContext, riskOf } from "./risk.ts";
import { riskTerms } from "./risk-terms.ts";
import { severities } from "./severity.ts";

const worstFinding = {
  severity: "critical",
  knownExploited: true,
  epss: 1,
  status: "fixed",
  fixedVersion: "2",
} as const;
const worstContext: RiskContext = { use: "executed", exposure: ["port", "privileged", "host-namespace"] };

const finding = record(
  {
    severity: constantFrom(...severities),
    knownExploited: boolean(),
    epss: double({ min: 0, max: 1, noNaN: true }),
    status: constantFrom("fixed" as const, "affected" as const, "will-not-fix" as const),
    confidence: constantFrom("high" as const, "low" as const),
  },
  { requiredKeys: ["severity", "knownExploited", "status"] },
);
const exposures: readonly Exposure[] = ["host-namespace", "port", "privileged"];
const context = record(
  {
    use: constantFrom<PackageUse>("executed", "loaded", "image-runs", "not-seen", "not-running"),
    exposure: subarray([...exposures]),
  },
  { requiredKeys: [] },
);

const law = (predicate: (f: Parameters<typeof riskOf>[0], c: RiskContext) => void) =>
  assert(property(finding, context, predicate));
const score = (f: Parameters<typeof riskOf>[0], c: RiskContext = {}) => riskOf(f, c).score;

describe("the score", () => {
  it("reaches from 0 to 100", () => {
    expect(score(worstFinding, worstContext)).toBe(100);
    law((f, c) => {
      expect(score(f, c)).toBeGreaterThanOrEqual(0);
      expect(score(f, c)).toBeLessThanOrEqual(100);
    });
  });

  it("is the sum of all terms, which are whole and in order", () => {
    law((f, c) => {
      const { score: total, terms } = riskOf(f, c);
      expect(terms.map(({ name }) => name)).toEqual(riskTerms);
      expect(terms.every(({ points }) => Number.isInteger(points))).toBe(true);
      expect(terms.reduce((sum, { points }) => sum + points, 0)).toBe(total);
    });
  });

  it("never falls when something gets worse", () => {
    const bySeverity = ["negligible", "low", "unknown", "medium", "high", "critical"] as const;
    law((f, c) => {
      expect(score({ ...f, knownExploited: true }, c)).toBeGreaterThanOrEqual(
        score({ ...f, knownExploited: false }, c),
      );
      expect(score({ ...f, status: "fixed" }, c)).toBeGreaterThanOrEqual(score(f, c));
      expect(score({ ...f, epss: 1 }, c)).toBeGreaterThanOrEqual(score(f, c));
      expect(score(f, { ...c, use: "executed" })).toBeGreaterThanOrEqual(score(f, c));
      expect(score(f, { ...c, exposure: exposures })).toBeGreaterThanOrEqual(score(f, c));
      expect(score({ ...f, confidence: "high" }, c)).toBeGreaterThanOrEqual(score(f, c));
      const scores = bySeverity.map((severity) => score({ ...f, severity }, c));
      expect(scores).toEqual(scores.toSorted((left, right) => left - right));
    });
  });

  it("grows with the probability of exploitation", () => {
    assert(
      property(finding, double({ min: 0, max: 1, noNaN: true }), (f, other) => {
        const [less = 0, more = 0] = [f.epss ?? 0, other].sort((left, right) => left - right);
        expect(score({ ...f, epss: more })).toBeGreaterThanOrEqual(score({ ...f, epss: less }));
      }),
    );
  });
});

it("says what is not known, and gives nothing for it", () => {
  const { terms } = riskOf({ severity: "high", knownExploited: false, status: "affected" });
  const unknown = terms.filter(({ value }) => value === "not known");
  expect(unknown.map(({ name, points }) => [name, points])).toEqual([
    ["epss", 0],
    ["in-use", 0],
    ["exposure", 0],
  ]);
});

it.each([
  ["a critical one that nobody exploits", { ...worstFinding, knownExploited: false, epss: 0.001 }, {}, 45],
  ["a high one that is exploited", { ...worstFinding, severity: "high" as const, epss: 0.94 }, {}, 70],
  ["one in headers of a kernel", { ...worstFinding, confidence: "low" as const }, {}, 60],
  [
    "one that runs behind a port",
    worstFinding,
    { use: "image-runs" as const, exposure: ["port" as const] },
    90,
  ],
])("rates %s", (_, facts, how, expected) => {
  expect(score(facts, how)).toBe(expected);
});

it("takes a probability that is none for the nearest", () => {
  const termOf = (epss: number) => riskOf({ ...worstFinding, epss }).terms[2];
  expect([7, -1, Number.NaN].map((epss) => termOf(epss)?.points)).toEqual([10, 0, 0]);
});

it("tells by which file a package is in use, and says so of nothing else", () => {
  const detail = "/usr/lib/libssl.so.3";
  const { terms } = riskOf(worstFinding, { use: "loaded", useDetail: detail });
  expect(terms.filter((term) => "detail" in term)).toEqual([
    { name: "in-use", value: "loaded", detail, points: 10 },
  ]);
  expect(riskOf(worstFinding, { useDetail: detail }).terms.some((term) => "detail" in term)).toBe(false);
});

it("orders the highest first", () => {
  const [low, high] = [riskOf({ ...worstFinding, severity: "low" }), riskOf(worstFinding)];
  expect([low, high].sort(compareRisk)).toEqual([high, low]);
});
