import { existsSync, readFileSync } from "node:fs";
import { lint, loadPolicies, runTests } from "@pratique/policy";
import { expect, it } from "vitest";

// A reader of regular expressions that goes back would be at it for longer than any test may take.
const documents = [
  {
    path: "labels.yaml",
    text: `apiVersion: pratique/v1
kind: Policy
metadata:
  name: labels
spec:
  rules:
    - name: form
      deny: "!(has(image.labels.team) && image.labels.team.matches('^(a+)+$'))"
      message: the label has another form
      value: "the label"
      fix: change it
---
apiVersion: pratique/v1
kind: PolicyTest
metadata:
  name: labels
spec:
  cases:
    - name: a label that was made to take for ever
      image: { labels: { team: "${"a".repeat(200)}!" } }
      expect: { decision: deny, denies: [form] }
    - name: an honest label
      image: { labels: { team: aaa } }
      expect: { decision: allow }
`,
  },
];

it("holds what the page says of labels against regular expressions", () => {
  expect(lint(documents, { now: new Date("2026-06-01T00:00:00Z") })).toEqual([]);
  expect(loadPolicies(documents).rules).toHaveLength(1);
  expect(runTests(documents).map(({ differences }) => differences)).toEqual([[], []]);
});

it("names tests that there are", () => {
  const page = readFileSync("docs/threat-model.md", "utf8");
  const named = [...page.matchAll(/`(?<file>[\w./-]+\.test\.ts)`/gu)].map(({ groups }) => groups?.file ?? "");
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((file) => !existsSync(file))).toEqual([]);
});

it("names a test for each threat that something stops", () => {
  const page = readFileSync("docs/threat-model.md", "utf8");
  const rows = page
    .split(/^## /mu)
    .flatMap((section) => section.match(/^\| what .* can try \| what stops it.*\n(?:\|.*\n)+/mu) ?? [])
    .flatMap((table) => table.trimEnd().split("\n").slice(2));
  expect(rows.length).toBeGreaterThan(100);
  expect(rows.filter((row) => !/`[\w./-]+\.test\.ts`/u.test(row))).toEqual([]);
});
