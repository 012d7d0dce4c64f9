import type {
  AdvisoryIndex,
  AssessmentReason,
  Distro,
  Finding,
  InstalledPackage,
  Package,
  PackageInstance,
} from "@pratique/core";
import { match } from "./match.ts";

/** What is found in a package, whatever the image that has it. */
export type InstanceFinding = Omit<Finding, "packageId" | "suppressed">;

/** The judgements of some packages. */
export interface InstanceJudgements {
  /** What was found in each of them, in their order. */
  readonly findings: readonly (readonly InstanceFinding[])[];
  /** Why some of them could not be judged, whichever. */
  readonly reasons: readonly AssessmentReason[];
}

/**
 * Judges packages apart from images: finds in each what a match of any image that has it finds in it. Throws only what
 * the index throws.
 */
export function matchInstances(
  instances: readonly PackageInstance[],
  index: AdvisoryIndex,
): InstanceJudgements {
  const found: InstanceFinding[][] = instances.map(() => []);
  const unjudged: AssessmentReason[] = [];
  for (const { distro, packages } of byDistro(instances)) {
    const { findings, reasons } = match({ distro, packages }, index);
    unjudged.push(...reasons.filter(({ code }) => code === "VERSION_UNPARSED"));
    for (const { packageId, ...finding } of findings) {
      // What is found in an owner is an instance's own only where that is asked about itself.
      found[Number(packageId)]?.push(finding);
    }
  }
  return { findings: found, reasons: unjudged };
}

/** Whether two judgements of one instance say the same of it. */
export function isSameJudgement(
  left: readonly InstanceFinding[],
  right: readonly InstanceFinding[],
): boolean {
  return left.length === right.length && JSON.stringify(left) === JSON.stringify(right);
}

interface Batch {
  readonly distro: Distro | undefined;
  readonly packages: Package[];
}

/** Packages whose ids are the places of their instances, together with those that brought them. */
function byDistro(instances: readonly PackageInstance[]): Iterable<Batch> {
  const batches = new Map<string, Batch>();
  for (const [place, instance] of instances.entries()) {
    const { distro, owner } = instance;
    const key = JSON.stringify(distro ?? null);
    const batch = batches.get(key) ?? { distro, packages: [] };
    batches.set(key, batch);
    const id = String(place);
    const ownerId = `owner of ${id}`;
    if (owner !== undefined) batch.packages.push(packageOf(owner, ownerId));
    const found = packageOf(instance.package, id);
    batch.packages.push(owner === undefined ? found : { ...found, ownedBy: ownerId });
  }
  return batches.values();
}

function packageOf(installed: InstalledPackage, id: string): Package {
  return { ...installed, id, purl: "", paths: [] };
}
