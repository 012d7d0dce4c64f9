import { setImmediate } from "node:timers/promises";
import type { AdvisoryDelta } from "@pratique/advisory";
import { type AdvisoryIndex, type Digest, foldName } from "@pratique/core";
import { ecosystemsOf, isSameJudgement, matchInstances } from "@pratique/matching";
import type { AffectedImage, Store, StoredInstance } from "@pratique/store";

/** What all images were held against, and what they are to be held against now. */
export interface DeltaOptions {
  readonly store: Store;
  readonly delta: AdvisoryDelta;
  readonly before: AdvisoryIndex;
  readonly after: AdvisoryIndex;
  /** ISO 8601: when either was built. */
  readonly beforeAt: string;
  readonly afterAt: string;
  /** ISO 8601. */
  readonly now: string;
  readonly signal: AbortSignal;
}

/** What came of it. */
export interface DeltaOutcome {
  /** Packages that had to be judged anew, as instances, and those of them that are judged otherwise now. */
  readonly judged: number;
  readonly changed: number;
  /** Images that have such packages, and those of them in which something new was found. */
  readonly images: number;
  readonly affected: number;
  /** How many of the latter some container runs. */
  readonly running: number;
  readonly findings: number;
}

/** Others get their turn after so many packages. */
const JUDGED_AT_ONCE = 200;
/** Others may write between two batches. */
const IMAGES_AT_ONCE = 200;

type Affected = AffectedImage["found"][number];

/**
 * Judges anew only those packages of which other things are said, each once, and adds what is found to the images that
 * have them: first to those that run. All images of which something is judged otherwise are due afterwards. Done again
 * after it was interrupted, it adds what is missing.
 */
export async function applyDelta(options: DeltaOptions): Promise<DeltaOutcome> {
  const { store, delta, signal } = options;
  const names = [...new Set(delta.keys.map((key) => foldName(key.package)))];
  const stored = await store.packages.named(names);
  const changed = await changedPackages(stored, options);
  const { affected, otherwise, total } = await touchedImages(changed, options);
  const running = await store.packages.running();
  const [first, rest] = [
    affected.filter(({ imageId }) => running.has(imageId)),
    affected.filter(({ imageId }) => !running.has(imageId)),
  ];
  let findings = 0;
  for (const [images, tells] of [
    [first, true],
    [rest, false],
  ] as const) {
    for (let from = 0; from < images.length; from += IMAGES_AT_ONCE) {
      signal.throwIfAborted();
      const some = images.slice(from, from + IMAGES_AT_ONCE);
      findings += await store.packages.affect(some, { at: options.now, tells });
      await setImmediate();
    }
  }
  if (otherwise.length > 0) await store.packages.markDue(options.now, otherwise);
  return {
    judged: stored.length,
    changed: changed.size,
    images: total,
    affected: affected.length,
    running: first.length,
    findings,
  };
}

/** The packages that are judged otherwise now, by their numbers, each with what was not found in it before. */
async function changedPackages(
  stored: readonly StoredInstance[],
  { before, after, signal }: DeltaOptions,
): Promise<ReadonlyMap<number, Affected>> {
  const changed = new Map<number, Affected>();
  for (let from = 0; from < stored.length; from += JUDGED_AT_ONCE) {
    signal.throwIfAborted();
    const some = stored.slice(from, from + JUDGED_AT_ONCE);
    const instances = some.map(({ instance }) => instance);
    const [was, is] = [matchInstances(instances, before), matchInstances(instances, after)];
    // What could not be judged is in reports without the package that it was: rarely, and then any may be meant.
    const isJudged = JSON.stringify(was.reasons) === JSON.stringify(is.reasons);
    for (const [place, { number, instance }] of some.entries()) {
      const [held = [], found = []] = [was.findings[place], is.findings[place]];
      // Whether anybody speaks of a program at all is told in reports as well.
      const isTold = isJudged && instance.package.type !== "generic";
      if (isTold && isSameJudgement(held, found)) continue;
      const known = new Set(held.map(({ id }) => id));
      const findings = found.filter(({ id }) => !known.has(id));
      changed.set(number, { package: instance.package, findings });
    }
    await setImmediate();
  }
  return changed;
}

interface Touched {
  /** Images in which something new was found. */
  readonly affected: readonly AffectedImage[];
  /** Those that are to be renewed for another reason. */
  readonly otherwise: readonly Digest[];
  readonly total: number;
}

async function touchedImages(
  changed: ReadonlyMap<number, Affected>,
  options: DeltaOptions,
): Promise<Touched> {
  const { store, beforeAt, afterAt } = options;
  const ofEcosystems = await packagesOfEcosystems(options);
  const isChanged = new Uint8Array(Math.max(0, ...changed.keys(), ...ofEcosystems) + 1);
  for (const number of changed.keys()) isChanged[number] = 1;
  for (const number of ofEcosystems) isChanged[number] = 1;
  const affected: AffectedImage[] = [];
  const otherwise: Digest[] = [];
  await store.packages.eachImage(({ imageId, advisoriesAt, numbers }) => {
    // What a host said by advisories that are as new stands.
    if (advisoriesAt >= afterAt) return;
    const found = new Set<Affected>();
    // What a host said by advisories from in between may differ from these in anything.
    let isTouched = advisoriesAt > beforeAt;
    for (const number of numbers) {
      if (isChanged[number] !== 1) continue;
      isTouched = true;
      const news = changed.get(number);
      if (news !== undefined && news.findings.length > 0) found.add(news);
    }
    if (found.size > 0) affected.push({ imageId, found: [...found] });
    else if (isTouched) otherwise.push(imageId);
  });
  return { affected, otherwise, total: affected.length + otherwise.length };
}

/** The packages of ecosystems that only one of the two speaks of: how far their images can be judged has changed. */
async function packagesOfEcosystems({ store, delta }: DeltaOptions): Promise<readonly number[]> {
  const ecosystems = new Set<string>(delta.ecosystems);
  const numbers: number[] = [];
  if (ecosystems.size === 0) return numbers;
  await store.packages.eachInstance(({ number, instance: { package: found, owner, distro } }) => {
    const types = owner === undefined ? [found.type] : [found.type, owner.type];
    const judgedBy = types.flatMap((type) => ecosystemsOf(type, distro));
    if (judgedBy.some((ecosystem) => ecosystems.has(ecosystem))) numbers.push(number);
  });
  return numbers;
}
