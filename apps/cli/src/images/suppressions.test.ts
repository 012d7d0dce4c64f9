import { writeFileSync } from "node:fs";
import type { ScanReport } from "@pratique/core";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { recordedConsole } from "../testdata/recorded-console.ts";
import { readSuppressions, type SuppressionFlags } from "./suppressions.ts";

const now = (): Date => new Date("2026-11-26T10:00:00Z");
const purl = "pkg:npm/a@1";
const report: ScanReport = {
  schemaVersion: 1,
  scannedAt: "2026-11-26T10:00:00.000Z",
  target: { reference: "x" },
  assessment: { state: "complete", reasons: [], advisories: [] },
  rootAccounts: [],
  packages: [{ id: purl, type: "npm", name: "a", version: "1", purl, paths: [] }],
  findings: ["CVE-1", "CVE-2", "CVE-3", "CVE-4"].map((id) => ({
    id,
    aliases: [],
    packageId: purl,
    severity: "high",
    status: "affected",
    knownExploited: false,
    source: "osv",
    advisory: id,
  })),
};

/** What is said while the files are read and applied, and the findings that they take out of the count. */
async function applied(
  flags: (at: (name: string) => string) => SuppressionFlags,
  files: Readonly<Record<string, string>>,
) {
  using directory = tempDirectory();
  for (const [name, text] of Object.entries(files)) writeFileSync(directory.at(name), text);
  const console = recordedConsole();
  const read = await readSuppressions(
    flags((name) => directory.at(name)),
    { console, now, directory: directory.path },
  );
  const { findings } = read.apply(report);
  const suppressed = findings.filter((finding) => finding.suppressed !== undefined).map(({ id }) => id);
  return { said: console.said.map((line) => line.replaceAll(`${directory.path}/`, "")), suppressed };
}

const files = { ".trivyignore": "CVE-1\nCVE-2\n", "osv-scanner.toml": '[[IgnoredVulns]]\nid = "CVE-3"\n' };

it("applies the files of the directory, and says which", async () => {
  expect(await applied(() => ({}), files)).toEqual({
    said: [
      ".trivyignore: 2 ignore rules applied; --no-ignore-files leaves them out",
      "osv-scanner.toml: 1 ignore rule applied; --no-ignore-files leaves them out",
    ],
    suppressed: ["CVE-1", "CVE-2", "CVE-3"],
  });
});

it("leaves them alone where it is told to", async () => {
  expect(await applied(() => ({ ignoreFiles: false }), files)).toEqual({ said: [], suppressed: [] });
});

it("applies a file that was named once, and does not say what the user knows", async () => {
  expect(
    await applied((at) => ({ ignoreFile: [at(".trivyignore"), at("osv-scanner.toml")] }), files),
  ).toEqual({
    said: [],
    suppressed: ["CVE-1", "CVE-2", "CVE-3"],
  });
});

it("says what matched nothing, of ignore files and of VEX", async () => {
  const statement = { vulnerability: "CVE-9", products: [purl], status: "affected" };
  const { said, suppressed } = await applied(
    (at) => ({ vex: [at("a.vex.json")], ignoreFile: [at("mine.trivyignore")] }),
    {
      "a.vex.json": JSON.stringify({ statements: [statement] }),
      "mine.trivyignore": "CVE-1\nCVE-8\n",
    },
  );
  expect(said).toEqual([
    "a.vex.json, statement 1: CVE-9 matched nothing",
    "mine.trivyignore:2: CVE-8 matched nothing",
  ]);
  expect(suppressed).toEqual(["CVE-1"]);
});

it("names a directory that was given for a file", async () => {
  const reading = applied((at) => ({ vex: [at(".")] }), {});
  await expect(reading).rejects.toThrow(/^".*" is a directory$/u);
});

it("says so much of one file, and counts the rest", async () => {
  const list = Array.from({ length: 60 }, (_, at) => `CVE-${at} exp:2020-01-01`).join("\n");
  const { said, suppressed } = await applied(() => ({}), { ".trivyignore": list });
  expect([said.length, said.at(-1), suppressed]).toEqual([52, "and 10 more like these", []]);
});
