import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Advisory, Finding, Package } from "@pratique/core";
import { describe, expect, it } from "vitest";
import { match } from "./match.ts";
import { advisory, MemoryIndex } from "./testdata/memory-index.ts";

/** Debian's own package lists and advisories, and what dpkg's comparison makes of them; absent in most checkouts. */
const INDEX = "../shared/data/debian-package-index";
const LISTS = "../shared/data/debian-dsa-dla";
const present = existsSync(INDEX) && existsSync(LISTS);

const FILES = ["DSA.list.2025-02-13", "DSA.list.2025-02-14_2026-08-21.rebuilt"].flatMap((name) => [
  name,
  name.replace("DSA", "DLA"),
]);

describe.skipIf(!present)(`all of Debian${present ? "" : ` (SKIPPED: no ${INDEX})`}`, () => {
  it.each([
    ["bookworm", "12", 30_000],
    ["trixie", "13", 2_000],
  ])(
    "finds in %s what dpkg's own comparison finds, and no more",
    (codename, version, least) => {
      const packages = readPackages(`${codename}_main_amd64`);
      const index = new MemoryIndex({ advisories: readAdvisories(codename, `Debian:${version}`) });
      const { findings, reasons } = match({ distro: { id: "debian", version, codename }, packages }, index);
      const expected = readExpected(`${codename}_expected_main_only`);
      const byId = new Map(packages.map((one) => [one.id, one]));
      const found = new Set(findings.map((finding) => lineOf(finding, byId.get(finding.packageId))));
      const missed = [...expected].filter((line) => !found.has(line)).map((line) => `missed ${line}`);
      const surplus = [...found].filter((line) => !expected.has(line)).map((line) => `surplus ${line}`);

      expect([...missed, ...surplus]).toEqual([]);
      expect(reasons).toEqual([]);
      expect(found.size).toBeGreaterThan(least);
    },
    60_000,
  );
});

function readText(path: string): string {
  return gunzipSync(readFileSync(`${path}.gz`)).toString();
}

function readTable(name: string): readonly (readonly string[])[] {
  const [, ...rows] = readText(`${INDEX}/${name}.tsv`).trim().split("\n");
  return rows.map((row) => row.split("\t"));
}

function readPackages(table: string): readonly Package[] {
  return readTable(table).map(
    ([name = "", version = "", architecture = "", source = "", sourceVersion = ""]) => {
      const purl = `pkg:deb/debian/${name}@${version}?arch=${architecture}`;
      const from = { name: source, version: sourceVersion };
      return { id: purl, purl, type: "deb", name, version, architecture, source: from, paths: [] };
    },
  );
}

/** Each row as one line: binary, version, source, source version, CVE, fixed version, advisory. */
function readExpected(table: string): ReadonlySet<string> {
  return new Set(readTable(table).map((row) => row.join(" ")));
}

function lineOf({ id, fixedVersion, advisory: document }: Finding, found: Package | undefined): string {
  const { name, version, source } = found ?? {};
  return [name, version, source?.name, source?.version, id, fixedVersion, document].join(" ");
}

/** Reads the lists on its own, so that no defect of the provider can hide here. */
function readAdvisories(codename: string, ecosystem: string): readonly Advisory[] {
  const advisories: Advisory[] = [];
  for (const block of FILES.flatMap((file) => readText(`${LISTS}/${file}`).split(/^(?=\[\d)/mu))) {
    const document = /D[SL]A-\d+(?:-\d+)?/u.exec(block)?.[0] ?? "";
    const ids = /^\s*\{(?<ids>[^}]*)\}/mu.exec(block)?.groups?.ids?.split(/\s+/u) ?? [];
    const fixes = block.matchAll(/^\s*\[(?<release>\w+)\] - (?<name>\S+) (?<fixed>[^<\s]\S*)/gmu);
    for (const { groups: { release, name = "", fixed = "" } = {} } of fixes) {
      if (release !== codename) continue;
      for (const id of ids) {
        advisories.push(
          advisory({ ecosystem, source: "debian-dsa-dla", id, document, package: name, ranges: [{ fixed }] }),
        );
      }
    }
  }
  return advisories;
}
