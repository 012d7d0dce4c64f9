import type { Visibility } from "@pratique/access";
import {
  type AuditRecord,
  type Digest,
  type Finding,
  parseDigest,
  type ScanReport,
  type Secret,
  type Severity,
} from "@pratique/core";
import type { LaunchProjection } from "../index.ts";

/** What somebody sees who sees all. */
export const everything: Visibility = [[{}]];

/** A digest made of one number. */
export function digestOf(number: number): Digest {
  return parseDigest(`sha256:${number.toString(16).padStart(64, "0")}`);
}

/** A report with one finding for each severity given. */
export function reportOf(reference: string, found: readonly Severity[], more: Partial<ScanReport> = {}): ScanReport {
  return {
    schemaVersion: 1,
    scannedAt: "2026-11-24T10:00:00Z",
    target: { reference, distro: { id: "debian", version: "12.5" }, sizeBytes: 1000 },
    assessment: { state: "complete", reasons: [], advisories: [] },
    rootAccounts: [],
    packages: [{ id: "p", type: "deb", name: "bash", version: "1", purl: "pkg:deb/bash@1", paths: [] }],
    findings: found.map(findingOf),
    ...more,
  };
}

function findingOf(severity: Severity, index: number): Finding {
  return {
    id: `CVE-2026-${index}`,
    aliases: [],
    packageId: "p",
    severity,
    status: "affected",
    knownExploited: false,
    source: "debian-tracker",
    advisory: `CVE-2026-${index}`,
  };
}

/** A secret in a file, with a fingerprint of its own. */
export function secretOf(fingerprint: string): Secret {
  return {
    rule: "private-key",
    title: "Private key",
    severity: "critical",
    confidence: "high",
    where: "layer",
    path: "srv/key.pem",
    line: 1,
    match: "PRIVATE KEY (48 bytes)",
    fingerprint,
  };
}

/** Records `from` to `to` of a log; the hash of a record is its sequence. */
export function recordsOf(from: number, to: number, more: Partial<AuditRecord> = {}): readonly AuditRecord[] {
  return Array.from({ length: to - from + 1 }, (_, index) => ({
    class: "launch",
    action: "launch.denied",
    actor: "uid:0",
    data: {},
    time: new Date(Date.UTC(2026, 10, 24, 10, 0, from + index)).toISOString(),
    ...more,
    sequence: from + index,
    previousHash: hashOf(from + index - 1),
    hash: hashOf(from + index),
  }));
}

function hashOf(sequence: number): string {
  return sequence.toString(16).padStart(64, "0");
}

/** A launch that was denied. */
export function deniedLaunch(image: string, imageId?: Digest): LaunchProjection {
  return {
    decision: "deny",
    outcome: "denied",
    image,
    ...(imageId !== undefined && { imageId }),
    words: ["web", "no-critical"],
    document: { image },
  };
}
