import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { ScanReport } from "@pratique/core";
import { tempDirectory } from "@pratique/testkit";
import { describe, expect, it } from "vitest";
import { context, evilReport, evilTexts, sample, unassessed } from "../../testdata/reports.ts";
import { github } from "./github.ts";

/** What GitHub publishes of its API, as types. */
const types = createRequire(import.meta.url).resolve("@octokit/openapi-types/types.d.ts");
const compiler = path.resolve(import.meta.dirname, "../../../../../node_modules/.bin/tsc");

/** What the compiler says of documents that are said to be snapshots, as they are sent: nothing where they are. */
function errorsOf(documents: readonly string[]): string {
  using directory = tempDirectory();
  const file = directory.at("snapshots.ts");
  const type = 'components["schemas"]["snapshot"]';
  const lines = documents.map((document, at) => `export const snapshot${at}: ${type} = ${document};`);
  writeFileSync(file, [`import type { components } from ${JSON.stringify(types)};`, ...lines, ""].join("\n"));
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [compiler, "--noEmit", "--strict", "--skipLibCheck", "--ignoreConfig", "--types", "", file],
    { encoding: "utf8" },
  );
  return `${stdout}${stderr}`;
}

function textOf(report: ScanReport, changes: Partial<typeof context> = {}): string {
  return [...github.render(report, { ...context, ...changes })].join("");
}

describe("GitHub's own types", () => {
  it("take every snapshot", () => {
    const reports = [sample, unassessed, ...evilTexts.map(evilReport)];
    expect(errorsOf([textOf(sample, { build: undefined }), ...reports.map((report) => textOf(report))])).toBe(
      "",
    );
  });

  it.each<readonly [string, RegExp, (snapshot: ReturnType<typeof JSON.parse>) => unknown]>([
    [
      "a member that it does not know",
      /"scannedBy"' does not exist/u,
      (snapshot) => (snapshot.scannedBy = "x"),
    ],
    [
      "a version as text",
      /'string' is not assignable to type 'number'/u,
      (snapshot) => (snapshot.version = "0"),
    ],
    ["no detector", /'detector' is missing/u, (snapshot) => delete snapshot.detector],
    [
      "a relationship of another name",
      /'"nested"' is not assignable/u,
      ({ manifests }) => (manifests.x = { name: "x", resolved: { y: { relationship: "nested" } } }),
    ],
  ])("refuse %s", (_, message, change) => {
    const snapshot = JSON.parse(textOf(sample));
    change(snapshot);
    expect(errorsOf([JSON.stringify(snapshot)])).toMatch(message);
  });
});
