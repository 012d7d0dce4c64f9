import { createHash } from "node:crypto";
import type { ContainerReport, HostStatus } from "@pratique/api";
import { type Digest, parseDigest, type ScanReport } from "@pratique/core";
import type { Store } from "@pratique/store";
import { makeSeed } from "./console-seed.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const DAYS = 30;
const GATHERED_POLICIES = "sha256:behind";

/** A host whose agent speaks with a certificate. */
interface HostSketch {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly gate: HostStatus["gate"]["state"];
  readonly heardMinutesAgo: number | undefined;
  readonly daysLeft: number;
  readonly stale?: boolean;
  readonly behind?: boolean;
  readonly revoked?: boolean;
  readonly cloned?: boolean;
  readonly policyErrors?: readonly string[];
}

const hosts: readonly HostSketch[] = [
  {
    name: "db-1.example",
    labels: { env: "production", role: "db" },
    gate: "enforcing",
    heardMinutesAgo: 0,
    daysLeft: 22,
  },
  {
    name: "web-2.example",
    labels: { env: "production" },
    gate: "enforcing",
    heardMinutesAgo: 0,
    daysLeft: 25,
  },
  {
    name: "build-1.example",
    labels: { env: "build" },
    gate: "observing",
    heardMinutesAgo: 0,
    daysLeft: 4,
    stale: true,
  },
  { name: "edge-7.example", labels: { env: "edge" }, gate: "enforcing", heardMinutesAgo: 190, daysLeft: 11 },
  {
    name: "lab-3.example",
    labels: { env: "lab" },
    gate: "down",
    heardMinutesAgo: 0,
    daysLeft: 18,
    policyErrors: ["lab.yaml: expected a list of rules"],
  },
  {
    name: "lab-4.example",
    labels: { env: "lab" },
    gate: "not-installed",
    heardMinutesAgo: undefined,
    daysLeft: 29,
  },
  {
    name: "kiosk-2.example",
    labels: { env: "edge" },
    gate: "enforcing",
    heardMinutesAgo: 0,
    daysLeft: 16,
    cloned: true,
  },
  {
    name: "old-9.example",
    labels: {},
    gate: "enforcing",
    heardMinutesAgo: 9_000,
    daysLeft: 9,
    revoked: true,
  },
];

/** Fills a store with a fleet on which people have worked for a month. The local host speaks for itself. */
export async function plantFleet(store: Store, now: number): Promise<void> {
  const { images, host } = makeSeed(now);
  await plantPast(store, images, now);
  for (const sketch of hosts) await plantHost(store, { sketch, pattern: host, now });
  for (const [index, sketch] of hosts.entries()) {
    if (sketch.heardMinutesAgo === undefined) continue;
    await store.fleet.containers.replace({
      host: sketch.name,
      takenAt: isoAt(now - sketch.heardMinutesAgo * MINUTE_MS),
      containers: containersOf(images, { now, count: 5 + index * 3, salt: index }).map(rowOf),
    });
  }
}

/** Tells the containers of the local host from those of others. */
export const LOCAL_SALT = 40;

/** What the agent of the local host reports of its containers. */
export function localContainers(now: number): readonly ContainerReport[] {
  return containersOf(makeSeed(now).images, { now, count: 11, salt: LOCAL_SALT });
}

/** The id of the container that the local host calls `web`. */
export const WEB_CONTAINER_ID = idOf(LOCAL_SALT, 4);

type SeedImages = ReturnType<typeof makeSeed>["images"];

/** Each day of the past counts what was there: images came one by one, and lost findings when they were rebuilt. */
async function plantPast(store: Store, images: SeedImages, now: number): Promise<void> {
  for (let day = DAYS - 1; day >= 0; day -= 1) {
    for (const [index, { imageId, report }] of images.entries()) {
      const arrived = DAYS - 2 - index * 3;
      if (day > arrived) continue;
      const kept = Math.max(0, Math.min(1, 0.6 + ((day * 7 + index * 5) % 11) / 20));
      await store.images.put(imageId, day === 0 ? report : thinned(report, kept));
    }
    await store.timeline.record(now - day * DAY_MS);
  }
}

function thinned(report: ScanReport, kept: number): ScanReport {
  const findings = report.findings.filter((_, index) => (index * 37) % 100 < kept * 100);
  return { ...report, findings };
}

