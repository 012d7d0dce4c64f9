import { explainFindings, type Finding, type Package, parseDigest, type ScanReport } from "@pratique/core";
import { describe, expect, it } from "vitest";
import type { Look } from "../../style.ts";
import { table } from "./table.ts";

const plain = { width: 100, color: false };

function renderTable(report: ScanReport, look: Look): string {
  return [...table.render(report, { version: "1.2.3", look })].join("");
}

const openssl: Package = {
  id: "pkg:deb/debian/openssl@3.0.11-1",
  type: "deb",
  name: "openssl",
  version: "3.0.11-1",
  purl: "pkg:deb/debian/openssl@3.0.11-1",
  source: { name: "openssl", version: "3.0.11-1" },
  paths: ["var/lib/dpkg/status"],
};
const libssl: Package = { ...openssl, id: "pkg:deb/debian/libssl3@3.0.11-1", name: "libssl3" };

const finding: Finding = {
  id: "CVE-2024-0001",
  aliases: [],
  packageId: openssl.id,
  severity: "high",
  status: "fixed",
  fixedVersion: "3.0.13-1~deb12u1",
  knownExploited: true,
  epss: 0.513,
  source: "debian-tracker",
  advisory: "DSA-1-1",
};

function reportWith(changes: Partial<ScanReport>): ScanReport {
  return {
    schemaVersion: 1,
    scannedAt: "2026-01-01T00:00:00.000Z",
    target: { reference: "shop:1", distro: { id: "debian", version: "12.5" }, sizeBytes: 123_456_789 },
    assessment: {
      state: "complete",
      reasons: [],
      advisories: [
        { source: "debian-tracker", builtAt: "2026-01-01T00:00:00.000Z", stale: false, coverage: "full" },
      ],
    },
    rootAccounts: [],
    packages: [openssl, libssl],
    findings: [finding, { ...finding, packageId: libssl.id }],
    ...changes,
  };
}

describe("the table", () => {
  it("joins the binary packages of one source, and sums up", () => {
    const text = renderTable(reportWith({}), plain);
    expect(text).toContain("shop:1  debian 12.5, 2 packages");
    expect(text).toMatch(
      /high +CVE-2024-0001 +openssl \(2\) +3\.0\.11-1 +3\.0\.13-1~deb12u1 +exploited 51\.3 %/u,
    );
    expect(text).toContain("1 vulnerability: 1 high; 1 with a fix");
  });

  it("says what the source remarks where there is no fix", () => {
    const { fixedVersion: _, ...open } = finding;
    const note = "pending: 3.0.14";
    const text = renderTable(reportWith({ findings: [{ ...open, status: "affected", note }] }), plain);
    expect(text).toContain("no fix yet (pending: 3.0.14)");
  });

  it("does not call an image clean that was not fully looked at", () => {
    const assessment = {
      state: "partial" as const,
      reasons: [{ code: "PATH_UNSAFE" as const, message: "an entry leaves the root", path: "../../x" }],
      advisories: [],
    };
    const text = renderTable(reportWith({ findings: [], assessment }), plain);
    expect(text).toContain("Only partly assessed:\n  - an entry leaves the root (../../x)");
    expect(text).toContain("No known vulnerabilities in what could be assessed");
  });

  it.each([
    [{ coverage: "starter" as const, stale: false }, true],
    [{ coverage: "full" as const, stale: true }, true],
    [{ coverage: "full" as const, stale: false }, false],
  ])("says how to get better advisories than %o, where there are any", (known, expected) => {
    const advisories = [{ source: "debian", builtAt: "2026-11-25T00:00:00.000Z", ...known }];
    const assessment = { state: "complete" as const, reasons: [], advisories };
    const text = renderTable(reportWith({ findings: [], assessment }), plain);
    expect(text.includes("\nBring in current ones: pratique advisories update")).toBe(expected);
  });

  it.each([60, 80, 120])("fits a terminal of %d columns", (width) => {
    const long = { ...finding, fixedVersion: "1:2.3.4+dfsg-5+really6.7.8-9~deb12u10" };
    const lines = renderTable(reportWith({ findings: [long] }), { width, color: false }).split("\n");
    const rows = lines.slice(lines.findIndex((line) => line.startsWith("severity")));
    expect(Math.max(...rows.map((line) => line.length))).toBeLessThanOrEqual(width);
  });

  const [low, high] = ["1", "2"].map((digit) => parseDigest(`sha256:${digit.repeat(64)}`));
  const layered = reportWith({
    target: {
      reference: "shop:1",
      layers: [low, high].filter((layer) => layer !== undefined),
      instructions: ["ADD file:1 in /", "RUN apt-get install -y openssl"],
      base: { name: "debian:12", layers: 1 },
    },
    packages: [
      { ...openssl, ...(low && { layer: low }) },
      { ...libssl, source: { name: "libssl", version: "1" }, ...(high && { layer: high }) },
    ],
    findings: [
      { ...finding, severity: "critical", knownExploited: false },
      { ...finding, id: "CVE-2024-0002", packageId: libssl.id, severity: "high" },
    ],
  });

  it("says which layers brought it, and whose they are", () => {
    const text = renderTable(layered, plain);
    expect(text).toContain(
      "Brought by\n      1  layer 1 (base image)  ADD file:1 in /\n      1  layer 2 (own layer)  RUN apt-get install -y openssl\n",
    );
    const { target } = layered;
    const silent = renderTable(
      { ...layered, target: { reference: "a", layers: target.layers ?? [] } },
      plain,
    );
    expect(silent).not.toContain("Brought by");
  });

  it("puts what is exploited before what is merely worse where risk is asked for", () => {
    const explained = explainFindings(layered);
    const context = { version: "1", look: plain, sort: "risk" } as const;
    const ids = [...table.render(explained, context)].join("").match(/\d+ +\w+ +CVE-2024-000\d/gu);
    expect(ids).toEqual(["67    high      CVE-2024-0002", "52    critical  CVE-2024-0001"]);
  });

  it("lets no image write to the terminal", () => {
    const evil = { ...openssl, source: { name: "a\u001b[2Jb\u202ec", version: "1" } };
    const text = renderTable(reportWith({ packages: [evil], findings: [finding] }), plain);
    expect(text).not.toContain("\u001b");
    expect(text).toContain("a\\u001b[2Jb\\u202ec");
  });

  it("says where layers were not held against their digests", () => {
    const { target } = reportWith({});
    const text = renderTable(reportWith({ target: { ...target, layersVerified: false } }), plain);
    expect(text).toContain("not checked against their digests");
  });

  it("leaves suppressed findings out, and counts them", () => {
    const text = renderTable(reportWith({ findings: [{ ...finding, suppressed: { by: "vex" } }] }), plain);
    expect(text).toContain("No known vulnerabilities; 1 suppressed");
  });
});
