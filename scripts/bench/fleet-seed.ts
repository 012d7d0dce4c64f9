import { createHash } from "node:crypto";
import {
  type AuditRecord,
  type Digest,
  type Finding,
  type Package,
  parseDigest,
  type ScanReport,
  severities,
} from "../../packages/core/src/index.ts";
import type { ContainerRow, Store } from "../../packages/store/src/index.ts";
import { seedReports } from "../../packages/store/src/testdata/seed-reports.ts";

/** How much of everything there is. */
export interface FleetSize {
  readonly images: number;
  readonly findingsPerImage: number;
  readonly hosts: number;
  readonly containersPerHost: number;
  readonly launches: number;
}

/** The fleet that the product is held to. */
export const largeFleet: FleetSize = {
  images: 10_000,
  findingsPerImage: 100,
  hosts: 2_000,
  containersPerHost: 20,
  launches: 50_000,
};

const VULNERABILITIES = 15_000;
const PACKAGES = 800;
/** What they write together goes into one transaction. */
const WRITERS = 64;
const RECORDS_AT_ONCE = 200;
const registries = ["docker.io/library", "ghcr.io/acme", "ghcr.io/other", "registry.example:5000/team"];
const environments = ["production", "staging", "test"];

/** Fills an empty store with a fleet: the same one each time. */
export async function seedFleet(store: Store, size: FleetSize, say: (text: string) => void): Promise<void> {
  say(`${size.hosts} hosts …`);
  await inParallel(size.hosts, (index) => putHost(store, index));
  await seedReports(store, size.images, (index) => {
    if (index % 1000 === 0) say(`image ${index} of ${size.images} …`);
    return { imageId: imageIdOf(index), report: reportOf(size, index) };
  });
  await inParallel(size.images, (index) => noteImage(store, size, index));
  say(`${size.hosts} × ${size.containersPerHost} containers …`);
  await inParallel(size.hosts, (index) => putContainers(store, size, index));
  say(`${size.launches} launches …`);
  await putLaunches(store, size);
}

export function hostName(index: number): string {
  return `${index % 3 === 0 ? "db" : "web"}-${String(index).padStart(5, "0")}`;
}

async function putHost(store: Store, index: number): Promise<void> {
  const name = hostName(index);
  await store.hosts.put({
    name,
    logId: `log-${name}`,
    heardAt: new Date().toISOString(),
    status: statusOf(name),
    labels: { env: environments[index % environments.length] ?? "", team: `team-${index % 40}` },
    gate: index % 50 === 0 ? "observing" : "enforcing",
  });
}

function statusOf(name: string) {
  const at = new Date().toISOString();
  const source = { source: "debian-tracker", builtAt: at, stale: false, coverage: "full" };
  return {
    schemaVersion: 1,
    reportedAt: at,
    host: { name, labels: {}, kernel: "6.12", engineVersion: "28.0" },
    engine: { name: "docker", state: "up", socket: "/var/run/docker.sock" },
    gate: { state: "enforcing", since: at, restarts: 0 },
    agent: { version: "1.0.0", startedAt: at },
    advisories: { revision: "r1", sources: [source] },
    policies: { revision: "rev-1", names: ["base"], exceptions: 0, errors: [] },
    record: { logId: `log-${name}`, length: 1, lastHash: "a".repeat(64) },
    notCovered: [],
  };
}

function imageIdOf(index: number): Digest {
  return parseDigest(`sha256:${createHash("sha256").update(`image ${index}`).digest("hex")}`);
}

function referenceOf(index: number): string {
  return `${registries[index % registries.length]}/app-${index % 700}:${index}`;
}

async function noteImage(store: Store, size: FleetSize, index: number): Promise<void> {
  const imageId = imageIdOf(index);
  const seenAt = new Date().toISOString();
  const host = hostName((index * 7) % size.hosts);
  await store.fleet.locations.note({ host, imageId, reference: referenceOf(index), seenAt });
}

