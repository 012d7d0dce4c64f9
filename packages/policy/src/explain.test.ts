import { expect, it } from "vitest";
import { evaluate } from "./evaluate.ts";
import { explain } from "./explain.ts";
import { HARMLESS_HOST, HARMLESS_IMAGE, HARMLESS_LAUNCH } from "./harmless.ts";
import { loadPolicies } from "./policy-set.ts";
import { exception, finding, policy } from "./testdata/documents.ts";

const now = new Date("2026-06-01T00:00:00Z");

it("tells of every rule what it said and what it looked at", () => {
  const set = loadPolicies([
    policy(
      { deny: "launch.privileged" },
      { deny: "launch.user == '1000' && has(image.labels.team)", enforcement: "warn" },
      { deny: "launch.user == '1000'" },
      { when: "host.name == 'x'", deny: "true" },
      { deny: "true", stages: ["build"] },
      { forEach: { f: "findings" }, deny: "f.fixable", onRestart: "dry-run" },
      { deny: "image.labels.x == ''" },
    ),
    exception({ rules: ["rule-2"] }),
  ]);
  const input = {
    stage: "launch",
    image: { ...HARMLESS_IMAGE, labels: { team: "a\u001b" }, findings: [finding()] },
    launch: { ...HARMLESS_LAUNCH, ranBefore: true },
    host: HARMLESS_HOST,
    now,
  } as const;
  const { verdict, rules } = explain(set, input);
  expect(verdict).toEqual(evaluate(set, input));
  expect(rules.map(({ rule, outcome, enforcement }) => [rule, outcome, enforcement])).toEqual([
    ["rule-0", "passed", "warn"],
    ["rule-1", "broken", "warn"],
    ["rule-2", "waived", "warn"],
    ["rule-3", "out-of-scope", "warn"],
    ["rule-4", "other-stage", "enforce"],
    ["rule-5", "broken", "dry-run"],
    ["rule-6", "broken", "warn"],
  ]);
  expect(rules.map(({ inputs }) => inputs)).toEqual([
    [{ name: "launch.privileged", value: "false" }],
    [
      { name: "image.labels.team", value: '"a\\u001b"' },
      { name: "launch.user", value: '"1000"' },
    ],
    [{ name: "launch.user", value: '"1000"' }],
    [{ name: "host.name", value: '"host"' }],
    [],
    [{ name: "findings", value: "1 items" }],
    [{ name: "image.labels.x", value: "not known" }],
  ]);
  expect(rules[2]?.violation).toMatchObject({ waivedBy: "waiver" });
});
