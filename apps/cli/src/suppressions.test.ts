import { writeFileSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { type SuppressionFlags, Suppressions } from "./suppressions.ts";
import { recordedConsole } from "./testdata/recorded-console.ts";

const now = (): Date => new Date("2026-11-26T10:00:00Z");

function said(
  flags: (at: (name: string) => string) => SuppressionFlags,
  files: Readonly<Record<string, string>>,
) {
  using directory = tempDirectory();
  for (const [name, text] of Object.entries(files)) writeFileSync(directory.at(name), text);
  const console = recordedConsole();
  const read = new Suppressions(
    flags((name) => directory.at(name)),
    { console, now, directory: directory.path },
  );
  expect(read).toBeDefined();
  return console.said;
}

const files = { ".trivyignore": "CVE-1\nCVE-2\n", "osv-scanner.toml": '[[IgnoredVulns]]\nid = "CVE-3"\n' };

it("says which files of the directory are applied", () => {
  expect(said(() => ({}), files)).toEqual([
    ".trivyignore: 2 ignore rules applied; --no-ignore-files leaves them out",
    "osv-scanner.toml: 1 ignore rule applied; --no-ignore-files leaves them out",
  ]);
});

it("leaves them alone where it is told to", () => {
  expect(said(() => ({ ignoreFiles: false }), files)).toEqual([]);
});

it("reads a file that was named once", () => {
  expect(said((at) => ({ ignoreFile: [at(".trivyignore"), at("osv-scanner.toml")] }), files)).toEqual([]);
});

it("says so much of one file, and counts the rest", () => {
  const list = Array.from({ length: 60 }, (_, at) => `CVE-${at} exp:2020-01-01`).join("\n");
  const lines = said(() => ({}), { ".trivyignore": list });
  expect(lines).toHaveLength(52);
  expect(lines.at(-1)).toBe("and 10 more like these");
});
