import {
  type Advisory,
  type Ecosystem,
  ubuntuProEcosystem,
  ubuntuServiceOf,
  ubuntuServices,
} from "@pratique/core";
import { judgeByDistribution } from "./judge-distribution.ts";
import type { Installed, Judgement } from "./judgement.ts";
import type { Subject } from "./subject.ts";

const RELEASE = /^Ubuntu:(?<release>\d+\.\d+)$/u;
/** Builds of certified modules carry it: `3.0.2-0ubuntu1.10+Fips1`, `1.1.1f-1ubuntu2.fips.7.1`. */
const FIPS_BUILD = /fips/iu;

/**
 * Where else Ubuntu speaks of a package: in the tracks of its subscriptions. Those of certified modules are asked about
 * such builds only, because their versions are numbered apart.
 */
export function tracksOf({ ecosystem, version }: Subject): readonly Ecosystem[] {
  const release = RELEASE.exec(ecosystem)?.groups?.release;
  if (release === undefined) return [];
  const isFipsBuild = FIPS_BUILD.test(version);
  return ubuntuServices
    .filter((service) => isFipsBuild || !isFips(service))
    .map((service) => ubuntuProEcosystem(service, release))
    .filter((track) => track !== undefined);
}

/** What a root that is subscribed to some services is judged by. */
export interface Subscriber extends Installed {
  readonly services: readonly string[];
}

/**
 * Judges one vulnerability in one package by what Ubuntu says to everybody, and to subscribers of Ubuntu Pro:
 *
 * 1. Builds of certified modules are judged by their own tracks, where these know the vulnerability.
 * 2. What is fixed for everybody, or affects nobody, needs no subscription.
 * 3. A version that has a subscriber's fix is fixed, whoever has paid for it.
 * 4. A fix that the root is not subscribed to is no fix: the finding tells of it.
 */
export function judgeWithSubscriptions(
  advisories: readonly Advisory[],
  installed: Subscriber,
): Judgement | undefined {
  const tracks = advisories.filter(({ ecosystem }) => ubuntuServiceOf(ecosystem) !== undefined);
  if (tracks.length === 0) return judgeByDistribution(advisories, installed);
  const certified = tracks.filter(({ ecosystem }) => isFips(ubuntuServiceOf(ecosystem) ?? ""));
  if (certified.length > 0) return forSubscribers(judgeByDistribution(certified, installed), installed);
  const common = advisories.filter((advisory) => !tracks.includes(advisory));
  const forAll = judgeByDistribution(common, installed);
  if (common.length > 0 && (forAll === undefined || isFixed(forAll))) return forAll;
  const subscribed = judgeByDistribution(tracks, installed);
  if (subscribed === undefined) return afterTracks(tracks, forAll);
  if (subscribed.kind === "unparsed") return forAll ?? subscribed;
  if (forAll?.kind !== "affected") return forSubscribers(subscribed, installed);
  return isFixed(subscribed) || isSubscribed(subscribed.advisory, installed)
    ? forSubscribers(subscribed, installed, forAll)
    : forAll;
}

function isFips(service: string): boolean {
  return service.startsWith("fips");
}

function isFixed(judgement: Judgement): boolean {
  return judgement.kind === "affected" && judgement.status === "fixed";
}

function isSubscribed({ ecosystem }: Advisory, { services }: Subscriber): boolean {
  return services.includes(ubuntuServiceOf(ecosystem) ?? "");
}

/**
 * The tracks do not call the version affected: either it has their fix, or they have found that the package never was,
 * which counts where the release itself is not looked at any more.
 */
function afterTracks(tracks: readonly Advisory[], forAll: Judgement | undefined): Judgement | undefined {
  const hasFix = tracks.some(({ ranges }) => ranges.some(({ fixed }) => fixed !== undefined));
  if (hasFix || forAll === undefined) return undefined;
  return forAll.kind === "affected" && forAll.status === "end-of-life" ? undefined : forAll;
}

/** A fix counts for subscribers; for others it is a remark on the word that all are told. */
function forSubscribers(
  subscribed: Judgement | undefined,
  installed: Subscriber,
  forAll?: Extract<Judgement, { kind: "affected" }>,
): Judgement | undefined {
  if (subscribed?.kind !== "affected" || !isFixed(subscribed)) return subscribed;
  if (isSubscribed(subscribed.advisory, installed)) return subscribed;
  const { status, advisory } = forAll ?? { status: "affected", advisory: subscribed.advisory };
  const service = ubuntuServiceOf(subscribed.advisory.ecosystem);
  const offer = `fixed in ${subscribed.fixedVersion} for subscribers of Ubuntu Pro (${service})`;
  const note = advisory.note === undefined ? offer : `${advisory.note}; ${offer}`;
  return { kind: "affected", status, advisory, note };
}
