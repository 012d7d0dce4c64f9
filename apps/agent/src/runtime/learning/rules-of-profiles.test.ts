import type { EnforcementTables } from "@pratique/profile";
import { analyseForKernel } from "@pratique/rules";
import { expect, it } from "vitest";
import { withProfileRules, writeProfileRules } from "./rules-of-profiles.ts";
import { imageOf } from "./testdata/events.ts";

const tables: EnforcementTables = {
  image: imageOf("a"),
  programs: ["/bin/sh"],
  addedPrograms: [],
  memoryPrograms: false,
  networks: [],
  names: [],
  listens: [],
  sockets: [],
  secrets: [],
  notEnforced: [],
};
const none = { rules: [], skipped: [] };

function rulesOf(...enforced: readonly EnforcementTables[]) {
  return withProfileRules(none, writeProfileRules(enforced)).rules;
}

it("kills what is not in the image, and what is in memory, by rules for that image alone", () => {
  const rules = rulesOf(tables, { ...tables, image: imageOf("b") });
  expect(rules.map(({ name, action }) => [name, action])).toEqual([
    ["Program outside the learned profile of aaaaaaaaaaaa", "kill"],
    ["Program in memory outside the learned profile of aaaaaaaaaaaa", "kill"],
    ["Program outside the learned profile of bbbbbbbbbbbb", "kill"],
    ["Program in memory outside the learned profile of bbbbbbbbbbbb", "kill"],
  ]);
});

it("lets the kernel decide by itself about what is not in the image", () => {
  const [rule] = rulesOf(tables);
  expect(rule === undefined ? undefined : analyseForKernel(rule)).toMatchObject({ decidable: true });
});

it("lets run what was learned beside the image", () => {
  const [added, ...more] = rulesOf({ ...tables, addedPrograms: ["/app/tool"], memoryPrograms: true });
  expect(added?.conditionText).toContain("not proc.exepath in (/app/tool)");
  expect(more).toEqual([]);
});

it.each(["/tmp/a) or (proc.name exists", "/tmp/a b", '/tmp/"', "/tmp/a\nb"])(
  "lets no name %j into a condition",
  (path) => {
    const [added] = rulesOf({ ...tables, addedPrograms: ["/app/tool", path] });
    expect(added?.conditionText).toMatch(/not proc\.exepath in \(\/app\/tool\)$/u);
  },
);

it("leaves out what has seen too many programs to know them", () => {
  expect(rulesOf({ ...tables, notEnforced: ["executable"] })).toEqual([]);
});
