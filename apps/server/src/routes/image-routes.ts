import { decide, shows, visibility } from "@pratique/access";
import {
  AGENT_SILENT_AFTER_MS,
  diffImage,
  type ImageDetail,
  type ImageFinding,
  type ImageSummary,
  listImageFindings,
  listImagePackages,
  listImageSecrets,
  listImages,
  type QueryOf,
  type ReplyOf,
  type SeverityCounts,
  scanImage,
  showImage,
} from "@pratique/api";
import {
  compareRisk,
  compareSecrets,
  compareSeverity,
  type Digest,
  explainFindings,
  type Finding,
  type LayerOrigin,
  type LicenseCategory,
  originOf,
  type Package,
  riskOf,
  type ScanReport,
  type Secret,
  secretPlace,
} from "@pratique/core";
import type { StoredImage, StoredLaunch } from "@pratique/store";
import type { Binder } from "../bind.ts";
import type { Caller } from "../calls/caller.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { tellAgent } from "../fleet/commands.ts";
import { imageDiffOf, reportAt } from "../fleet/image-diff.ts";
import { useOfImage } from "../fleet/image-use.ts";
import { PackageLicenses } from "../fleet/package-licenses.ts";
import { launchEntryOf } from "../launch-projection.ts";
import { pageOf } from "../page-of.ts";

const LAUNCHES_SHOWN = 20;
const HOSTS_SHOWN = 200;
/** On more hosts than these nobody looks for one that scans. */
const MAX_PLACES = 1000;
const NAMINGS_SHOWN = 200;

/** The images, their findings and their packages. */
export function bindImages(binder: Binder, context: Context): void {
  const { store } = context;

  binder.bind(listImages, async ({ query, seen }) => await imagesIn(context, { ...query, seen }));
  binder.bind(showImage, async ({ params, caller }) => await imageIn(context, params.imageId, caller));

  binder.bind(scanImage, async ({ params, caller }) => {
    const host = await scannerOf(context, params.imageId, caller);
    const task = { kind: "scan-image", imageId: params.imageId } as const;
    return { commandId: await tellAgent(context, { host, by: caller.name, task }), host };
  });

  const findSeen = async (imageId: Digest, { principal }: Caller) => {
    const isSeen = await store.images.shows(imageId, visibility(principal, "images.read"));
    if (!isSeen) throw new ServerError("NOT_FOUND", `no image ${imageId} was scanned`);
    const { image, report } = await findImage(context, imageId);
    return { imageId, at: image.scannedAt, report };
  };

  const findAt = async (imageId: Digest, time: string | undefined) => {
    const { report } = await findImage(context, imageId);
    const begins = (await store.findingHistory.begins(imageId)) ?? report.scannedAt;
    const moment = Math.max(Date.parse(begins), Date.parse(time ?? begins));
    const at = new Date(moment).toISOString();
    return { imageId, at, report: reportAt(report, await store.findingHistory.at(imageId, at)) };
  };

  binder.bind(diffImage, async ({ params: { imageId }, query, caller }) => {
    const { with: other, from, to = new Date(context.now()).toISOString() } = query;
    if (other === undefined) return imageDiffOf(await findAt(imageId, from), await findAt(imageId, to));
    if (from !== undefined || query.to !== undefined) {
      throw new ServerError("REQUEST_MALFORMED", "expected another image or times, found both");
    }
    return imageDiffOf(await findSeen(other, caller), await findSeen(imageId, caller));
  });

  binder.bind(listImageFindings, async ({ params, query, caller }) => {
    return await findingsIn(context, { ...query, imageId: params.imageId }, caller);
  });

  binder.bind(listImagePackages, async ({ params, query }) => {
    const { report } = await findImage(context, params.imageId);
    const licensed = new PackageLicenses(report);
    const text = (query.text ?? "").toLowerCase();
    const packages = report.packages.filter(
      (one) => one.name.toLowerCase().includes(text) && licensed.isAskedFor(one, query),
    );
    const { items, ...page } = pageOf(packages.toSorted(byName), query);
    return { ...page, items: items.map((item) => packageOf(item, report, licensed.categoryOf(item))) };
  });

  binder.bind(listImageSecrets, async ({ params, query }) => {
    const { secrets = [] } = (await findImage(context, params.imageId)).report;
    return pageOf(secrets.filter((secret) => isSecretAskedFor(secret, query)).toSorted(byHarm), query);
  });
}

