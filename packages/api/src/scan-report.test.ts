import type { AuditRecord, ScanReport } from "@pratique/core";
import { parseDigest } from "@pratique/core";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { z } from "zod";
import { MAX_RECORDS_PER_BATCH, putRecords, scanReport } from "./index.ts";

const digest = parseDigest(`sha256:${"1".repeat(64)}`);

const report: ScanReport = {
  schemaVersion: 1,
  scannedAt: "2026-11-24T10:00:00Z",
  target: {
    reference: "nginx:1.27",
    digest,
    imageId: digest,
    distro: { id: "debian", version: "12.5" },
    layers: [digest],
  },
  assessment: {
    state: "partial",
    reasons: [{ code: "VERSION_UNPARSED", message: 'version "x" is none', path: "a/b" }],
    advisories: [{ source: "debian", builtAt: "2026-11-24T09:00:00Z", stale: false, coverage: "full" }],
  },
  rootAccounts: [],
  packages: [
    {
      id: "pkg:deb/debian/bash@5.2",
      type: "deb",
      name: "bash",
      version: "5.2",
      purl: "pkg:deb/debian/bash@5.2",
      paths: [],
    },
  ],
  findings: [
    {
      id: "CVE-2026-1",
      aliases: [],
      packageId: "pkg:deb/debian/bash@5.2",
      severity: "high",
      status: "fixed",
      fixedVersion: "5.3",
      knownExploited: false,
      epss: 0.5,
      source: "debian",
      advisory: "DSA-1",
    },
  ],
};

it("takes a report of core and gives it back unchanged", () => {
  expect(scanReport.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  expectTypeOf<z.output<typeof scanReport>>().toEqualTypeOf<ScanReport>();
});

it("cuts what an image says of itself, and takes its report all the same", () => {
  const long = "x".repeat(100_000);
  const lists = { entrypoint: [long], command: [], environment: [long], exposedPorts: [], volumes: [] };
  const config = { os: long, architecture: "", user: long, workingDirectory: "", labels: { [long]: long } };
  const told = {
    ...report,
    target: { ...report.target, platform: long },
    config: { ...config, ...lists, healthcheck: [] },
  };
  const taken = scanReport.parse(told);
  const [cut, short] = ["x".repeat(65_536), "x".repeat(1024)];
  expect(taken.target.platform).toBe(short);
  expect(taken.config).toMatchObject({ os: short, user: cut, entrypoint: [cut], labels: { [cut]: cut } });
  expect(taken.findings).toEqual(report.findings);
});

describe("a report", () => {
  it.each<[string, object]>([
    ["of another schema version", { ...report, schemaVersion: 2 }],
    ["with a member that core does not know", { ...report, extra: true }],
    ["with a digest that is none", { ...report, target: { reference: "a", imageId: "sha256:1" } }],
    ["with a time in another zone", { ...report, scannedAt: "2026-11-24T10:00:00+02:00" }],
    ["without an assessment", { ...report, assessment: undefined }],
    ["with a probability beyond 1", { ...report, findings: [{ ...report.findings[0], epss: 2 }] }],
  ])("%s is refused", (_, changed) => {
    expect(scanReport.safeParse(changed).success).toBe(false);
  });
});

describe("a batch of records", () => {
  const record: AuditRecord = {
    class: "launch",
    action: "launch.denied",
    actor: "uid:0",
    data: { nested: { list: [1, "two", null] } },
    sequence: 1,
    time: "2026-11-24T10:00:00.123Z",
    previousHash: "0".repeat(64),
    hash: "f".repeat(64),
  };
  const batch = { logId: "log-1", host: "web-1", records: [record] };

  it("keeps what the records hold", () => {
    expect(putRecords.body.parse(JSON.parse(JSON.stringify(batch)))).toEqual(batch);
  });

  it.each<[string, object]>([
    ["no records", { ...batch, records: [] }],
    [
      "more than the limit",
      { ...batch, records: Array.from({ length: MAX_RECORDS_PER_BATCH + 1 }, () => record) },
    ],
    ["a sequence of 0", { ...batch, records: [{ ...record, sequence: 0 }] }],
    ["a hash in upper case", { ...batch, records: [{ ...record, hash: "F".repeat(64) }] }],
    ["a log whose name is a path", { ...batch, logId: "../etc" }],
    ["a class that does not exist", { ...batch, records: [{ ...record, class: "party" }] }],
  ])("with %s is refused", (_, changed) => {
    expect(putRecords.body.safeParse(changed).success).toBe(false);
  });
});
