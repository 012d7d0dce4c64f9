import type { Package, PackageType, ScanReport } from "@pratique/core";
import { plainImageName } from "../../image-name.ts";
import { jsonText, membersInTurn } from "../../json-text.ts";
import type { RenderContext, ReportFormat } from "../../report-format.ts";

/** Stands where no build says which commit is meant; GitHub knows none like it, and refuses the snapshot. */
const NO_COMMIT = "0".repeat(40);
/** The form wants a page of the detector. */
const DETECTOR_PAGE = "https://pratique.invalid/";

/**
 * A snapshot for GitHub's dependency submission API: what is installed, by type of package. GitHub files it by
 * commit, branch and job, which the environment of a workflow names.
 */
export const github: ReportFormat = {
  name: "github",
  description: "GitHub's dependency snapshot",
  render: (report, context) => jsonText(snapshotOf(report, context)),
  remarks: (_, { build }) =>
    build === undefined
      ? ["github: GITHUB_SHA and GITHUB_REF are not set: GitHub will refuse a snapshot of no commit"]
      : [],
};

function snapshotOf(report: ScanReport, { version, build }: RenderContext): object {
  const { sha, ref, jobId, correlator } = build ?? {
    sha: NO_COMMIT,
    ref: "refs/heads/main",
    jobId: "0",
    correlator: "pratique",
  };
  const image = plainImageName(report.target);
  return {
    version: 0,
    sha,
    ref,
    job: { id: jobId, correlator: `${correlator}-${image}` },
    detector: { name: "pratique", version, url: DETECTOR_PAGE },
    scanned: report.scannedAt,
    metadata: { image: report.target.reference, assessment: report.assessment.state },
    manifests: membersInTurn(manifestsOf(report, image)),
  };
}

function* manifestsOf(report: ScanReport, image: string): Generator<[string, object]> {
  const owned = ownedByPackage(report.packages);
  for (const [type, members] of byType(report.packages)) {
    const name = `${image} (${type})`;
    yield [name, { name, resolved: membersInTurn(resolvedOf(members, owned)) }];
  }
}

/** The key is the report's own id, which differs also where two packages have one package URL. */
function* resolvedOf(
  members: readonly Package[],
  owned: ReadonlyMap<string, readonly string[]>,
): Generator<[string, object]> {
  for (const { id, purl, ownedBy } of members) {
    const relationship = ownedBy === undefined ? "direct" : "indirect";
    yield [id, { package_url: purl, relationship, scope: "runtime", dependencies: owned.get(id) ?? [] }];
  }
}

function byType(packages: readonly Package[]): ReadonlyMap<PackageType, readonly Package[]> {
  return Map.groupBy(packages, ({ type }) => type);
}

/** The package URLs of what a package of the distribution installed. */
function ownedByPackage(packages: readonly Package[]): ReadonlyMap<string, readonly string[]> {
  const owned = new Map<string, string[]>();
  for (const { purl, ownedBy } of packages) {
    if (ownedBy === undefined) continue;
    const list = owned.get(ownedBy);
    if (list === undefined) owned.set(ownedBy, [purl]);
    else list.push(purl);
  }
  return owned;
}