/** The images that somebody may see, as lists show them. */
export async function imagesIn(
  { store }: Context,
  query: Parameters<Context["store"]["images"]["list"]>[0],
): Promise<ReplyOf<typeof listImages>> {
  const { items, nextCursor, total } = await store.images.list(query);
  return { items: items.map(summaryOf), nextCursor, total };
}

/** All of an image, and what its caller may see of where it lies and runs. Throws `NOT_FOUND`. */
export async function imageIn(context: Context, imageId: Digest, caller: Caller): Promise<ImageDetail> {
  const { store } = context;
  const { image, report } = await findImage(context, imageId);
  const seen = visibility(caller.principal, "launches.read");
  const launches = await store.launches.list({ imageId, limit: LAUNCHES_SHOWN, seen });
  const running = await store.fleet.containers.running(
    [imageId],
    visibility(caller.principal, "containers.read"),
  );
  const dispute = await store.images.disputeOf(imageId);
  const based = await withBase(context, image.imageId, report, caller);
  return {
    ...detailOf(image, based.report, launches.items),
    ...(based.base !== undefined && { base: based.base }),
    ...(dispute !== undefined && {
      dispute: { hosts: await visibleIn(context, dispute.hosts, caller), since: dispute.since },
    }),
    names: await namesOf(context, imageId, caller),
    hosts: await hostsOf(context, imageId, caller),
    running: running.get(imageId) ?? 0,
  };
}

/** The findings of an image, the most urgent first, by what its caller may see of how it runs. Throws `NOT_FOUND`. */
export async function findingsIn(
  context: Context,
  query: QueryOf<typeof listImageFindings> & { readonly imageId: Digest },
  caller: Caller,
): Promise<ReplyOf<typeof listImageFindings>> {
  const { imageId } = query;
  const { report: told } = await findImage(context, imageId);
  const { report } = await withBase(context, imageId, told, caller);
  const useOf = await useOfImage(context, { imageId, packages: report.packages }, caller);
  const found = findingsOf(explainFindings(report, useOf)).filter((finding) => isAskedFor(finding, query));
  return pageOf(found.sort(byRisk), query);
}

/** Throws `NOT_FOUND`. */
async function findImage({ store }: Context, imageId: Digest) {
  const found = await store.images.find(imageId);
  if (found === undefined) throw new ServerError("NOT_FOUND", `no image ${imageId} was scanned`);
  return found;
}

type DetailOfReport = Omit<ImageDetail, "names" | "hosts" | "running" | "dispute">;

/** The hosts on which an image lies, as far as the caller may see them. */
async function hostsOf(context: Context, imageId: Digest, caller: Caller): Promise<string[]> {
  const places = await context.store.fleet.locations.of(imageId, HOSTS_SHOWN);
  return await visibleIn(
    context,
    places.map(({ host }) => host),
    caller,
  );
}

async function namesOf(context: Context, imageId: Digest, caller: Caller): Promise<ImageDetail["names"]> {
  const names = await context.store.fleet.locations.names(imageId, NAMINGS_SHOWN);
  const seen = new Set(
    await visibleIn(
      context,
      names.flatMap(({ hosts }) => hosts),
      caller,
    ),
  );
  return names.map(({ repository, hosts }) => ({
    repository,
    hosts: hosts.filter((host) => seen.has(host)),
  }));
}

async function visibleIn(
  { store }: Context,
  names: readonly string[],
  { principal }: Caller,
): Promise<string[]> {
  const labels = await store.hosts.labelsOf(names);
  const seen = visibility(principal, "hosts.read");
  return names.filter((name) => shows(seen, { hosts: [{ name, labels: labels.get(name) ?? {} }] }));
}

/**
 * A host that holds an image, whose agent is heard and on which the caller may have it scanned: who may on one of them
 * has nothing done on the others. Throws `CONFLICT` where there is none.
 */
async function scannerOf({ store, now }: Context, imageId: Digest, { principal }: Caller): Promise<string> {
  const repositories = await store.fleet.locations.repositories(imageId);
  for (const { host: name } of await store.fleet.locations.of(imageId, MAX_PLACES)) {
    const host = await store.hosts.find(name);
    if (host === undefined || host.identity.state === "revoked") continue;
    const place = { hosts: [{ name, labels: host.labels }], repositories };
    if (decide(principal, "images.scan", place).decision === "deny") continue;
    if (host.heardAt !== null && now() - Date.parse(host.heardAt) <= AGENT_SILENT_AFTER_MS) return name;
  }
  throw new ServerError("CONFLICT", "no host that holds the image reports at present");
}

function summaryOf(image: StoredImage): ImageSummary {
  return { ...image, assessmentCodes: [...image.assessmentCodes] };
}

