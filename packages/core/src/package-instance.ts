import type { Distro } from "./distro.ts";
import { isFromDistribution, type Package } from "./package.ts";
import type { ScanReport } from "./scan-report.ts";

/** What a package is, apart from the places in which an image has it, and from its licences. */
export type InstalledPackage = Omit<Package, "id" | "purl" | "layer" | "paths" | "licenses" | "ownedBy">;

/**
 * All that decides what advisories say of a package in an image: the same instance is judged alike wherever it is, so
 * that thousands of images need one judgement.
 */
export interface PackageInstance {
  readonly package: InstalledPackage;
  /** The package of the distribution that brought it, whose word counts for it as well. */
  readonly owner?: InstalledPackage;
  /** Absent where it does not matter: for packages of a language that no package of the distribution brought. */
  readonly distro?: Distro;
}

/** The instances of a report: one for each of its packages, in their order. Equal ones have equal JSON. */
export function packageInstances({ packages, target }: ScanReport): readonly PackageInstance[] {
  const byId = new Map(packages.map((found) => [found.id, found]));
  const distro = target.distro === undefined ? undefined : withoutName(target.distro);
  return packages.map((found) => {
    const owner = isFromDistribution(found.type) ? undefined : ownerIn(byId, found);
    const isOfDistro = owner !== undefined || isFromDistribution(found.type);
    return {
      package: installed(found),
      ...(owner !== undefined && { owner: installed(owner) }),
      ...(isOfDistro && distro !== undefined && { distro }),
    };
  });
}

function ownerIn(byId: ReadonlyMap<string, Package>, { ownedBy }: Package): Package | undefined {
  const owner = ownedBy === undefined ? undefined : byId.get(ownedBy);
  return owner !== undefined && isFromDistribution(owner.type) ? owner : undefined;
}

/** Where an image has a package, what follows from the rest, and what no advisory asks for. */
const PLACES: ReadonlySet<string> = new Set(["id", "purl", "layer", "paths", "licenses", "ownedBy"]);

/** All members but those: what packages will be told to have besides is not forgotten here. */
function installed(found: Package): InstalledPackage {
  return without(found, PLACES);
}

const NAMES: ReadonlySet<string> = new Set(["name"]);

function withoutName(distro: Distro): Distro {
  return without(distro, NAMES);
}

/** Members in one order, whatever the order in which they were told. */
function without<Value extends object>(value: Value, left: ReadonlySet<string>): Value {
  const members = Object.entries(value).filter(([name, member]) => !left.has(name) && member !== undefined);
  // What is left out is optional, or is not in the type that callers give it.
  return Object.fromEntries(members.sort(([one], [other]) => (one < other ? -1 : 1))) as Value;
}
