import type { Cataloger } from "../cataloger.ts";
import { apk } from "./apk/apk.ts";
import { dotnet } from "./dotnet/dotnet.ts";
import { dpkg } from "./dpkg/dpkg.ts";
import { go } from "./go/go.ts";
import { java } from "./java/java.ts";
import { npm } from "./npm/npm.ts";
import { pacman } from "./pacman/pacman.ts";
import { php } from "./php/php.ts";
import { programs } from "./programs/programs.ts";
import { python } from "./python/python.ts";
import { rpm } from "./rpm/rpm.ts";
import { ruby } from "./ruby/ruby.ts";
import { rust } from "./rust/rust.ts";
import { sbom } from "./sbom/sbom.ts";

/** All catalogers, sorted by name. A test fails when a folder beside this file is missing here. */
export const catalogers: readonly Cataloger[] = [
  apk,
  dotnet,
  dpkg,
  go,
  java,
  npm,
  pacman,
  php,
  programs,
  python,
  rpm,
  ruby,
  rust,
  sbom,
];
