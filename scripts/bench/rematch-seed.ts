import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { buildDatabase } from "../../packages/advisory/src/index.ts";
import {
  type AdvisoryIndex,
  type Digest,
  type Package,
  parseDigest,
  type ScanReport,
} from "../../packages/core/src/index.ts";
import { rematch } from "../../packages/matching/src/index.ts";

const PACKAGES_PER_IMAGE = 300;
/** How many names of packages the fleet has. */
const NAMES = 10_000;
const VERSIONS = 10;
/** Of so many packages of four something is known before, about their oldest version. */
const KNOWN_OF_FOUR = 2;
/** New advisories are about so many versions of ten. */
const AFFECTED_VERSIONS = 3;

/** The id of an image whose last digits are zero, for its copies. */
export function imageIdOf(index: number): Digest {
  return parseDigest(`sha256:${hashOf(`image ${index}`).slice(0, 58)}000000`);
}

/** What a host says of an image: 300 packages, frequent ones more often than rare ones, half from Debian, half from npm. */
export function reportOf(index: number, advisories: AdvisoryIndex, scannedAt: string): ScanReport {
  const random = generator(index + 1);
  const chosen = new Map<string, Package>();
  while (chosen.size < PACKAGES_PER_IMAGE) {
    // As the names of packages are: the frequency falls with the rank.
    const rank = Math.floor(NAMES ** random()) - 1;
    const version = `1.${Math.floor(random() * VERSIONS)}.0`;
    const found = packageOf(rank, version);
    if (!chosen.has(found.name)) chosen.set(found.name, found);
  }
  const report: ScanReport = {
    schemaVersion: 1,
    scannedAt,
    target: {
      reference: `registry.example/team/app-${index}:1`,
      imageId: imageIdOf(index),
      distro: { id: "debian", version: "12.5" },
      sizeBytes: 100_000_000,
    },
    assessment: { state: "complete", reasons: [], advisories: [] },
    rootAccounts: [],
    packages: [...chosen.values()],
    findings: [],
  };
  return rematch(report, advisories);
}

function packageOf(rank: number, version: string): Package {
  const name = nameOf(rank);
  const isDebian = rank % 2 === 0;
  const type = isDebian ? "deb" : "npm";
  const purl = isDebian
    ? `pkg:deb/debian/${name}@${version}?distro=debian-12.5`
    : `pkg:npm/${name}@${version}`;
  return {
    id: purl,
    type,
    name,
    version,
    purl,
    paths: [isDebian ? "var/lib/dpkg/status" : `app/node_modules/${name}`],
  };
}

function nameOf(rank: number): string {
  return `package-${rank}-${hashOf(String(rank)).slice(0, 4)}`;
}

/** Builds the advisories from before, or those and `fresh` more, each about a package drawn from all names. */
export async function buildAdvisories(directory: string, fresh: number, at: Date): Promise<void> {
  const feed = path.join(directory, "feed.jsonl");
  const records: object[] = [];
  for (let rank = 0; rank < NAMES; rank += 1) {
    if (rank % 4 < KNOWN_OF_FOUR) records.push(recordOf(`CVE-2025-${10_000 + rank}`, rank, 1));
  }
  const random = generator(7);
  const drawn = new Set<number>();
  while (drawn.size < fresh) drawn.add(Math.floor(random() * NAMES));
  for (const rank of drawn) records.push(recordOf(`CVE-2026-${10_000 + rank}`, rank, AFFECTED_VERSIONS));
  writeFileSync(feed, records.map((record) => JSON.stringify(record)).join("\n"));
  await buildDatabase({
    directory: path.join(directory, "advisories"),
    from: [{ provider: "osv", location: feed }],
    clock: () => at,
    replace: true,
  });
}

function recordOf(id: string, rank: number, below: number): object {
  const isDebian = rank % 2 === 0;
  const events = [{ introduced: "0" }, { fixed: `1.${below}.0` }];
  return {
    schema_version: "1.6.0",
    id,
    modified: "2026-01-01T00:00:00Z",
    summary: `Something is wrong with ${nameOf(rank)}`,
    severity: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N" }],
    affected: [
      {
        package: { ecosystem: isDebian ? "Debian:12" : "npm", name: nameOf(rank) },
        ranges: [{ type: isDebian ? "ECOSYSTEM" : "SEMVER", events }],
      },
    ],
  };
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
