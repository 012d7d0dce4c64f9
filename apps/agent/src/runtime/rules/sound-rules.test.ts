import type { RuleFile } from "@pratique/rules";
import { expect, it } from "vitest";
import { loadSoundRules } from "./sound-rules.ts";

function file(name: string, text: string): RuleFile {
  return { name, text };
}

function rule(name: string, condition = `proc.name = ${name}`): string {
  return `- rule: ${name}
  desc: a test
  condition: evt.type = execve and ${condition}
  output: it ran
  priority: NOTICE
`;
}

const BROKEN = "- rule: broken\n  condition: (\n";
const product = [
  file(
    "base.yaml",
    `- macro: in_container\n  condition: (container.id != host)\n${rule("ours", "in_container")}`,
  ),
];

function load(own: readonly RuleFile[], before?: readonly RuleFile[]) {
  const { ruleSet, faulty, errors, files } = loadSoundRules({ product, own, ...(before && { before }) });
  return {
    rules: ruleSet.rules.map(({ name }) => name),
    faulty: [...faulty],
    errors,
    files: files.map(({ name }) => name),
  };
}

it("takes all files where all load", () => {
  expect(load([file("a.yaml", rule("one")), file("b.yaml", rule("two"))])).toEqual({
    rules: ["ours", "one", "two"],
    faulty: [],
    errors: [],
    files: ["a.yaml", "b.yaml"],
  });
});

it("leaves out a file that does not load, and no other", () => {
  const { rules, faulty, errors } = load([
    file("a.yaml", rule("one")),
    file("b.yaml", `${rule("two")}${BROKEN}`),
    file("c.yaml", rule("three")),
  ]);
  expect([rules, faulty]).toEqual([["ours", "one", "three"], ["b.yaml"]]);
  expect(errors.at(0)).toMatch(/^b\.yaml:6: /u);
  expect(errors.at(-1)).toBe("b.yaml: none of its rules hold until this is mended");
});

it("leaves out a file that needs one that is left out", () => {
  const { rules, faulty, errors } = load([
    file("a.yaml", `- macro: mine\n  condition: (proc.name = sh)\n${BROKEN}`),
    file("b.yaml", rule("two", "mine")),
    file("c.yaml", rule("three")),
  ]);
  expect([rules, faulty]).toEqual([
    ["ours", "three"],
    ["a.yaml", "b.yaml"],
  ]);
  expect(errors).toEqual(expect.arrayContaining([expect.stringMatching(/^b\.yaml:3:\d+: two: .*mine/u)]));
});

it("takes a file's text of before where there is one", () => {
  const { rules, errors, files } = load(
    [file("a.yaml", BROKEN), file("b.yaml", rule("new"))],
    [file("a.yaml", rule("old")), file("b.yaml", rule("gone"))],
  );
  expect([rules, files]).toEqual([
    ["ours", "old", "new"],
    ["a.yaml", "b.yaml"],
  ]);
  expect(errors.at(-1)).toBe("a.yaml: its text of before holds until this is mended");
});

it("leaves a file out whose text of before no longer loads with the others", () => {
  const before = [
    file("a.yaml", "- macro: mine\n  condition: (proc.name = sh)\n"),
    file("b.yaml", rule("two", "mine")),
  ];
  const { rules, faulty } = load(
    [file("b.yaml", rule("two", "mine")), file("c.yaml", rule("three"))],
    before,
  );
  expect([rules, faulty]).toEqual([["ours", "three"], ["b.yaml"]]);
});

it("keeps the product's rules, and the server's, where a file has changed what the product's are made of", () => {
  const { rules, faulty } = load([
    file("a.yaml", "- macro: in_container\n  condition: (no.such.field = x)\n"),
    file("server-b.yaml", rule("two")),
  ]);
  expect([rules, faulty]).toEqual([["ours", "two"], ["a.yaml"]]);
});

it("throws where the product's own rules do not load", () => {
  expect(() => loadSoundRules({ product: [file("base.yaml", BROKEN)], own: [] })).toThrow(/^base\.yaml:1/u);
});
