import { visibility } from "@pratique/access";
import {
  type ImageDetail,
  type ImageFinding,
  type ImageSummary,
  listImageFindings,
  listImagePackages,
  listImages,
  type QueryOf,
  type ReplyOf,
  type SeverityCounts,
  showImage,
} from "@pratique/api";
import { compareSeverity, type Digest, type Finding, type Package, type ScanReport } from "@pratique/core";
import type { StoredImage, StoredLaunch } from "@pratique/store";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { launchEntryOf } from "../launch-projection.ts";
import { pageOf } from "../page-of.ts";

const LAUNCHES_SHOWN = 20;

/** The images, their findings and their packages. */
export function bindImages(binder: Binder, { store }: Context): void {
  const find = async (imageId: Digest) => {
    const found = await store.images.find(imageId);
    if (found === undefined) throw new ServerError("NOT_FOUND", `no image ${imageId} was scanned`);
    return found;
  };

  binder.bind(listImages, async ({ query, seen }) => {
    const { items, nextCursor, total } = await store.images.list({ ...query, seen });
    return { items: items.map(summaryOf), nextCursor, total };
  });

  binder.bind(showImage, async ({ params, caller }) => {
    const { imageId } = params;
    const { image, report } = await find(imageId);
    const seen = visibility(caller.principal, "launches.read");
    const launches = await store.launches.list({ imageId, limit: LAUNCHES_SHOWN, seen });
    return detailOf(image, report, launches.items);
  });

  binder.bind(listImageFindings, async ({ params, query }) => {
    const { report } = await find(params.imageId);
    const found = findingsOf(report).filter((finding) => isAskedFor(finding, query));
    return pageOf(found.sort(byUrgency), query);
  });

  binder.bind(listImagePackages, async ({ params, query }) => {
    const { report } = await find(params.imageId);
    const text = (query.text ?? "").toLowerCase();
    const packages = report.packages.filter(({ name }) => name.toLowerCase().includes(text));
    const { items, ...page } = pageOf(packages.toSorted(byName), query);
    return { ...page, items: items.map((item) => packageOf(item, report)) };
  });
}

function summaryOf(image: StoredImage): ImageSummary {
  return { ...image, assessmentCodes: [...image.assessmentCodes] };
}

function detailOf(image: StoredImage, report: ScanReport, launches: readonly StoredLaunch[]): ImageDetail {
  const { assessment, target, config } = report;
  const findings = findingsOf(report);
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
    hosts: [],
    running: 0,
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

function findingsOf(report: ScanReport): ImageFinding[] {
  const packages = new Map(report.packages.map((item) => [item.id, item]));
  return report.findings.map((finding) => findingOf(finding, packages.get(finding.packageId)));
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

function isAskedFor(finding: ImageFinding, query: QueryOf<typeof listImageFindings>): boolean {
  const { severity, fixable, suppressed } = query;
  const text = (query.text ?? "").toLowerCase();
  return (
    [finding.id, ...finding.aliases, finding.packageName].some((word) => word.toLowerCase().includes(text)) &&
    (severity === undefined || finding.severity === severity) &&
    (fixable === undefined || (finding.fixedVersion !== undefined) === fixable) &&
    (suppressed === undefined || (finding.suppressedBy !== undefined) === suppressed)
  );
}

function byName(left: Package, right: Package): number {
  if (left.name !== right.name) return left.name < right.name ? -1 : 1;
  return left.id < right.id ? -1 : 1;
}

function packageOf(
  { id, name, version, type, purl, source, layer, paths }: Package,
  { findings }: ScanReport,
): ReplyOf<typeof listImagePackages>["items"][number] {
  const counts: SeverityCounts = { critical: 0, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 };
  for (const { packageId, severity, suppressed } of findings) {
    if (packageId === id && suppressed === undefined) counts[severity] += 1;
  }
  return {
    name,
    version,
    type,
    purl,
    ...(source !== undefined && { source: source.name }),
    ...(layer !== undefined && { layer }),
    paths: [...paths],
    findings: counts,
  };
}
