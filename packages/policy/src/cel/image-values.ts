import { type CelInput, type CelMap, type CelValue, celList, celMap } from "@bufbuild/cel";
import {
  type ImageReference,
  imageSchemes,
  type Launch,
  messageOf,
  parseImageReference,
} from "@pratique/core";
import type { FindingFacts, ImageFacts, LicenseFacts, SecretFacts } from "../image-facts.ts";

const DAY_MS = 86_400_000;

/** Turns plain members into a CEL map; `undefined` becomes the empty text. */
export function record(members: Readonly<Record<string, CelInput | undefined>>): CelMap {
  const entries = Object.entries(members).map(([key, value]): [string, CelInput] => [key, value ?? ""]);
  return celMap(new Map(entries));
}

/** The fields of the image that are the same at every launch. */
export function fixedImageFields(image: ImageFacts | undefined): Readonly<Record<string, CelValue>> {
  const assessment = image?.assessment ?? { state: "none", reasons: [], advisories: [] };
  return {
    known: image !== undefined,
    id: image?.imageId ?? "",
    digest: image?.digest ?? "",
    platform: image?.platform ?? "",
    distro: record({ id: image?.distro?.id, version: image?.distro?.version }),
    user: image?.user ?? "",
    runsAsRoot: isRoot(image?.user ?? "", image?.rootAccounts ?? []),
    created: image?.created ?? "",
    labels: record(image?.labels ?? {}),
    packageCount: BigInt(image?.packageCount ?? 0),
    suppressedCount: BigInt(image?.suppressedCount ?? 0),
    secrets: celList((image?.secrets ?? []).map(secretValue)),
    secretsState: stateOf(image?.secrets),
    licenses: celList((image?.licenses ?? []).map(licenseValue)),
    licensesState: stateOf(image?.licenses),
    scannedAt: image?.scannedAt ?? "",
    assessment: record({
      state: assessment.state,
      codes: celList([...new Set(assessment.reasons.map(({ code }) => code))]),
      reasons: celList(assessment.reasons.map(({ code, message, path }) => record({ code, message, path }))),
      advisories: celList(assessment.advisories.map((source) => record({ ...source }))),
    }),
  };
}

/** The fields that depend on the moment and on the name that the launch gives the image. */
export function volatileImageFields(
  image: ImageFacts | undefined,
  launch: Launch | undefined,
  now: Date,
): Readonly<Record<string, CelValue>> {
  const reference = launch?.image ?? image?.reference ?? "";
  const parts = launch === undefined ? scannedParts(reference) : referenceParts(reference);
  return {
    reference,
    registry: parts?.registry ?? "",
    repository: parts?.repository ?? "",
    tag: parts?.tag ?? "",
    ageDays: ageInDays(image?.created, now),
  };
}

export function findingValue(finding: FindingFacts): CelMap {
  const { fixedVersion = "", epss = 0, status } = finding;
  return record({
    id: finding.id,
    aliases: celList(finding.aliases),
    package: finding.package,
    version: finding.version,
    type: finding.type,
    severity: finding.severity,
    status,
    fixedVersion,
    fixable: fixedVersion !== "" || status === "fixed",
    knownExploited: finding.knownExploited,
    epss,
    confidence: finding.confidence,
    source: finding.source,
    advisory: finding.advisory,
  });
}

export function secretValue({ line = 0, deleted, ...secret }: SecretFacts): CelMap {
  const { rule, title, category, severity, confidence, where, path, layer, match, fingerprint } = secret;
  return record({
    rule,
    title,
    category,
    severity,
    confidence,
    where,
    path,
    line: BigInt(line),
    layer,
    deleted: deleted === true,
    match,
    fingerprint,
  });
}

export function licenseValue({ id, category, severity, packages, packageCount }: LicenseFacts): CelMap {
  return record({ id, category, severity, packages: celList(packages), packageCount: BigInt(packageCount) });
}

/** An image of which nothing is known was not looked through either. */
function stateOf(found: readonly unknown[] | undefined): "found" | "none" | "not-looked" {
  if (found === undefined) return "not-looked";
  return found.length > 0 ? "found" : "none";
}

/** `docker-archive:x.tar`, a directory or an image id is no reference; such an image is in no registry. */
export function referenceParts(text: string): ImageReference | undefined {
  try {
    return parseImageReference(text);
  } catch (thrown) {
    // Only the form can be wrong here, and the caller has an answer for that.
    if (messageOf(thrown) === "") throw thrown;
    return undefined;
  }
}

/**
 * The same of an image that somebody named for a scan. What runtimes complete by lists of their own is in no registry
 * that could be told, so that no rule takes it for one of a registry that is allowed.
 */
function scannedParts(text: string): ImageReference | undefined {
  const scheme = imageSchemes.find((candidate) => text.startsWith(`${candidate}:`));
  if (scheme === undefined) return referenceParts(text);
  const value = text.slice(scheme.length + 1);
  if (scheme === "docker" || scheme === "registry") return referenceParts(value);
  const parts = scheme === "podman" ? referenceParts(value) : undefined;
  return parts !== undefined && value.startsWith(`${parts.registry}/`) ? parts : undefined;
}

/** Root by silence, by number, by name, or by an alias of the image's own. */
export function isRoot(user: string, rootAccounts: readonly string[]): boolean {
  const [name = ""] = user.split(":");
  return name === "" || name === "root" || /^0+$/u.test(name) || rootAccounts.includes(name);
}

/** An image that does not say when it was made counts as made in 1970: a rule about age must not pass it. */
function ageInDays(created: string | undefined, now: Date): bigint {
  const at = Date.parse(created ?? "");
  return BigInt(Math.floor((now.getTime() - (Number.isNaN(at) ? 0 : at)) / DAY_MS));
}
