import { mkdirSync, writeFileSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { describe, expect, it } from "vitest";
import { readSavedReport, savedReportFile } from "./saved-report.ts";

const report = {
  schemaVersion: 1,
  scannedAt: "2026-01-01T00:00:00Z",
  target: { reference: "dir:/srv/root" },
  assessment: { state: "none", reasons: [{ code: "NO_PACKAGES", message: "none" }], advisories: [] },
  rootAccounts: [],
  packages: [],
  findings: [],
};

describe("savedReportFile", () => {
  it("tells reports from images", () => {
    using directory = tempDirectory();
    writeFileSync(directory.at("a.json"), "{}");
    writeFileSync(directory.at("nginx"), "{}");
    mkdirSync(directory.at("d.json"));
    expect(savedReportFile(directory.at("a.json"))).toBe(directory.at("a.json"));
    expect(savedReportFile("report:nginx")).toBe("nginx");
    for (const image of [directory.at("nginx"), directory.at("d.json"), "shop:1.json", "docker:shop:1"]) {
      expect([image, savedReportFile(image)]).toEqual([image, undefined]);
    }
  });
});

describe("readSavedReport", () => {
  it("reads what a scan wrote", () => {
    using directory = tempDirectory();
    writeFileSync(directory.at("a.json"), JSON.stringify(report));
    expect(readSavedReport(directory.at("a.json"))).toEqual(report);
  });

  it.each([
    ["is no JSON", "{"],
    ["is another document", "{}"],
    ["is of another version", JSON.stringify({ ...report, schemaVersion: 2 })],
    ["has a package without a name", JSON.stringify({ ...report, packages: [{ type: "deb" }] })],
  ])("refuses one that %s", (_, text) => {
    using directory = tempDirectory();
    writeFileSync(directory.at("a.json"), text);
    expect(() => readSavedReport(directory.at("a.json"))).toThrow(
      expect.objectContaining({ code: "REPORT_UNREADABLE" }),
    );
  });

  it("says which file is not there", () => {
    expect(() => readSavedReport("/nowhere/a.json")).toThrow(
      expect.objectContaining({
        code: "REPORT_UNREADABLE",
        message: expect.stringContaining('"/nowhere/a.json" cannot be read'),
      }),
    );
  });
});
