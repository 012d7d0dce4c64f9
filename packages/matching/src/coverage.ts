import {
  type AdvisoryIndex,
  type AssessmentReason,
  type Distro,
  type Ecosystem,
  ecosystem,
  foldName,
  isFromDistribution,
  type Package,
  type PackageType,
} from "@pratique/core";
import { schemeOf } from "@pratique/versioning";
import { ecosystemOf, NVD, subjectOf } from "./subject.ts";

/** Packages of one type, and whose advisories they are judged by; without an ecosystem they cannot be judged. */
export interface CoveredPackages {
  readonly type: PackageType;
  readonly packages: readonly Package[];
  readonly ecosystem?: Ecosystem;
  /** Why they cannot be judged, or only in part. */
  readonly reason?: AssessmentReason;
}

/** Says of each type of package whether it can be judged. What cannot is never taken for safe. */
export function coverPackages(
  packages: readonly Package[],
  distro: Distro | undefined,
  index: AdvisoryIndex,
): readonly CoveredPackages[] {
  const byType = Map.groupBy(packages, ({ type }) => type);
  const answersFor = answeredByOwners(packages, distro, index);
  return [...byType].flatMap(([type, members]) => {
    if (type === "generic") return coverPrograms(members, index);
    if (type === "cocoapods" || type === "conda") return coverUnspoken(type, members, packages);
    const named = type === "maven" ? members.filter(hasGroup) : members;
    const covered = named.length === 0 ? [] : [cover(type, named, { distro, index, answersFor })];
    return named.length === members.length ? covered : [...covered, ...coverUnnamed(type, members)];
  });
}

/**
 * Programs are judged by what Bitnami says of its components, and by NVD's products. The first knows fewer of them: alone,
 * it is silent on most.
 */
function coverPrograms(packages: readonly Package[], index: AdvisoryIndex): readonly CoveredPackages[] {
  const all = { distro: undefined, index, answersFor: () => false };
  if (index.coverage(NVD) === "full") return [{ type: "generic", packages, ecosystem: BITNAMI }];
  if (index.coverage(BITNAMI) !== "full") return [cover("generic", packages, all)];
  const known = Map.groupBy(packages, (one) =>
    subjectOf(one, BITNAMI).names.some((name) => index.lookUp(BITNAMI, name).length > 0),
  );
  const spoken = known.get(true) ?? [];
  const unspoken = known.get(false) ?? [];
  const covered = spoken.length === 0 ? [] : [cover("generic", spoken, all)];
  const [first] = unspoken;
  if (first === undefined) return covered;
  const message = `no advisories for ${JSON.stringify(NVD)}, which alone speaks of ${unspoken.length} programs such as ${JSON.stringify(first.name)}: they are unassessed`;
  return [
    ...covered,
    { type: "generic", packages: unspoken, reason: { code: "ADVISORIES_MISSING", message } },
  ];
}

const BITNAMI = ecosystem("Bitnami");

function hasGroup({ name }: Package): boolean {
  return name.includes(":");
}

/**
 * Nobody publishes advisories about packages of Conda or CocoaPods. Many of Conda's are packages of Python or programs, which
 * are found, and judged, by themselves.
 */
function coverUnspoken(
  type: PackageType,
  members: readonly Package[],
  all: readonly Package[],
): readonly CoveredPackages[] {
  const found = new Set(all.filter((one) => one.type === "pypi" || one.type === "generic").map(foldedKey));
  const packages = members.filter((member) => !found.has(foldedKey(member)));
  const [first] = packages;
  if (first === undefined) return [];
  const message = `no source of advisories speaks of ${type} packages: ${packages.length} are unassessed, such as ${JSON.stringify(first.name)}`;
  return [{ type, packages, reason: { code: "ADVISORIES_MISSING", message } }];
}

function foldedKey({ name, version }: Package): string {
  return `${foldName(name)}\n${version}`;
}

/**
 * Archives that do not tell their group cannot be found in any advisory. Those that came with a package of a
 * distribution are judged with that.
 */
