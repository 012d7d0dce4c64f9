import type { Ecosystem } from "@pratique/core";
import type { VersionScheme } from "../scheme.ts";
import { alpm } from "./alpm/alpm.ts";
import { apk } from "./apk/apk.ts";
import { composer } from "./composer/composer.ts";
import { deb } from "./deb/deb.ts";
import { gem } from "./gem/gem.ts";
import { generic } from "./generic/generic.ts";
import { go } from "./go/go.ts";
import { maven } from "./maven/maven.ts";
import { nuget } from "./nuget/nuget.ts";
import { pep440 } from "./pep440/pep440.ts";
import { pub } from "./pub/pub.ts";
import { rpm } from "./rpm/rpm.ts";
import { semver } from "./semver/semver.ts";

/** Every scheme, sorted by name. A test fails when a folder beside this file is missing here. */
export const versionSchemes: readonly VersionScheme[] = [
  alpm,
  apk,
  composer,
  deb,
  gem,
  generic,
  go,
  maven,
  nuget,
  pep440,
  pub,
  rpm,
  semver,
];

/** The scheme that orders the versions of an ecosystem, or undefined where no member does. */
export function schemeOf(ecosystem: Ecosystem): VersionScheme | undefined {
  const [family = ""] = ecosystem.split(":");
  return versionSchemes.find(({ ecosystems }) => ecosystems.includes(family));
}
