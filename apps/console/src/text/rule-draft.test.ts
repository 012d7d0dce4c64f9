import { loadRules } from "@pratique/rules";
import { expect, it } from "vitest";
import { firstRuleDraft, isRuleFileName, offDraft, offName } from "./rule-draft.ts";

it("begins with a rule that loads without a warning", () => {
  const loaded = loadRules([{ name: "draft.yaml", text: firstRuleDraft }]);
  expect(loaded).toMatchObject({ kind: "rules", warnings: [] });
});

it.each(["Shell", 'a "quoted" one: #1', "back\\slash", "Hardened: program in memory", "- dash"])(
  "turns %s off",
  (rule) => {
    const made = `- rule: ${JSON.stringify(rule)}\n  desc: d\n  condition: evt.type = execve\n  output: o\n  priority: INFO\n`;
    const loaded = loadRules([
      { name: "a.yaml", text: made },
      { name: "b.yaml", text: offDraft(rule) },
    ]);
    if (loaded.kind === "invalid") throw new Error(loaded.issues[0]?.message);
    expect(loaded.ruleSet.rules.map(({ name, enabled }) => [name, enabled])).toEqual([[rule, false]]);
  },
);

it.each([
  ["Hardened: program in memory", "zz-off-hardened-program-in-memory"],
  ["***", "zz-off-"],
  ["x".repeat(200), `zz-off-${"x".repeat(80)}`],
])("names the file that turns %s off", (rule, name) => {
  expect(offName(rule)).toBe(name);
  expect(isRuleFileName(name)).toBe(true);
});

it.each([
  ["shop", true],
  ["a.b-1_c", true],
  ["new", false],
  ["", false],
  ["-a", false],
  ["a b", false],
  ["a/b", false],
])("takes %j for a name: %s", (name, expected) => {
  expect(isRuleFileName(name)).toBe(expected);
});
