import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import type { ScanReport } from "@pratique/core";
import { tempDirectory } from "@pratique/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { context, evilReport, evilTexts, largeReport, sample, unassessed } from "../../testdata/reports.ts";
import { spdx } from "./spdx.ts";

const source = path.resolve(import.meta.dirname, "../../testdata/read-spdx.go");
const GO_PATH = "/usr/share/gocode";
const library = `${GO_PATH}/src/github.com/spdx/tools-golang`;
const directory = tempDirectory();
const reader = directory.at("read-spdx");

afterAll(() => directory[Symbol.dispose]());

/** What the library says of a document: what it holds, in JSON and again as tag-value; or what is wrong. */
function readBack(document: string) {
  const { status, stdout, stderr } = spawnSync(reader, { input: document, encoding: "utf8" });
  const [inJson, asTagValue] = stdout === "" ? [] : stdout.trim().split("\n").map(parsed);
  return { status, stderr, inJson, asTagValue };
}

function parsed(line: string): object {
  return JSON.parse(line);
}

function textOf(report: ScanReport): string {
  return [...spdx.render(report, context)].join("");
}

describe.skipIf(!existsSync(library))("the SPDX project's own library", () => {
  beforeAll(() => {
    const env = {
      PATH: process.env.PATH,
      GO111MODULE: "off",
      GOPATH: GO_PATH,
      CGO_ENABLED: "0",
      GOCACHE: path.resolve(import.meta.dirname, "../../../../../node_modules/.cache/go-build"),
    };
    execFileSync("go", ["build", "-o", reader, source], { env });
  }, 120_000);

  it.each<readonly [string, ScanReport]>([
    ["a report", sample],
    ["one of nothing", unassessed],
    ["one of many packages", largeReport(2000)],
    ...evilTexts.map((evil) => [`one that says ${JSON.stringify(evil)}`, evilReport(evil)] as const),
  ])("reads all of %s, and writes it as tag-value", (_, report) => {
    const { packages, relationships, annotations, hasExtractedLicensingInfos } = JSON.parse(textOf(report));
    const held = {
      Version: "SPDX-2.3",
      Packages: packages.length,
      Relationships: relationships.length,
      Licenses: (hasExtractedLicensingInfos ?? []).length,
      Annotations: (annotations ?? []).length,
    };
    expect(held.Packages).toBeGreaterThan(0);
    expect(readBack(textOf(report))).toEqual({ status: 0, stderr: "", inJson: held, asTagValue: held });
  });

  it.each<readonly [string, (document: ReturnType<typeof JSON.parse>) => unknown]>([
    [
      "a relationship to what is not there",
      ({ relationships: [first] }) => (first.relatedSpdxElement = "SPDXRef-x"),
    ],
    ["an identifier without its prefix", ({ packages: [first] }) => (first.SPDXID = "x")],
    ["an annotator of no kind", ({ annotations: [first] }) => (first.annotator = "pratique")],
    ["another version", (document) => (document.spdxVersion = "SPDX-9.9")],
  ])("refuses %s", (_, change) => {
    const document = JSON.parse(textOf(sample));
    change(document);
    expect(readBack(JSON.stringify(document)).status).toBe(1);
  });
});
