import { readFileSync } from "node:fs";
import path from "node:path";
import { builtinRuleFiles, loadRules } from "@pratique/rules";
import { describe, expect, it } from "vitest";
import { attacks } from "./catalogue.ts";
import { upstreamRulesWithoutAttack } from "./testdata/upstream-rules-without-attack.ts";

const loaded = loadRules(builtinRuleFiles);
const ruleNames = loaded.kind === "rules" ? loaded.ruleSet.rules.map(({ name }) => name) : [];

/** What only a runtime or an engine that is vulnerable itself could show. */
const rulesWithoutAttack = ["Program started outside of the root of its container"];
/** Answered elsewhere: by the gate, or by what watches resources. */
const rowsElsewhere = [15, 41, 42];

describe("the catalogue", () => {
  it("names each attack once, in a form that a container's name takes", () => {
    const ids = attacks.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z][a-z0-9-]*$/u.test(id))).toEqual([]);
  });

  it("expects default rules that there are", () => {
    const expected = new Set(attacks.flatMap(({ rules }) => rules));
    expect([...expected].filter((rule) => !ruleNames.includes(rule))).toEqual([]);
  });

  it("has an attack for each default rule", () => {
    const expected = new Set(attacks.flatMap(({ rules }) => rules));
    expect(ruleNames.filter((rule) => !expected.has(rule))).toEqual(rulesWithoutAttack);
  });

  it("has an attack for each row that is not answered elsewhere", () => {
    const rows = new Set(attacks.map(({ row }) => row));
    const missing = Array.from({ length: 44 }, (_, place) => place + 1).filter((row) => !rows.has(row));
    expect(missing).toEqual(rowsElsewhere);
  });

  it("names what no attack can set off, and no attack for it", () => {
    const expected = new Set(attacks.flatMap(({ upstreamRules }) => upstreamRules));
    expect(Object.keys(upstreamRulesWithoutAttack).filter((rule) => expected.has(rule))).toEqual([]);
    expect(expected.size + Object.keys(upstreamRulesWithoutAttack).length).toBe(93);
  });

  it("starts what the program has", () => {
    const native = path.join(import.meta.dirname, "../native");
    const sources = ["execution", "files", "escape", "kernel", "process", "network", "evasion"];
    const text = sources.map((name) => readFileSync(path.join(native, `${name}.c`), "utf8")).join("\n");
    const names = new Set(
      [...text.matchAll(/^\t\{ "(?<name>[\w-]+)", \w+ \},$/gmu)].map(({ groups }) => groups?.name),
    );
    const started = attacks.filter(({ program }) => program === undefined).map(({ argv }) => argv[0]);
    expect(started.filter((name) => !names.has(name))).toEqual([]);
  });
});
