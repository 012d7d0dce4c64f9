import { stripVTControlCharacters } from "node:util";
import type { ExceptionEntry, ImageDetail } from "@pratique/api";
import { parseDigest, riskOf } from "@pratique/core";
import { describe, expect, it } from "vitest";
import { type ImageToShow, imageShowText, type JudgedFinding } from "./image-show-text.ts";

const imageId = parseDigest(`sha256:${"a".repeat(64)}`);

const finding: JudgedFinding = {
  id: "CVE-2026-0001",
  aliases: [],
  severity: "critical",
  status: "fixed",
  packageName: "openssl",
  packageVersion: "3.0.11",
  packageType: "deb",
  fixedVersion: "3.0.12",
  knownExploited: true,
  source: "debian-tracker",
  advisory: "DSA-1",
  fromBase: "unknown",
  risk: {
    score: 80,
    terms: [
      ...riskOf(
        {
          severity: "critical",
          knownExploited: true,
          status: "fixed",
          fixedVersion: "3.0.12",
        },
        { use: "executed", useDetail: "/usr/bin/openssl", exposure: [] },
      ).terms,
    ],
  },
  paths: [],
  exceptions: [],
};

const detail: ImageDetail = {
  image: {
    imageId,
    reference: "shop:1",
    distro: "debian 12",
    scannedAt: "2026-11-24T11:00:00Z",
    assessment: "complete",
    assessmentCodes: [],
    severities: { critical: 1, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 },
    fixable: 1,
    knownExploited: 1,
    suppressed: 0,
    packages: 12,
  },
  reasons: [],
  advisories: [],
  user: "",
  layers: [],
  packageTypes: [],
  hosts: ["web-1"],
  running: 1,
  names: [],
  launches: [],
};

const exception: ExceptionEntry = {
  id: "exc-1",
  state: "active",
  rules: ["images/no-critical"],
  scope: { images: ["shop:*"], vulnerabilities: ["CVE-2026-0001"] },
  reason: "until it is mended",
  owner: "team-web",
  expiresAt: "2026-12-01T00:00:00Z",
  grantedBy: "ann",
  approvedBy: null,
  grantedAt: "2026-11-24T00:00:00Z",
  withdrawnBy: null,
  withdrawnAt: null,
};

function shown(more: Partial<ImageToShow> = {}, { width = 120, color = false, explains = false } = {}) {
  const image = { detail, findings: [finding], exceptions: [], ...more };
  return [...imageShowText(image, { look: { width, color }, explains })].join("");
}

describe("an image of the server", () => {
  it("is told with where it runs, and each finding with how it is used", () => {
    const text = shown();
    expect(text).toContain("shop:1  debian 12, 12 packages\n");
    expect(text).toContain("on web-1; 1 container runs it\nscanned at 2026-11-24 11:00 UTC; runs as root\n");
    expect(text).toMatch(/80 +critical +CVE-2026-0001 +openssl +3\.0\.11 +3\.0\.12 +executed +exploited\n/u);
    expect(text).toMatch(/1 finding: 1 critical; 1 with a fix\n$/u);
  });

  it("says why a finding is urgent where it is asked", () => {
    const text = shown({}, { explains: true });
    expect(text).toContain("  80 CVE-2026-0001 in openssl\n      +40  severity critical\n");
    expect(text).toContain("      +10  in-use executed: /usr/bin/openssl\n");
    expect(shown()).not.toContain("severity critical\n");
  });

  it("says what people accepted, why, and until when", () => {
    const text = shown({ findings: [{ ...finding, exceptions: ["exc-1"] }], exceptions: [exception] });
    expect(text).toMatch(/exploited accepted\n/u);
    expect(text).toContain(
      "  exc-1  images/no-critical for CVE-2026-0001, until 2026-12-01 00:00 UTC, team-web: until it is mended\n",
    );
  });

  it("says what is not shown", () => {
    const image = { ...detail.image, suppressed: 2 };
    expect(shown({ detail: { ...detail, image, secrets: 3 }, findings: [] })).toMatch(
      /1 finding: 1 critical; 1 with a fix; 0 shown; 2 suppressed; 3 secrets\n$/u,
    );
  });

  it("is not called clean where it was not fully looked at", () => {
    const severities = { ...detail.image.severities, critical: 0 };
    const image = { ...detail.image, severities, assessment: "partial" as const };
    const reasons = [{ code: "PATH_UNSAFE" as const, message: "an entry leaves the root", path: "../x" }];
    const text = shown({ detail: { ...detail, image, reasons }, findings: [] });
    expect(text).toContain("Only partly assessed:\n  - an entry leaves the root (../x)\n");
    expect(text).toContain("No known vulnerabilities in what could be assessed");
  });

  it("is disputed where hosts contradict each other", () => {
    const dispute = { hosts: ["web-1"], since: "2026-11-24T11:00:00Z" };
    expect(shown({ detail: { ...detail, dispute } })).toContain("Hosts contradict each other about it since");
  });

  it.each([80, 100, 140])("fits a terminal of %d columns", (width) => {
    const long = { ...finding, packageName: "x".repeat(90), fixedVersion: "1:2.3.4+dfsg-5+really6.7.8-9" };
    const table = shown({ findings: [long] }, { width, color: true })
      .split("\n")
      .slice(5);
    expect(Math.max(...table.map((line) => stripVTControlCharacters(line).length))).toBeLessThanOrEqual(
      width,
    );
  });

  it("lets nothing in it write to the terminal", () => {
    const evil = "\u001b[2Jx";
    const text = shown(
      {
        detail: { ...detail, image: { ...detail.image, reference: evil }, hosts: [evil], user: evil },
        findings: [{ ...finding, packageName: evil, suppressedBy: evil }],
        exceptions: [{ ...exception, reason: evil }],
      },
      { explains: true },
    );
    expect(text).not.toContain("\u001b");
  });
});
