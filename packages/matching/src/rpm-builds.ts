import type { Advisory, Package, VersionRange } from "@pratique/core";
import { isModularBuild } from "@pratique/versioning";
import type { Judgement } from "./judgement.ts";

/** Judges a version by advisories. */
type Judge = (advisories: readonly Advisory[], version: string) => Judgement | undefined;

/**
 * Judges one vulnerability in an RPM package. Of one name there may be several builds, for each stream of a module, each
 * architecture, each minor release that is kept alive on its own: what is said of one says nothing of another, whose
 * versions merely look alike.
 *
 * What is said of the source is compared without epochs, because the name of a source package tells none. It counts
 * where nothing that is said of the package itself has a fix.
 */
export function judgeBuild(
  advisories: readonly Advisory[],
  installed: InstalledBuild,
  judge: Judge,
): Judgement | undefined {
  const heard = aboutBuild(advisories, installed);
  const { epoch, rest } = splitEpoch(installed.version);
  const { version: source = rest } = installed.source ?? {};
  if (source === rest) {
    const alike = heard.map((one) => (one.ofSource === true ? withEpoch(one, epoch) : one));
    return judge(alike, installed.version);
  }
  const own = heard.filter(({ ofSource }) => ofSource !== true);
  const judgement = judge(own, installed.version);
  if (judgement?.kind === "affected" || own.some(hasFix)) return judgement;
  const ofSource = heard.filter((one) => one.ofSource === true).map((one) => withEpoch(one, ""));
  return judge(ofSource, source) ?? judgement;
}

/** An RPM, and the releases with lives of their own that it is kept up to date from; undefined where nobody knows. */
export interface InstalledBuild extends Package {
  readonly channels?: ReadonlySet<string> | undefined;
}

/** What {@link judgeBuild} looks at: packages with the same key are judged alike. */
export function buildKey({
  module = "",
  architecture = "",
  version,
  source,
  channels,
}: InstalledBuild): string {
  const kept = channels === undefined ? "?" : [...channels].sort().join(" ");
  return [version, source?.version ?? "", module, architecture, kept].join("\n");
}

/**
 * The advisories that speak of the build that is installed. Where some speak of the very flavour or minor release,
 * those about all builds are left out.
 */
export function aboutBuild(advisories: readonly Advisory[], installed: InstalledBuild): readonly Advisory[] {
  const heard = advisories.filter((advisory) => isAbout(advisory, installed));
  const closer = heard.filter(({ build }) => build !== undefined);
  return closer.length > 0 ? closer : heard;
}

function isAbout(advisory: Advisory, installed: InstalledBuild): boolean {
  return (
    isAboutModule(advisory, installed) &&
    isAboutArchitecture(advisory.architectures, installed.architecture) &&
    isAboutChannel(advisory, installed)
  );
}

/**
 * Where it is known from which releases with lives of their own a package is kept up to date, only these speak of it, and
 * of all its builds; else a build tells by its mark.
 */
function isAboutChannel({ build, channels }: Advisory, installed: InstalledBuild): boolean {
  if (channels !== undefined && installed.channels !== undefined) {
    return channels.some((channel) => installed.channels?.has(channel) === true);
  }
  return build === undefined || hasMark(installed.version, build);
}

/**
 * A build of a module is spoken of by advisories of its stream alone, and what is outside by those that name no
 * module. Where either side does not tell its stream, as some who build packages leave the label out, the release
 * tells that it is one of a module, and any stream may be meant.
 */
function isAboutModule(advisory: Advisory, { module, version }: Package): boolean {
  const isModular = module !== undefined || isModularBuild(version);
  if (isModular !== isOfModule(advisory)) return false;
  return module === undefined || advisory.module === undefined || advisory.module === module;
}

function isOfModule({ module, ranges, versions = [] }: Advisory): boolean {
  if (module !== undefined) return true;
  return versions.some(isModularBuild) || ranges.some((range) => boundsOf(range).some(isModularBuild));
}

function boundsOf({ introduced, fixed, lastAffected }: VersionRange): readonly string[] {
  return [introduced, fixed, lastAffected].filter((bound) => bound !== undefined);
}

/** A package for no architecture is the same for all; one that does not tell its own may be of any. */
function isAboutArchitecture(spokenOf: readonly string[] | undefined, installed = "noarch"): boolean {
  return (
    spokenOf === undefined ||
    installed === "noarch" ||
    [installed, "noarch"].some((one) => spokenOf.includes(one))
  );
}

/** Whether a version carries a mark: `el8_4` is in `1.0-1.el8_4.2` and `ksplice` in `1.0-1.ksplice1`, no `el8_4` in `1.0-1.el8_40`. */
function hasMark(version: string, mark: string): boolean {
  for (let at = version.indexOf(mark); at >= 0 && mark !== ""; at = version.indexOf(mark, at + 1)) {
    if (!isOneRun(version, at) && !isOneRun(version, at + mark.length)) return true;
  }
  return false;
}

/** Whether letters, or digits, go on across a place. */
function isOneRun(text: string, at: number): boolean {
  const around = text.slice(Math.max(0, at - 1), at + 1);
  return /^(?:[A-Za-z]{2}|\d{2})$/u.test(around);
}

function hasFix({ ranges }: Advisory): boolean {
  return ranges.some(({ fixed }) => fixed !== undefined);
}

/** The same advisory, with an epoch, or none, before every version. */
function withEpoch(advisory: Advisory, epoch: string): Advisory {
  const { ranges, versions } = advisory;
  const put = (version: string) => `${epoch}${splitEpoch(version).rest}`;
  return {
    ...advisory,
    ranges: ranges.map(({ introduced, fixed, lastAffected }) => ({
      ...(introduced !== undefined && { introduced: isBeforeAll(introduced) ? introduced : put(introduced) }),
      ...(fixed !== undefined && { fixed: isBeforeAll(fixed) ? fixed : put(fixed) }),
      ...(lastAffected !== undefined && { lastAffected: put(lastAffected) }),
    })),
    ...(versions !== undefined && { versions: versions.map(put) }),
  };
}

/** As a bound, `0` is no version. */
function isBeforeAll(bound: string): boolean {
  return bound === "0";
}

function splitEpoch(version: string): { readonly epoch: string; readonly rest: string } {
  const end = version.indexOf(":") + 1;
  return { epoch: version.slice(0, end), rest: version.slice(end) };
}
