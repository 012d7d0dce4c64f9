import { expect, it } from "vitest";
import { formatProblem } from "./errors.ts";
import { lint } from "./lint.ts";
import { exception, policy } from "./testdata/documents.ts";

const now = new Date("2026-06-01T00:00:00Z");
const rule = policy({ deny: "image.runsAsRoot" });

function warningsOf(...documents: Parameters<typeof lint>[0]): readonly string[] {
  return lint(documents, { now }).map((problem) => `${problem.level} ${formatProblem(problem)}`);
}

it("has nothing to say of a sound set", () => {
  expect(
    warningsOf(
      rule,
      exception({ rules: ["rule-0", "test/rule-0", "assessed"], scope: { hosts: ["web-1"] } }),
    ),
  ).toEqual([]);
});

it.each([
  [
    "an unknown rule",
    { rules: ["rule-1"] },
    'waiver.yaml:7: spec.rules[0]: no rule is called "rule-1"; did you mean "rule-0"?',
  ],
  [
    "a time that is over",
    { rules: ["rule-0"], expires: "2026-05-01" },
    "waiver.yaml:12: spec.expires: has expired, so it lifts nothing",
  ],
  [
    "a time that is nearly over",
    { rules: ["rule-0"], expires: "2026-06-08" },
    "waiver.yaml:12: spec.expires: expires in 7 days",
  ],
])("warns of an exception with %s", (_, spec, warning) => {
  const complete = { scope: { digests: [`sha256:${"0".repeat(64)}`] }, ...spec };
  const [first, ...more] = warningsOf(rule, exception({ ...complete }));
  expect(first?.replace(/:\d+:/u, ":")).toBe(`warning ${warning.replace(/:\d+:/u, ":")}`);
  expect(more).toEqual([]);
});

it.each([
  [{ images: ["*"] }, true],
  [{ images: ["a:*", "*"], hosts: ["*"] }, true],
  [{ images: ["*"], hosts: ["web-*"] }, false],
  [{ images: ["*"], vulnerabilities: ["CVE-1"] }, false],
])("tells whether the scope %j is everything", (scope, everything) => {
  const warnings = warningsOf(rule, exception({ rules: ["rule-0"], scope }));
  expect(warnings.some((text) => text.endsWith("lifts the rules for every image on every host"))).toBe(
    everything,
  );
});

it.each<[string, Record<string, unknown>, string]>([
  ["never holds", { deny: "false" }, "deny: is always false, so the rule never holds"],
  ["never applies", { when: "false", deny: "true" }, "when: is always false, so the rule never holds"],
  [
    "is never asked at a restart",
    { deny: "true", stages: ["build"], onRestart: "warn" },
    'onRestart: has no effect without the stage "launch"',
  ],
  [
    "looks at a key that may be missing",
    { deny: "image.labels.team == ''" },
    'deny: key "team" may be missing; test it first with has() or "in"',
  ],
  [
    "looks at it by index",
    { deny: "image.labels['team'] == ''" },
    'deny: key "team" may be missing; test it first with has() or "in"',
  ],
])("warns of a rule that %s", (_, body, warning) => {
  expect(warningsOf(policy(body))).toEqual([expect.stringContaining(`spec.rules[0].${warning}`)]);
});

it.each([
  "has(image.labels.team) && image.labels.team == ''",
  "'team' in image.labels && image.labels['team'] == ''",
])("has nothing to say of %s", (deny) => {
  expect(warningsOf(policy({ deny }))).toEqual([]);
});

it("names errors and warnings in the order of files and lines", () => {
  const wrong = policy({ deny: "image.labels.team == ''" }, { deny: "nope" });
  expect(warningsOf(exception({ rules: ["gone"] }), wrong).map((text) => text.split(":")[0])).toEqual([
    "warning waiver.yaml",
    "warning waiver.yaml",
    "warning test.yaml",
    "error test.yaml",
  ]);
});
