import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { Type } from "./cel/cel-type.ts";
import { SIGNATURES } from "./cel/functions.ts";
import { FINDING, LICENSE, SECRET, VARIABLES } from "./cel/vocabulary.ts";
import { defaultPolicies } from "./default-policies.ts";
import { lint } from "./lint.ts";
import { loadPolicies } from "./policy-set.ts";
import { runTests } from "./policy-test.ts";

const docs = new URL("../../../docs/", import.meta.url);
const reference = readFileSync(new URL("reference/policies.md", docs), "utf8");
const howto = readFileSync(new URL("howto/write-a-policy.md", docs), "utf8");
const now = new Date("2026-06-01T00:00:00Z");

/** The YAML examples, moved to the margin. */
function examplesOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^(?<indent> *)```yaml\n(?<body>.*?)^ *```$/gmsu)].map(({ groups }) =>
    (groups?.body ?? "").replaceAll(new RegExp(`^${groups?.indent ?? ""}`, "gmu"), ""),
  );
}

function fieldsOf(type: Type): readonly string[] {
  if (type.kind === "list") return fieldsOf(type.element);
  if (type.kind !== "object") return [];
  return Object.entries(type.fields).flatMap(([name, field]) => [name, ...fieldsOf(field)]);
}

it("names every field of every variable", () => {
  const fields = [...Object.values(VARIABLES), FINDING, SECRET, LICENSE].flatMap(fieldsOf);
  const missing = fields.filter((field) => !new RegExp(`[\`.]${field}[\`.]`, "u").test(reference));
  expect(missing).toEqual([]);
});

it("names every rule of the built-in set, with its enforcement", () => {
  const rows = loadPolicies(defaultPolicies).rules.map(
    ({ policy, rule }) => `| \`${policy}/${rule.name}\` | ${rule.enforcement}`,
  );
  expect(rows.filter((row) => !reference.includes(row))).toEqual([]);
});

it("names every function, but for the parts of a date", () => {
  const names = [...SIGNATURES.keys()].filter((name) => !name.startsWith("get"));
  expect(names.filter((name) => !new RegExp(`[\`.]${name}[\`(]`, "u").test(reference))).toEqual([]);
});

it("has examples in the reference that hold", () => {
  const documents = examplesOf(reference).map((text, index) => ({ path: `example-${index}`, text }));
  expect(documents).toHaveLength(5);
  expect(lint([...defaultPolicies, ...documents], { now })).toEqual([]);
  expect(runTests(documents)).toMatchObject([
    { case: "a token is refused", differences: [] },
    { case: "what may be a password is not", differences: [] },
    { case: "nobody looked", differences: [] },
    { case: "what must not be used is refused", differences: [] },
    { case: "what asks for a notice passes", differences: [] },
    { case: "nobody asked for licenses", differences: [] },
    { case: "an old image is a warning", differences: [] },
  ]);
});

it("has a how-to whose steps do what it says", () => {
  const [rule = "", test = "", exception = "", ...recipes] = examplesOf(howto);
  const file = { path: "team.yaml", text: `${rule}${test}` };
  const waiver = { path: "exception.yaml", text: exception };
  expect(lint([file, waiver], { now })).toEqual([]);
  expect(runTests([file]).map(({ passed }) => passed)).toEqual([true, false]);
  const enforced = { path: "team.yaml", text: file.text.replace("dry-run", "enforce") };
  expect(runTests([enforced]).map(({ passed }) => passed)).toEqual([true, true]);
  const rules = recipes.map((recipe) => recipe.replaceAll(/^(?=.)/gmu, "    ")).join("");
  const header = "apiVersion: pratique/v1\nkind: Policy\nmetadata: {name: recipes}\nspec:\n  rules:\n";
  expect(recipes).toHaveLength(7);
  expect(lint([{ path: "recipes", text: `${header}${rules}` }], { now })).toEqual([]);
});
