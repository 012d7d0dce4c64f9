import { type ImageDetail, type ImageFinding, type ImageSummary, listImages, showImage } from "@pratique/api";
import { compareSeverity, type Digest, type Finding, type Package, type ScanReport } from "@pratique/core";
import type { StoredImage, StoredLaunch } from "@pratique/store";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { launchEntryOf } from "../launch-projection.ts";

const LAUNCHES_SHOWN = 20;

/** The images and their findings. */
export function bindImages(binder: Binder, { store }: Context): void {
  binder.bind(listImages, async ({ query }) => {
    const { items, nextCursor, total } = await store.images.list(query);
    return { items: items.map(summaryOf), nextCursor, total };
  });

  binder.bind(showImage, async ({ params }) => {
    const found = await store.images.find(params.imageId);
    if (found === undefined) throw new ServerError("NOT_FOUND", `no image ${params.imageId} was scanned`);
    const launches = await store.launches.list({ imageId: params.imageId, limit: LAUNCHES_SHOWN });
    return detailOf(found.image, found.report, launches.items);
  });
}

function summaryOf(image: StoredImage): ImageSummary {
  return { ...image, assessmentCodes: [...image.assessmentCodes] };
}

function detailOf(image: StoredImage, report: ScanReport, launches: readonly StoredLaunch[]): ImageDetail {
  const { assessment, target, config } = report;
  const packages = new Map(report.packages.map((item) => [item.id, item]));
  const findings = report.findings.map((finding) => findingOf(finding, packages.get(finding.packageId)));
  return {
    image: summaryOf(image),
    reasons: [...assessment.reasons],
    advisories: [...assessment.advisories],
    ...(target.distro !== undefined && { distro: target.distro }),
    user: config?.user ?? "",
    layers: (target.layers ?? []).map((digest) => ({
      digest,
      packages: report.packages.filter(({ layer }) => layer === digest).length,
      findings: findings.filter(({ layer }) => layer === digest).length,
    })),
    packageTypes: countTypes(report.packages),
    findings: findings.sort(byUrgency),
    launches: launches.map(launchEntryOf).map(({ id, container, host, action, decision, time }) => ({
      id,
      container,
      host,
      action,
      decision,
      time,
    })),
  };
}

function findingOf(finding: Finding, owner: Package | undefined): ImageFinding {
  const { aliases, packageId, suppressed, ...rest } = finding;
  return {
    ...rest,
    aliases: [...aliases],
    packageName: owner?.name ?? packageId,
    packageVersion: owner?.version ?? "",
    packageType: owner?.type ?? "",
    ...(suppressed !== undefined && { suppressedBy: suppressed.by }),
    ...(owner?.layer !== undefined && { layer: owner.layer satisfies Digest }),
    paths: [...(owner?.paths ?? [])],
  };
}

/** What is exploited comes first, then by severity, then by how likely it is to be exploited. */
function byUrgency(left: ImageFinding, right: ImageFinding): number {
  return (
    Number(right.knownExploited) - Number(left.knownExploited) ||
    compareSeverity(left.severity, right.severity) ||
    (right.epss ?? 0) - (left.epss ?? 0) ||
    (left.id < right.id ? -1 : 1)
  );
}

function countTypes(packages: readonly Package[]): { type: string; packages: number }[] {
  const counts = new Map<string, number>();
  for (const { type } of packages) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].map(([type, count]) => ({ type, packages: count }));
}
