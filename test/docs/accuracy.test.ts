import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const page = readFileSync("docs/reference/accuracy.md", "utf8");
const rows = [
  ...page.matchAll(/^\| (?!rule \|)(?<rule>[^|]+) \| (?<test>[^|]+) \| (?<issues>[^|]+) \|$/gmu),
].map(({ groups }) => ({ rule: "", test: "", issues: "", ...groups }));

it("has a row for every rule", () => {
  const lines = page.split("\n").filter((line) => /^\| (?!rule \|)/u.test(line));
  expect(rows).toHaveLength(lines.length);
  expect(rows.length).toBeGreaterThan(50);
});

it.each(rows)("names a test that there is: $rule", ({ test }) => {
  const { file = "", words = "" } = /^`(?<file>[^`]+)`: (?<words>.+)$/u.exec(test)?.groups ?? {};
  expect(existsSync(file)).toBe(true);
  expect(readFileSync(file, "utf8")).toContain(words);
});

it.each(rows)("names public issues, or none: $rule", ({ issues }) => {
  expect(issues).toMatch(
    /^(?:none|(?:trivy|trivy-db|grype|syft|stereoscope|vuls) \d+(?:, (?:trivy|trivy-db|grype|syft|stereoscope|vuls) \d+)*)$/u,
  );
});