async function plantHost(
  store: Store,
  {
    sketch,
    pattern,
    now,
  }: { readonly sketch: HostSketch; readonly pattern: HostStatus; readonly now: number },
): Promise<void> {
  const { name, labels, daysLeft, heardMinutesAgo } = sketch;
  await store.fleet.identities.put({
    host: name,
    serial: Buffer.from(name).toString("hex"),
    previousSerial: null,
    joinedAt: isoAt(now - 20 * DAY_MS),
    expiresAt: isoAt(now + daysLeft * DAY_MS),
    labels: {},
  });
  if (heardMinutesAgo !== undefined) {
    const status = statusOf(sketch, pattern, now);
    const logId = `log-${name}`;
    const heardAt = isoAt(now - heardMinutesAgo * MINUTE_MS);
    await store.hosts.put({ name, logId, heardAt, status, labels, gate: sketch.gate });
  }
  if (sketch.revoked === true) await store.fleet.identities.revoke(name);
  if (sketch.cloned === true) await store.fleet.identities.markCloned(name);
}

function statusOf(sketch: HostSketch, pattern: HostStatus, now: number): HostStatus {
  const { name, labels, gate, stale = false, behind = false, policyErrors = [] } = sketch;
  const { advisories, policies } = pattern;
  return {
    ...pattern,
    reportedAt: isoAt(now),
    host: { ...pattern.host, name, labels },
    gate: { state: gate, since: isoAt(now - 30 * HOUR_MS), restarts: gate === "down" ? 4 : 0 },
    advisories: {
      ...advisories,
      sources: advisories.sources.map((source) => ({ ...source, stale: stale && source.source === "osv" })),
    },
    policies: {
      ...policies,
      ...(behind && { revision: GATHERED_POLICIES }),
      errors: [...policyErrors],
    },
    record: { logId: `log-${name}`, length: 0, lastHash: "0".repeat(64) },
  };
}

const states = [
  "running",
  "running",
  "running",
  "exited",
  "running",
  "paused",
  "running",
  "created",
] as const;
const names = ["checkout", "frontend", "jobs", "db", "web", "cache", "legacy", "billing"] as const;

interface ContainerSketch {
  readonly now: number;
  readonly count: number;
  readonly salt: number;
}

function containersOf(images: SeedImages, { now, count, salt }: ContainerSketch): readonly ContainerReport[] {
  return Array.from({ length: count }, (_, index) => containerOf(images, { now, salt, index }));
}

function containerOf(
  images: SeedImages,
  { now, salt, index }: { readonly now: number; readonly salt: number; readonly index: number },
): ContainerReport {
  const image = images[(index + salt) % images.length];
  if (image === undefined) throw new Error("there are no images");
  const state = states[index % states.length] ?? "running";
  const name = names[index % names.length] ?? "job";
  const scanned = index % 6 !== 5;
  return {
    id: idOf(salt, index),
    name: index < names.length ? name : `${name}-${index}`,
    image: scanned ? image.report.target.reference : "registry.example/tools/unseen:1",
    ...(scanned && { imageId: image.imageId }),
    state,
    createdAt: isoAt(now - (index + 2) * HOUR_MS),
    ...(state !== "created" && { startedAt: isoAt(now - (index + 1) * HOUR_MS) }),
    user: index % 3 === 0 ? "" : "1000:1000",
    privileged: index % 7 === 6,
    ports:
      index % 4 === 0 ? [{ hostIp: "", hostPort: 8080 + index, containerPort: 80, protocol: "tcp" }] : [],
    labels: { "com.docker.compose.project": "shop", "com.docker.compose.service": name },
    restartPolicy: "unless-stopped",
  };
}

function rowOf(document: ContainerReport) {
  const { id, name, image, imageId, state } = document;
  return { id, name, image, ...(imageId !== undefined && { imageId }), state, document };
}

/** The id of a container of the host with that salt. */
export function idOf(salt: number, index: number): string {
  return createHash("sha256").update(`container ${salt} ${index}`).digest("hex");
}

function isoAt(ms: number): string {
  return new Date(ms).toISOString();
}

/** Images with so many findings in all. */
export async function plantFindings(
  store: Store,
  { images, each }: { readonly images: number; readonly each: number },
) {
  const [first] = makeSeed(Date.now()).images;
  if (first === undefined) throw new Error("there is no image to copy");
  for (let image = 0; image < images; image += 1) {
    const imageId = digestOf(image);
    await store.images.put(imageId, copyOf(first.report, { imageId, image, each }));
  }
}

function copyOf(
  report: ScanReport,
  { imageId, image, each }: { readonly imageId: Digest; readonly image: number; readonly each: number },
): ScanReport {
  const { findings } = report;
  return {
    ...report,
    target: { ...report.target, imageId, reference: `registry.example/fleet/service-${image}:1` },
    findings: Array.from({ length: each }, (_, index) => {
      const pattern = findings[index % findings.length];
      if (pattern === undefined) throw new Error("there is no finding to copy");
      return {
        ...pattern,
        id: `CVE-2025-${10_000 + ((index * 13 + image * 7) % 40_000)}`,
        knownExploited: false,
      };
    }),
  };
}

function digestOf(image: number): Digest {
  return parseDigest(`sha256:${image.toString(16).padStart(64, "f")}`);
}
