import type { Cataloger } from "../cataloger.ts";
import { apk } from "./apk/apk.ts";
import { cocoapods } from "./cocoapods/cocoapods.ts";
import { conda } from "./conda/conda.ts";
import { dart } from "./dart/dart.ts";
import { dotnet } from "./dotnet/dotnet.ts";
import { dpkg } from "./dpkg/dpkg.ts";
import { elixir } from "./elixir/elixir.ts";
import { go } from "./go/go.ts";
import { java } from "./java/java.ts";
import { npm } from "./npm/npm.ts";
import { opkg } from "./opkg/opkg.ts";
import { pacman } from "./pacman/pacman.ts";
import { php } from "./php/php.ts";
import { programs } from "./programs/programs.ts";
import { python } from "./python/python.ts";
import { rpm } from "./rpm/rpm.ts";
import { ruby } from "./ruby/ruby.ts";
import { rust } from "./rust/rust.ts";
import { sbom } from "./sbom/sbom.ts";
import { swift } from "./swift/swift.ts";

/** All catalogers, sorted by name. A test fails when a folder beside this file is missing here. */
export const catalogers: readonly Cataloger[] = [
  apk,
  cocoapods,
  conda,
  dart,
  dotnet,
  dpkg,
  elixir,
  go,
  java,
  npm,
  opkg,
  pacman,
  php,
  programs,
  python,
  rpm,
  ruby,
  rust,
  sbom,
  swift,
];
