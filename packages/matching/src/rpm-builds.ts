import type { Advisory, Package } from "@pratique/core";
import { isModularBuild } from "@pratique/versioning";

/**
 * The advisories that speak of the build that is installed. Of one name and vulnerability there may be several, for
 * each stream of a module, each architecture, each minor release that is kept alive on its own; what is said of one
 * build says nothing of another, whose versions merely look alike.
 *
 * Where some speak of the very flavour or minor release that is installed, those about all builds are left out.
 */
export function aboutBuild(advisories: readonly Advisory[], installed: Package): readonly Advisory[] {
  const heard = advisories.filter((advisory) => isAbout(advisory, installed));
  const closer = heard.filter(({ build }) => build !== undefined);
  return closer.length > 0 ? closer : heard;
}

/** What {@link aboutBuild} depends on: packages with the same key hear the same advisories. */
export function buildKey({ module, architecture, version }: Package): string {
  return `${module ?? ""} ${architecture ?? ""} ${version}`;
}

function isAbout(advisory: Advisory, installed: Package): boolean {
  const { architectures, build } = advisory;
  return (
    isAboutModule(advisory, installed) &&
    isAboutArchitecture(architectures, installed.architecture) &&
    (build === undefined || hasMark(installed.version, build))
  );
}

/**
 * A build of a module is spoken of by advisories of its stream alone, and what is outside by those that name no
 * module. Where either side does not tell its stream, as some makers of packages leave the label out, the release
 * tells that it is one of a module, and any stream may be meant.
 */
function isAboutModule(advisory: Advisory, { module, version }: Package): boolean {
  const isModular = module !== undefined || isModularBuild(version);
  if (isModular !== isOfModule(advisory)) return advisory.ranges.length === 0 && advisory.module === undefined;
  return module === undefined || advisory.module === undefined || advisory.module === module;
}

function isOfModule({ module, ranges, versions = [] }: Advisory): boolean {
  if (module !== undefined) return true;
  const bounds = ranges.flatMap(({ introduced, fixed, lastAffected }) => [introduced, fixed, lastAffected]);
  return [...bounds, ...versions].some((version) => version !== undefined && isModularBuild(version));
}

/** A package for no architecture is the same for all; one that does not tell its own may be of any. */
function isAboutArchitecture(architectures: readonly string[] | undefined, installed: string | undefined): boolean {
  if (architectures === undefined || installed === undefined || installed === "noarch") return true;
  return architectures.includes(installed) || architectures.includes("noarch");
}

/** Whether a version carries a mark as a word of its own: `el8_4` in `1.0-1.el8_4.2`, and not in `1.0-1.el8_40`. */
function hasMark(version: string, mark: string): boolean {
  for (let at = version.indexOf(mark); at >= 0; at = version.indexOf(mark, at + 1)) {
    const end = at + mark.length;
    if (!isWordCharacter(version[at - 1]) && !isWordCharacter(version[end])) return true;
  }
  return false;
}

function isWordCharacter(character: string | undefined): boolean {
  return character !== undefined && /[A-Za-z0-9]/u.test(character);
}
