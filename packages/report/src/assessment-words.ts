import {
  type AssessmentReason,
  type AssessmentState,
  isFromDistribution,
  type Package,
} from "@pratique/core";

/** What a heading says of the state of an assessment. */
export const assessmentWords: Readonly<Record<AssessmentState, string>> = {
  complete: "Assessed",
  partial: "Only partly assessed",
  none: "Could not be assessed",
};

export function reasonText({ message, path }: AssessmentReason): string {
  return path === undefined ? message : `${message} (${path})`;
}

/** What is installed of what an update speaks of. */
export interface Update {
  readonly name: string;
  /** The version that the fixed one replaces: that of the source where the advisories speak of sources. */
  readonly version: string;
  /** The source that the package was built from, where it has another name. */
  readonly built?: string;
}

export function updateOf({ type, name, version, source }: Package): Update {
  if (source === undefined || !isFromDistribution(type)) return { name, version };
  return source.name === name
    ? { name, version: source.version }
    : { name, version: source.version, built: source.name };
}

/** What to do about a finding in a package: `update openssl from 3.0.11-1 to 3.0.13-1`. */
export function updateText(owner: Package, fixedVersion: string): string {
  const { name, version, built } = updateOf(owner);
  return `update ${name}${built === undefined ? "" : ` (built from ${built})`} from ${version} to ${fixedVersion}`;
}
