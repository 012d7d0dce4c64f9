import { builtinRuleFiles, hardenedRuleFile, loadRules } from "@pratique/rules";
import { expect, it } from "vitest";
import { isTechnique, techniqueName } from "./attack-techniques.ts";

it("names each technique that a rule of our own is about", () => {
  const loaded = loadRules([...builtinRuleFiles, hardenedRuleFile]);
  if (loaded.kind === "invalid") throw new Error("our own rules do not load");
  const techniques = new Set(loaded.ruleSet.rules.flatMap(({ tags }) => [...tags].filter(isTechnique)));
  expect(techniques.size).toBeGreaterThan(50);
  expect([...techniques].filter((technique) => techniqueName(technique) === "")).toEqual([]);
});
