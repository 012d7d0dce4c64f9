import { createRequire } from "node:module";
import type { ScanReport } from "@pratique/core";
import { typeErrors } from "@pratique/testkit";
import { describe, expect, it } from "vitest";
import { context, evilReport, evilTexts, sample, unassessed } from "../../testdata/reports.ts";
import { github } from "./github.ts";

/** What GitHub publishes of its API, as types. */
const declarations = createRequire(import.meta.url).resolve("@octokit/openapi-types/types.d.ts");

function errorsOf(snapshots: readonly string[]): string {
  const type = { declarations, name: "components", member: '["schemas"]["snapshot"]' };
  return typeErrors(snapshots.map((json) => ({ json, ...type })));
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
