import { writeFileSync } from "node:fs";
import type { ScanReport } from "@pratique/core";
import { tempDirectory } from "@pratique/testkit";
import { describe, expect, it } from "vitest";
import { readTemplate } from "./template-file.ts";

const report: ScanReport = {
  schemaVersion: 1,
  scannedAt: "2026-01-01T00:00:00Z",
  target: { reference: "<b>" },
  assessment: { state: "complete", reasons: [], advisories: [] },
  rootAccounts: [],
  packages: [],
  findings: [],
};

describe("readTemplate", () => {
  it.each([
    ["page.html", "&#60;b&#62;"],
    ["page.HTM.liquid", "&#60;b&#62;"],
    ["page.xml.liquid", "&#60;b&#62;"],
    ["page.txt", "<b>"],
    ["html", "<b>"],
  ])("escapes by the name of the file: %s", async (name, expected) => {
    using directory = tempDirectory();
    writeFileSync(directory.at(name), "{{ target.reference }}");
    const template = await readTemplate(directory.at(name));
    const look = { width: 80, color: false };
    expect([...template.render(report, { version: "1", look })].join("")).toBe(expected);
  });

  it("refuses what is not there, and what is too long", async () => {
    using directory = tempDirectory();
    writeFileSync(directory.at("long"), "x".repeat(1024 * 1024 + 1));
    for (const file of [directory.at("none"), directory.at("long"), directory.path]) {
      await expect(readTemplate(file)).rejects.toMatchObject({ code: "TEMPLATE_UNREADABLE" });
    }
  });
});