function coverUnnamed(type: PackageType, members: readonly Package[]): readonly CoveredPackages[] {
  const packages = members.filter((member) => !hasGroup(member) && member.ownedBy === undefined);
  const [first] = packages;
  if (first === undefined) return [];
  const message = `${packages.length} ${type} packages do not tell their group, such as ${JSON.stringify(first.name)}: they are unassessed`;
  const path = first.paths[0];
  const reason = { code: "PACKAGE_UNIDENTIFIED", message, ...(path !== undefined && { path }) } as const;
  return [{ type, packages, reason }];
}

interface Context {
  readonly distro: Distro | undefined;
  readonly index: AdvisoryIndex;
  /** Whether a package of a language came with one of the distribution, whose advisories speak of it and are all there. */
  readonly answersFor: (found: Package) => boolean;
}

function answeredByOwners(
  packages: readonly Package[],
  distro: Distro | undefined,
  index: AdvisoryIndex,
): Context["answersFor"] {
  const owners = new Map(
    packages.filter(({ type }) => isFromDistribution(type)).map(({ id, type }) => [id, type]),
  );
  return ({ ownedBy }) => {
    const type = ownedBy === undefined ? undefined : owners.get(ownedBy);
    const ecosystem = type === undefined ? undefined : ecosystemOf(type, distro);
    return ecosystem !== undefined && index.coverage(ecosystem) === "full";
  };
}

function cover(
  type: PackageType,
  packages: readonly Package[],
  { distro, index, answersFor }: Context,
): CoveredPackages {
  const unanswered = packages.filter((found) => !answersFor(found));
  const unassessed = `${unanswered.length} ${type} packages are unassessed`;
  const ecosystem = ecosystemOf(type, distro);
  if (ecosystem === undefined || !isOrdered(ecosystem, type)) {
    return { type, packages, reason: distroReason(distro, unassessed) };
  }
  const shown = JSON.stringify(ecosystem);
  switch (index.coverage(ecosystem)) {
    case "full":
      return { type, packages, ecosystem };
    case "starter":
      return {
        type,
        packages,
        ecosystem,
        ...(unanswered.length > 0 && {
          reason: {
            code: "ADVISORIES_STARTER_ONLY",
            message: `only the starter advisories for ${shown}, which are far from complete`,
          },
        }),
      };
    case "none":
      return {
        type,
        packages: unanswered,
        ...(unanswered.length > 0 && {
          reason: { code: "ADVISORIES_MISSING", message: `no advisories for ${shown}: ${unassessed}` },
        }),
      };
  }
}

/** False for what does not go together, such as Debian packages in Alpine. */
function isOrdered(ecosystem: Ecosystem, type: PackageType): boolean {
  const scheme = schemeOf(ecosystem);
  return scheme !== undefined && (!isFromDistribution(type) || scheme.name === type);
}

function distroReason(distro: Distro | undefined, unassessed: string): AssessmentReason {
  if (distro === undefined) {
    return { code: "DISTRO_UNKNOWN", message: `the distribution is unknown: ${unassessed}` };
  }
  const shown = JSON.stringify(`${distro.id} ${distro.version}`.trim());
  return { code: "DISTRO_UNSUPPORTED", message: `distribution ${shown} is not supported: ${unassessed}` };
}

/** One reason for each source that is older than the user's limit. */
export function staleReasons({ sources }: AdvisoryIndex): readonly AssessmentReason[] {
  return sources
    .filter(({ stale }) => stale)
    .map(({ source, builtAt }) => ({
      code: "ADVISORIES_STALE",
      message: `advisories of ${JSON.stringify(source)} are stale: read at ${builtAt}`,
    }));
}

/** A release that is given up has no new advisories: that none is found says little. */
export function endOfLifeReason(
  distro: Distro | undefined,
  index: AdvisoryIndex,
): AssessmentReason | undefined {
  const ended = distro === undefined ? undefined : index.endOfLife?.(distro);
  if (distro === undefined || ended === undefined) return undefined;
  const shown = JSON.stringify(`${distro.id} ${distro.version}`.trim());
  const message = `${shown} is end-of-life since ${ended.since} (${ended.source}): what is found in it is in no advisory`;
  return { code: "DISTRO_END_OF_LIFE", message };
}
