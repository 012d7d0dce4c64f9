import { createHash } from "node:crypto";
import type { HostStatus, RuntimeReport } from "@pratique/api";
import { recordAfter } from "../../../../packages/audit/src/testdata/record-after.ts";
import { type AuditEvent, type AuditRecord, type Digest, type JsonObject, parseDigest, type ScanReport } from "@pratique/core";

export function digestOf(text: string): Digest {
  return parseDigest(`sha256:${createHash("sha256").update(text).digest("hex")}`);
}

const layer = digestOf("layer");

/** A report with two findings, one in a layer. */
export function sampleReport(reference: string): ScanReport {
  return {
    schemaVersion: 1,
    scannedAt: "2026-11-24T11:00:00Z",
    target: {
      reference,
      imageId: digestOf(reference),
      platform: "linux/amd64",
      distro: { id: "debian", version: "12.5" },
      sizeBytes: 120_000_000,
      layers: [layer],
    },
    assessment: {
      state: "partial",
      reasons: [{ code: "VERSION_UNPARSED", message: 'version "?" is none', path: "var/lib/dpkg/status" }],
      advisories: [
        { source: "debian-tracker", builtAt: "2026-11-24T03:00:00Z", stale: false, coverage: "full" },
      ],
    },
    rootAccounts: [],
    packages: [
      {
        id: "pkg:deb/debian/openssl@3.0.11",
        type: "deb",
        name: "openssl",
        version: "3.0.11",
        purl: "pkg:deb/debian/openssl@3.0.11",
        layer,
        paths: ["var/lib/dpkg/status"],
      },
    ],
    findings: [
      {
        id: "CVE-2026-0002",
        aliases: [],
        packageId: "pkg:deb/debian/openssl@3.0.11",
        severity: "medium",
        status: "affected",
        knownExploited: false,
        source: "debian-tracker",
        advisory: "CVE-2026-0002",
      },
      {
        id: "CVE-2026-0001",
        aliases: ["GHSA-1"],
        packageId: "pkg:deb/debian/openssl@3.0.11",
        severity: "critical",
        status: "fixed",
        fixedVersion: "3.0.12",
        knownExploited: true,
        epss: 0.9,
        source: "debian-tracker",
        advisory: "DSA-1",
      },
    ],
  };
}

/** The data of a launch that broke one rule, as the gate writes it. */
export function launchData(image: string, more: JsonObject = {}): JsonObject {
  return {
    call: "POST /containers/create",
    mode: "enforce",
    decision: "deny",
    stage: "launch",
    decidedAt: "2026-11-24T12:00:00Z",
    policyRevision: "rev-1",
    policies: digestOf("policies"),
    imageId: digestOf(image),
    verdict: {
      decision: "deny",
      stage: "launch",
      subject: { image, imageId: digestOf(image), container: "web" },
      violations: [
        {
          policy: "baseline",
          rule: "no-critical",
          enforcement: "enforce",
          message: "a critical vulnerability has a fix",
          value: "CVE-2026-0001 in openssl 3.0.11",
          fix: "update openssl to 3.0.12",
        },
      ],
      assessment: { state: "complete", reasons: [] },
      policyRevision: "rev-1",
      decidedAt: "2026-11-24T12:00:00Z",
    },
    launch: { action: "create", name: "web", containerId: "", image, caller: "", privileged: false },
    ...more,
  };
}

/** The data of a record of class `detection`, as an agent writes it. */
export function detectionData(image: string, more: JsonObject = {}): JsonObject {
  return {
    id: "d-1",
    rule: "Drifted program executed",
    description: "a program that was not in the image was executed",
    priority: "critical",
    tags: ["container", "mitre_execution", "T1105"],
    time: "2026-11-24T12:00:00.000Z",
    eventType: "execve",
    output: "a program that was not in the image ran (file=/tmp/x)",
    fields: { "proc.exepath": "/tmp/x" },
    matched: [{ text: "proc.is_exe_upper_layer = true", field: "proc.is_exe_upper_layer", value: "true" }],
    container: { id: "c1", runtime: "docker", name: "app", image, imageId: digestOf(image), privileged: false },
    processes: [
      { pid: 12, name: "x", exePath: "/tmp/x", commandLine: "/tmp/x --now", user: "root" },
      { pid: 10, name: "sh", exePath: "/bin/sh", commandLine: "sh -c /tmp/x", user: "root" },
    ],
    action: "kill",
    outcome: "prevented",
    suppressed: 0,
    ...more,
  };
}

/** The data of a record of class `response`, as an agent writes it. */
export function responseData(image: string, more: JsonObject = {}): JsonObject {
  return {
    act: "a-1",
    trigger: "d-1",
    container: { id: "c1", name: "app", image },
    action: "pause",
    outcome: "acted",
    reason: "by policy",
    decidedBy: "policy",
    tookMs: 12.5,
    proof: { proved: true },
    steps: [],
    ...more,
  };
}

/** What a host tells of its running containers. */
export function runtimeReport(containerIds: readonly string[], more: Partial<RuntimeReport> = {}): RuntimeReport {
  return {
    takenAt: "2026-11-24T12:00:00.000Z",
    sensor: {
      state: "running",
      detail: "",
      primitives: [],
      events: 10,
      dropped: 0,
      suppressed: 0,
      unattributed: 0,
    },
    containers: containerIds.map((containerId) => ({
      containerId,
      takenAt: "2026-11-24T12:00:00.000Z",
      processes: [],
      listening: [],
      flows: [],
      written: [],
      rates: { execs: 0, opens: 0, connects: 0, events: 0, suppressed: 0 },
      leftOut: 0,
    })),
    ...more,
  };
}

/** A chain of records of running containers, each of its own class. */
export function runtimeChainOf(
  all: readonly (Pick<AuditRecord, "class" | "data"> & { readonly action?: string })[],
): readonly AuditRecord[] {
  return chain(all.map(({ class: kind, data, action = `${kind}.raised` }) => ({ class: kind, action, data })));
}

/** A chain of records from the first on, one for each data. */
export function chainOf(all: readonly JsonObject[]): readonly AuditRecord[] {
  return chain(all.map((data) => ({ class: "verdict", action: "launch.denied", data })));
}

/** One after the other, a second apart. */
function chain(events: readonly Omit<AuditEvent, "actor">[]): readonly AuditRecord[] {
  const records: AuditRecord[] = [];
  for (const [index, event] of events.entries()) {
    const time = new Date(Date.UTC(2026, 10, 24, 12, 0, index)).toISOString();
    records.push(recordAfter(records.at(-1), { ...event, actor: "engine-socket", time }));
  }
  return records;
}

export const sampleHost: HostStatus = {
  schemaVersion: 1,
  reportedAt: "2026-11-24T12:29:00Z",
  host: { name: "web-1", labels: { env: "production" }, kernel: "6.12", engineVersion: "28.0" },
  engine: { name: "docker", state: "up", socket: "/var/run/docker.sock" },
  gate: { state: "enforcing", since: "2026-11-24T08:00:00Z", restarts: 0 },
  agent: { version: "1.2.3", startedAt: "2026-11-24T08:00:00Z" },
  advisories: {
    revision: "r1",
    sources: [{ source: "debian-tracker", builtAt: "2026-11-24T03:00:00Z", stale: false, coverage: "full" }],
  },
  policies: { revision: "rev-1", names: ["baseline"], exceptions: 0, errors: [] },
  record: { logId: "log-1", length: 3, lastHash: "a".repeat(64) },
  notCovered: [],
};
