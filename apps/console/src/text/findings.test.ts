import type { ImageFinding } from "@pratique/api";
import type { Severity } from "@pratique/core";
import { expect, it } from "vitest";
import { type FindingFilter, type FindingOrder, selectFindings } from "./findings.ts";

function finding(id: string, severity: Severity, more: Partial<ImageFinding> = {}): ImageFinding {
  return {
    id,
    aliases: [],
    severity,
    status: "affected",
    packageName: "bash",
    packageVersion: "1",
    packageType: "deb",
    knownExploited: false,
    source: "debian-tracker",
    advisory: id,
    paths: [],
    ...more,
  };
}

const findings = [
  finding("CVE-2026-9", "low", { epss: 0.9 }),
  finding("CVE-2026-10", "critical", { packageName: "zlib", fixedVersion: "2" }),
  finding("CVE-2026-2", "medium", { knownExploited: true, aliases: ["GHSA-x"] }),
  finding("CVE-2026-3", "critical", { epss: 0.1, title: "Heap overflow" }),
];
const all: FindingFilter = { text: "", severities: [], fixableOnly: false };
const worstFirst: FindingOrder = { column: "severity", direction: "desc" };

it.each<[string, Partial<FindingFilter>, Partial<FindingOrder>, string[]]>([
  ["the exploited first, then the worst", {}, {}, ["2", "3", "10", "9"]],
  ["identifiers as numbers", {}, { column: "id", direction: "asc" }, ["2", "3", "9", "10"]],
  ["the likeliest first", {}, { column: "epss" }, ["9", "3", "10", "2"]],
  ["packages from behind", { severities: ["critical"] }, { column: "package" }, ["10", "3"]],
  ["those of one severity", { severities: ["low"] }, {}, ["9"]],
  ["those with a fix", { fixableOnly: true }, {}, ["10"]],
  ["those with a package's name", { text: " ZLIB " }, {}, ["10"]],
  ["those with an alias", { text: "ghsa" }, {}, ["2"]],
  ["those with a word of the title", { text: "overflow" }, {}, ["3"]],
  ["nothing where nothing fits", { text: "no such" }, {}, []],
])("shows %s", (_, filter, order, expected) => {
  const shown = selectFindings(findings, { ...all, ...filter }, { ...worstFirst, ...order });
  expect(shown.map(({ id }) => id.split("-")[2])).toEqual(expected);
});
