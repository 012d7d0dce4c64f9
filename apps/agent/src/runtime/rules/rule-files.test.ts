import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { readRules, rulesStamp } from "./rule-files.ts";

const RULE = `- rule: own
  desc: a test
  condition: evt.type = execve and proc.name = own
  output: it ran
  priority: NOTICE
`;

it("takes a directory that is not there for one without rules", () => {
  using directory = tempDirectory();
  const sources = { directory: directory.at("rules"), builtIn: false, hardened: false };
  expect(readRules(sources)).toMatchObject({ kind: "rules", ruleSet: { rules: [] } });
  expect(rulesStamp(sources.directory)).toBe("");
});

it("refuses a directory that cannot be read, and does not take it for one without rules", () => {
  using directory = tempDirectory();
  const sources = { directory: directory.at("rules"), builtIn: true, hardened: false };
  mkdirSync(sources.directory);
  writeFileSync(directory.at("rules", "own.yaml"), RULE);
  const before = rulesStamp(sources.directory);
  rmSync(sources.directory, { recursive: true });
  writeFileSync(sources.directory, "");
  expect(rulesStamp(sources.directory)).toMatch(/^unreadable: ENOTDIR/u);
  expect(rulesStamp(sources.directory)).not.toBe(before);
  expect(readRules(sources)).toMatchObject({ kind: "invalid", errors: [expect.stringMatching(/ENOTDIR/u)] });
});
