import { type JournalItem, type SeverityCounts, sumFindings } from "@pratique/scan";
import { expect, it } from "vitest";
import { registryImageLine, registryScanTable } from "./registry-scan-table.ts";

const none = sumFindings([]);

function itemOf(repository: string, findings: Partial<SeverityCounts>): JournalItem {
  const image = { registry: "registry.example", repository, tag: "1" };
  const found = { ...none, ...findings };
  return {
    image,
    attempts: 1,
    outcome: { kind: "scanned", state: "complete", packages: 1, findings: found },
  };
}

function tableOf(items: readonly JournalItem[]): string {
  const target = { registry: "registry.example", path: "" };
  const look = { width: 100, color: false };
  return [...registryScanTable({ target, items, listFailures: [], end: { kind: "whole" } }, look)].join("");
}

it("counts what has no known severity, where there is any: an image that has nothing else is not clean", () => {
  const item = itemOf("shop", { unknown: 6 });
  const table = tableOf([item]);
  expect(table).toMatch(/LOW +UNKNOWN +JUDGED\n/u);
  expect(table).toMatch(/shop:1 .* 0 +6 +complete\n/u);
  expect(table).toContain("1 of 1 images scanned: 0 critical, 0 high, 0 medium, 0 low, 6 unknown\n");
  expect(registryImageLine(item)).toContain("0 low, 6 unknown; judged");
});

it("has no column for what was not found", () => {
  expect(tableOf([itemOf("shop", { high: 1 })])).toMatch(/MEDIUM +LOW +JUDGED\n/u);
});
