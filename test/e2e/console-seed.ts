import { createHash } from "node:crypto";
import type { HostStatus } from "@pratique/api";
import {
  type AssessmentReason,
  type AuditRecord,
  type Digest,
  type Finding,
  type FindingStatus,
  type JsonObject,
  type Package,
  parseDigest,
  type ScanReport,
  type Secret,
  type Severity,
} from "@pratique/core";
import { recordAfter } from "../../packages/audit/src/testdata/record-after.ts";

/** What an agent would say of a host on which people have worked for a day. */
export interface Seed {
  readonly images: readonly { readonly imageId: Digest; readonly report: ScanReport }[];
  readonly records: readonly AuditRecord[];
  readonly host: HostStatus;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

export const LOG_ID = "c0ffee00-seed";
export const HOST = "web-1.example";

interface ImageSketch {
  readonly reference: string;
  readonly distro?: { readonly id: string; readonly version: string };
  readonly sizeMb: number;
  readonly packages: number;
  readonly user?: string;
  /** Critical, high, medium, low, negligible. */
  readonly found: readonly [number, number, number, number, number];
  readonly hoursAgo: number;
  readonly reasons?: readonly AssessmentReason[];
  readonly state?: "partial" | "none";
}

const debian12 = { id: "debian", version: "12.8" };

const sketches: readonly ImageSketch[] = [
  {
    reference: "registry.example/shop/checkout:2.8.1",
    distro: { id: "debian", version: "11.6" },
    sizeMb: 412,
    packages: 431,
    found: [4, 31, 77, 42, 118],
    hoursAgo: 3,
  },
  {
    reference: "node:18-bullseye",
    distro: { id: "debian", version: "11.11" },
    sizeMb: 996,
    packages: 412,
    found: [2, 24, 96, 61, 201],
    hoursAgo: 20,
  },
  {
    reference: "python:3.12-slim",
    distro: debian12,
    sizeMb: 124,
    packages: 105,
    found: [0, 3, 11, 9, 38],
    hoursAgo: 5,
  },
  {
    reference: "postgres:16.4",
    distro: debian12,
    sizeMb: 432,
    packages: 147,
    user: "postgres",
    found: [1, 6, 22, 14, 49],
    hoursAgo: 9,
  },
  {
    reference: "nginx:1.27",
    distro: debian12,
    sizeMb: 192,
    packages: 150,
    found: [0, 5, 19, 12, 61],
    hoursAgo: 1,
    state: "partial",
    reasons: [
      {
        code: "PACKAGE_RECORD_MALFORMED",
        message: "a record has no version",
        path: "usr/lib/python3/dist-packages/six.egg-info",
      },
    ],
  },
  {
    reference: "redis:7.4-alpine",
    distro: { id: "alpine", version: "3.20.3" },
    sizeMb: 41,
    packages: 24,
    user: "redis",
    found: [0, 0, 2, 1, 0],
    hoursAgo: 7,
  },
  {
    reference: "alpine:3.20",
    distro: { id: "alpine", version: "3.20.3" },
    sizeMb: 8,
    packages: 14,
    found: [0, 0, 0, 0, 0],
    hoursAgo: 2,
  },
  {
    reference: "legacy/billing:2016",
    sizeMb: 688,
    packages: 0,
    found: [0, 0, 0, 0, 0],
    hoursAgo: 30,
    state: "none",
    reasons: [{ code: "DISTRO_UNSUPPORTED", message: 'the distribution "slackware" is not supported' }],
  },
];

const names = [
  "openssl",
  "libxml2",
  "zlib",
  "glibc",
  "curl",
  "expat",
  "krb5",
  "perl",
  "sqlite3",
  "tar",
  "gnutls28",
];
const titles = [
  "Heap buffer overflow when parsing crafted input",
  "Use after free in certificate verification",
  "Out-of-bounds read in the decoder",
  "Unbounded recursion exhausts the stack",
  "Integer overflow in length calculation",
];
const severities: readonly Severity[] = ["critical", "high", "medium", "low", "negligible"];
const statuses: readonly FindingStatus[] = ["fixed", "affected", "fixed", "fix-deferred", "will-not-fix"];

/** Makes the seed for a moment, in milliseconds since 1970. */
export function makeSeed(now: number): Seed {
  const images = sketches.map((sketch) => {
    const imageId = digestOf(sketch.reference);
    return { imageId, report: reportOf(sketch, imageId, now) };
  });
  const records = makeRecords(now);
  return { images, records, host: hostOf(records, now) };
}

function digestOf(text: string): Digest {
  return parseDigest(`sha256:${createHash("sha256").update(text).digest("hex")}`);
}

function isoAt(ms: number): string {
  return new Date(ms).toISOString();
}

function reportOf(sketch: ImageSketch, imageId: Digest, now: number): ScanReport {
  const layers = [1, 2, 3, 4].map((layer) => digestOf(`${sketch.reference} ${layer}`));
  const packages = Array.from({ length: sketch.packages }, (_, index) => packageOf(index, layers));
  return {
    schemaVersion: 1,
    scannedAt: isoAt(now - sketch.hoursAgo * HOUR_MS),
    target: {
      reference: sketch.reference,
      digest: digestOf(`manifest ${sketch.reference}`),
      imageId,
      platform: "linux/amd64",
      ...(sketch.distro !== undefined && { distro: sketch.distro }),
      sizeBytes: sketch.sizeMb * 1_000_000,
      layers,
    },
    assessment: {
      state: sketch.state ?? "complete",
      reasons: sketch.reasons ?? [],
      advisories: hostAdvisories(now),
    },
    config: {
      os: "linux",
      architecture: "amd64",
      created: isoAt(now - sketch.hoursAgo * 40 * HOUR_MS),
      user: sketch.user ?? "",
      entrypoint: [],
      command: [],
      environment: [],
      workingDirectory: "/",
      exposedPorts: [],
      volumes: [],
      labels: {},
      healthcheck: [],
    },
    rootAccounts: [],
    packages,
    licenses: packages.flatMap(({ id, licenses = [] }) =>
      licenses.map(
        (license) => ({ license, category: "restricted", severity: "high", packageId: id }) as const,
      ),
    ),
    ...(sketch.reference === "postgres:16.4" && { secrets: secretsIn(layers) }),
    findings: sketch.found.flatMap((count, rank) =>
      Array.from({ length: count }, (_, index) => findingOf(rank, index, packages)),
    ),
  };
}

function secretsIn([, layer]: readonly Digest[]): readonly Secret[] {
  return [
    {
      rule: "aws-access-key",
      title: "AWS access key",
      category: "cloud",
      severity: "critical",
      confidence: "high",
      where: "layer",
      path: "srv/app/.env",
      line: 3,
      ...(layer !== undefined && { layer }),
      deleted: true,
      match: "AKIA…4Q",
      fingerprint: "9f86d081884c7d65",
    },
    {
      rule: "password",
      title: "Password",
      category: "password",
      severity: "medium",
      confidence: "low",
      where: "environment",
      line: 2,
      match: "…",
      fingerprint: "2c26b46b68ffc68f",
    },
  ];
}

function packageOf(index: number, layers: readonly Digest[]): Package {
  const base = names[index % names.length] ?? "bash";
  const name = index < names.length ? base : `${base}-${index}`;
  const version = `${(index % 7) + 1}.${index % 13}.${index % 5}-${(index % 3) + 1}+deb12u${(index % 4) + 1}`;
  const layer = layers[index % 5 === 0 ? 2 : 0];
  return {
    id: `pkg:deb/debian/${name}@${version}`,
    type: "deb",
    name,
    version,
    purl: `pkg:deb/debian/${name}@${version}`,
    ...(layer !== undefined && { layer }),
    paths: ["var/lib/dpkg/status"],
    ...(name === "curl" && { licenses: ["curl", "ISC OR LicenseRef-Own"] }),
  };
}

function findingOf(rank: number, index: number, packages: readonly Package[]): Finding {
  const owner = packages[(index * 3 + rank) % packages.length];
  if (owner === undefined) throw new Error("an image without packages has no findings");
  const status = statuses[(index + rank) % statuses.length] ?? "affected";
  const id = `CVE-${2026 - (index % 4)}-${10_000 + rank * 7001 + index * 37}`;
  const title = titles[(index + rank) % titles.length];
  return {
    id,
    aliases: [],
    packageId: owner.id,
    severity: severities[rank] ?? "unknown",
    status,
    ...(status === "fixed" && {
      fixedVersion: owner.version.replace(/\d+$/u, (last) => String(Number(last) + 1)),
    }),
    knownExploited: rank === 0 && index === 0,
    epss: Math.round((0.94 / (rank * rank * 3 + index + 1)) * 10_000) / 10_000,
    source: "debian-tracker",
    advisory: status === "fixed" ? `DSA-58${(index + rank * 11) % 90}-1` : id,
    ...(title !== undefined && { title: `${owner.name}: ${title.toLowerCase()}` }),
  };
}

function hostAdvisories(now: number) {
  return [
    { source: "alpine-secdb", builtAt: isoAt(now - 4 * HOUR_MS), stale: false, coverage: "full" },
    { source: "debian-tracker", builtAt: isoAt(now - 4 * HOUR_MS), stale: false, coverage: "full" },
    { source: "osv", builtAt: isoAt(now - 9 * HOUR_MS), stale: false, coverage: "full" },
  ] as const;
}

interface LaunchSketch {
  readonly minutesAgo: number;
  readonly container: string;
  readonly image: string;
  readonly actor?: string;
  readonly action?: string;
  readonly violations?: readonly JsonObject[];
  readonly enforced?: boolean;
}

const critical = {
  policy: "baseline",
  rule: "no-fixable-critical",
  enforcement: "enforce",
  message: "The image has critical vulnerabilities for which there is a fix.",
  value: "CVE-2026-10000 in openssl 1.0.0-1+deb12u1, known to be exploited",
  fix: "Rebuild the image on a current base, or update openssl to 1.0.0-1+deb12u2.",
};
const privileged = {
  policy: "baseline",
  rule: "no-privileged",
  enforcement: "enforce",
  message: "The container asks for all privileges of the host.",
  value: "HostConfig.Privileged = true",
  fix: "Drop --privileged, and add only the capabilities that are needed with --cap-add.",
};
const socket = {
  policy: "baseline",
  rule: "no-engine-socket",
  enforcement: "enforce",
  message: "The container would control the engine through its socket.",
  value: "/var/run/docker.sock mounted at /var/run/docker.sock",
  fix: "Leave the mount out, or put a filtering proxy in front of the socket.",
};
const root = {
  policy: "baseline",
  rule: "no-root",
  enforcement: "warn",
  message: "The container runs as root.",
  value: "no user is set",
  fix: "Set a user with --user, or with USER in the image.",
};

const latest: readonly LaunchSketch[] = [
  { minutesAgo: 38, container: "cache", image: "redis:7.4-alpine" },
  { minutesAgo: 31, container: "db", image: "postgres:16.4" },
  {
    minutesAgo: 27,
    container: "ci-runner",
    image: "docker:27-cli",
    actor: "certificate:ci",
    violations: [socket, root],
  },
  { minutesAgo: 19, container: "worker", image: "python:3.12-slim", violations: [root] },
  {
    minutesAgo: 12,
    container: "debug",
    image: "alpine:3.20",
    actor: "certificate:ann",
    violations: [privileged],
  },
  { minutesAgo: 7, container: "web", image: "nginx:1.27" },
  {
    minutesAgo: 2,
    container: "checkout",
    image: "registry.example/shop/checkout:2.8.1",
    actor: "certificate:ann",
    violations: [critical, root],
  },
];

function makeRecords(now: number): readonly AuditRecord[] {
  const earlier = Array.from({ length: 160 }, (_, index): LaunchSketch => {
    const minutesAgo = 23 * 60 - Math.floor((index * 22.3 * 60) / 160) - ((index * 7) % 30);
    const violations = index % 17 === 3 ? [privileged] : index % 9 === 4 ? [root] : [];
    return {
      minutesAgo,
      container: `job-${index}`,
      image: "python:3.12-slim",
      violations,
      enforced: index > 60,
    };
  });
  const records: AuditRecord[] = [];
  for (const sketch of [
    ...earlier.toSorted((left, right) => right.minutesAgo - left.minutesAgo),
    ...latest,
  ]) {
    records.push(recordOf(sketch, records.at(-1), now));
  }
  return records;
}

function recordOf(sketch: LaunchSketch, before: AuditRecord | undefined, now: number): AuditRecord {
  const {
    minutesAgo,
    container,
    image,
    actor = "engine-socket",
    action = "create",
    violations = [],
    enforced = true,
  } = sketch;
  const denied = violations.some(({ enforcement }) => enforcement === "enforce");
  const time = isoAt(now - minutesAgo * MINUTE_MS);
  const known = sketches.some(({ reference }) => reference === image);
  return recordAfter(before, {
    class: "verdict",
    action: denied ? "launch.denied" : "launch.allowed",
    actor,
    time,
    data: {
      call: "POST /containers/create",
      mode: enforced ? "enforce" : "observe",
      decision: denied ? "deny" : "allow",
      stage: "launch",
      decidedAt: time,
      policyRevision: digestOf("policies"),
      imageId: known ? digestOf(image) : null,
      verdict: {
        subject: { image, container },
        violations,
        assessment: { state: known ? "complete" : "none", reasons: [] },
      },
      launch: { action, name: container, containerId: "", image, caller: "" },
    },
  });
}

function hostOf(records: readonly AuditRecord[], now: number): HostStatus {
  return {
    schemaVersion: 1,
    reportedAt: isoAt(now),
    host: { name: HOST, labels: { env: "production" }, kernel: "6.12.48-amd64", engineVersion: "28.5.1" },
    engine: { name: "docker", state: "up", socket: "/var/run/docker.sock" },
    gate: { state: "enforcing", since: isoAt(now - 12 * HOUR_MS), restarts: 0 },
    agent: { version: "0.1.0", startedAt: isoAt(now - 23 * HOUR_MS) },
    advisories: { revision: digestOf("advisories"), sources: [...hostAdvisories(now)] },
    policies: { revision: digestOf("policies"), names: ["baseline"], exceptions: 2, errors: [] },
    record: { logId: LOG_ID, length: records.length, lastHash: records.at(-1)?.hash ?? "0".repeat(64) },
    notCovered: [
      {
        what: "Podman",
        why: "it has no door at which a gate could stand",
        fix: "start containers with Docker, or watch Podman with a scan of what runs",
      },
      {
        what: "docker build",
        why: "steps of a build are not judged",
        fix: "check the image that comes out: pratique image check IMAGE",
      },
    ],
  };
}