function detailOf(image: StoredImage, report: ScanReport, launches: readonly StoredLaunch[]): DetailOfReport {
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
      ...madeBy(originOf(target, digest)),
    })),
    packageTypes: countTypes(report.packages),
    ...(report.secrets !== undefined && {
      secrets: report.secrets.filter(({ suppressed }) => suppressed === undefined).length,
    }),
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

function madeBy({
  instruction,
  fromBase,
}: LayerOrigin): Pick<ImageDetail["layers"][number], "instruction" | "fromBase"> {
  return { ...(instruction !== undefined && { instruction }), fromBase };
}

/** The report with the base that the fleet proves, of the images that the caller may see; else what it claims. */
async function withBase(
  { store }: Context,
  imageId: Digest,
  report: ScanReport,
  { principal }: Caller,
): Promise<{ report: ScanReport; base: ImageDetail["base"] }> {
  const { target } = report;
  const proved = await store.images.baseOf(imageId, visibility(principal, "images.read"));
  if (proved !== undefined) {
    const { reference, layers } = proved;
    return {
      report: { ...report, target: { ...target, base: { ...target.base, name: reference, layers } } },
      base: { reference, imageId: proved.imageId, layers },
    };
  }
  const claimed = target.base?.name ?? target.base?.digest;
  const layers = target.base?.layers;
  if (claimed === undefined) return { report, base: undefined };
  return { report, base: { reference: claimed, ...(layers !== undefined && { layers }) } };
}

function findingsOf(report: ScanReport): ImageFinding[] {
  const packages = new Map(report.packages.map((item) => [item.id, item]));
  return report.findings.map((finding) => findingOf(finding, packages.get(finding.packageId)));
}

function findingOf(finding: Finding, owner: Package | undefined): ImageFinding {
  const { aliases, packageId, suppressed, risk = riskOf(finding), fromBase, ...rest } = finding;
  return {
    ...rest,
    risk: { score: risk.score, terms: [...risk.terms] },
    fromBase: fromBase ?? "unknown",
    aliases: [...aliases],
    packageName: owner?.name ?? packageId,
    packageVersion: owner?.version ?? "",
    packageType: owner?.type ?? "",
    ...(suppressed !== undefined && { suppressedBy: suppressed.by }),
    ...(owner?.layer !== undefined && { layer: owner.layer satisfies Digest }),
    paths: [...(owner?.paths ?? [])],
  };
}

/** By the score; of one score, what is exploited, then by severity, then by how likely it is to be exploited. */
function byRisk(left: ImageFinding, right: ImageFinding): number {
  return (
    compareRisk(left.risk, right.risk) ||
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
  const { severity, fixable, suppressed, fromBase } = query;
  const text = (query.text ?? "").toLowerCase();
  return (
    [finding.id, ...finding.aliases, finding.packageName].some((word) => word.toLowerCase().includes(text)) &&
    (severity === undefined || compareSeverity(finding.severity, severity) <= 0) &&
    (fromBase === undefined || finding.fromBase === fromBase) &&
    (fixable === undefined || (finding.fixedVersion !== undefined) === fixable) &&
    (suppressed === undefined || (finding.suppressedBy !== undefined) === suppressed)
  );
}

function isSecretAskedFor(
  { rule, title, severity, where, path = "" }: Secret,
  query: QueryOf<typeof listImageSecrets>,
): boolean {
  const text = (query.text ?? "").toLowerCase();
  return (
    [rule, title, path].some((word) => word.toLowerCase().includes(text)) &&
    (query.severity === undefined || compareSeverity(severity, query.severity) <= 0) &&
    (query.where === undefined || where === query.where)
  );
}

/** Those that count first; then the worst, and what is surely one before what may be one. */
function byHarm(left: Secret, right: Secret): number {
  return (
    Number(left.suppressed !== undefined) - Number(right.suppressed !== undefined) ||
    compareSecrets(left, right) ||
    (secretPlace(left) < secretPlace(right) ? -1 : 1)
  );
}

function byName(left: Package, right: Package): number {
  if (left.name !== right.name) return left.name < right.name ? -1 : 1;
  return left.id < right.id ? -1 : 1;
}

function packageOf(
  { id, name, version, type, purl, source, layer, paths, licenses }: Package,
  { findings }: ScanReport,
  licenseCategory: LicenseCategory | undefined,
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
    ...(licenses !== undefined && { licenses: [...licenses] }),
    ...(licenseCategory !== undefined && { licenseCategory }),
    findings: counts,
  };
}