function reportOf({ findingsPerImage }: FleetSize, index: number): ScanReport {
  const random = randomFrom(index + 1);
  const packages: Package[] = [];
  const findings: Finding[] = [];
  for (let each = 0; each < findingsPerImage; each += 1) {
    const name = `package-${skewed(random, PACKAGES)}`;
    const id = `pkg:deb/debian/${name}@${each}`;
    const number = skewed(random, VULNERABILITIES);
    packages.push({ id, type: "deb", name, version: String(each), purl: id, paths: ["var/lib/dpkg/status"] });
    findings.push(findingOf(number, id));
  }
  return {
    schemaVersion: 1,
    scannedAt: new Date(Date.UTC(2026, 10, 1) + (index % 20_000) * 60_000).toISOString(),
    target: {
      reference: referenceOf(index),
      imageId: imageIdOf(index),
      platform: "linux/amd64",
      distro: { id: "debian", version: "12.5" },
      sizeBytes: 50_000_000 + index,
    },
    assessment: { state: index % 20 === 0 ? "partial" : "complete", reasons: [], advisories: [] },
    rootAccounts: [],
    packages,
    findings,
  };
}

function findingOf(number: number, packageId: string): Finding {
  const id = `CVE-${2015 + (number % 12)}-${10_000 + number}`;
  return {
    id,
    aliases: [],
    packageId,
    severity: severities[number % severities.length] ?? "unknown",
    status: number % 3 === 0 ? "fixed" : "affected",
    ...(number % 3 === 0 && { fixedVersion: "9" }),
    knownExploited: number % 200 === 0,
    epss: (number % 1000) / 1000,
    source: "debian-tracker",
    advisory: id,
  };
}

async function putContainers(store: Store, size: FleetSize, index: number): Promise<void> {
  const takenAt = new Date().toISOString();
  const containers = containersOf(size, index);
  await store.fleet.containers.replace({ host: hostName(index), takenAt, containers });
}

/** The containers of one host. */
export function containersOf({ images, containersPerHost }: FleetSize, host: number): ContainerRow[] {
  const random = randomFrom(host + 77);
  return Array.from({ length: containersPerHost }, (_, each) => {
    const image = skewed(random, images);
    const id = createHash("sha256").update(`${host} ${each}`).digest("hex");
    const shown = {
      id,
      name: `service-${each}-${host}`,
      image: referenceOf(image),
      imageId: imageIdOf(image),
      state: each % 10 === 0 ? "exited" : "running",
      createdAt: "2026-11-24T10:00:00Z",
      user: "",
      privileged: false,
      ports: [],
      labels: {},
      restartPolicy: "always",
    };
    return { ...shown, document: shown };
  });
}

async function putLaunches(store: Store, size: FleetSize): Promise<void> {
  const logs = Math.ceil(size.launches / RECORDS_AT_ONCE);
  await inParallel(logs, async (log) => {
    const host = hostName(log % size.hosts);
    const random = randomFrom(log + 5);
    await store.records.append({
      logId: `log-${log}`,
      host,
      records: recordsOf(log),
      project: () => launchOf(skewed(random, size.images)),
    });
  });
}

function recordsOf(log: number): readonly AuditRecord[] {
  const hash = (sequence: number) => sequence.toString(16).padStart(64, "0");
  return Array.from({ length: RECORDS_AT_ONCE }, (_, index) => ({
    class: "verdict",
    action: "launch.allowed",
    actor: "engine-socket",
    data: {},
    time: new Date(Date.now() - (log * RECORDS_AT_ONCE + index) * 10_000).toISOString(),
    sequence: index + 1,
    previousHash: hash(index),
    hash: hash(index + 1),
  }));
}

function launchOf(image: number) {
  const denied = image % 10 === 0;
  const document = {
    decision: denied ? "deny" : "allow",
    outcome: denied ? "denied" : "allowed",
    action: "create",
    stage: "launch",
    container: "web",
    image: referenceOf(image),
    imageId: imageIdOf(image),
    caller: "engine-socket",
    policyRevision: "rev-1",
    assessmentReasons: [],
    reasons: [],
  };
  return {
    decision: denied ? ("deny" as const) : ("allow" as const),
    outcome: denied ? ("denied" as const) : ("allowed" as const),
    image: referenceOf(image),
    imageId: imageIdOf(image),
    words: ["web", denied ? "base/no-critical" : ""],
    document,
  };
}

async function inParallel(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const run = async () => {
    for (let index = next; index < count; index = next) {
      next = index + 1;
      await work(index);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, run));
}

/** Small numbers come often, large ones seldom, as with images and vulnerabilities. */
function skewed(random: () => number, below: number): number {
  return Math.floor(random() ** 2 * below);
}

/** A generator of numbers from 0 to 1 that gives the same ones each time (xorshift). */
function randomFrom(seed: number): () => number {
  let state = (seed * 2_654_435_761) % 4_294_967_296 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4_294_967_296;
  };
}
