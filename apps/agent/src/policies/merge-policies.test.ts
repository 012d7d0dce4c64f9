import { expect, it } from "vitest";
import { mergePolicies } from "./merge-policies.ts";

const policy = (file: string, name: string, rule: string) => ({
  path: file,
  text: `apiVersion: pratique/v1\nkind: Policy\nmetadata: { name: ${name} }\nspec:\n  rules:\n    - name: ${rule}\n      deny: launch.privileged\n      message: refused\n      value: "true"\n      fix: do not\n`,
});

it("holds the rules of both", () => {
  const { set, errors } = mergePolicies([policy("a.yaml", "own", "r")], [policy("server:b", "fleet", "r")]);
  expect(set.policies.map(({ name }) => name)).toEqual(["fleet", "own"]);
  expect(errors).toEqual([]);
});

it("lets the server's hold where both use a name, and says so", () => {
  const own = [policy("a.yaml", "fleet", "other"), policy("b.yaml", "own", "r")];
  const { set, errors } = mergePolicies(own, [policy("server:b", "fleet", "r")]);
  expect(set.policies.map(({ name, rules }) => [name, rules.map((rule) => rule.name)])).toEqual([
    ["fleet", ["r"]],
    ["own", ["r"]],
  ]);
  expect(errors.join()).toMatch(/left out for the server's: .*"fleet" is already taken/u);
});

it("falls back on the built-in set where nobody has a policy", () => {
  expect(mergePolicies([], []).set.policies.length).toBeGreaterThan(0);
});
