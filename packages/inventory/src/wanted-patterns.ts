import type { FilePattern } from "@pratique/core";
import type { Cataloger } from "./cataloger.ts";
import { catalogers as allCatalogers } from "./catalogers/catalogers.ts";
import { buildPattern } from "./distro/build-files.ts";
import { distroPattern } from "./distro/detect-distro.ts";
import { passwdPattern } from "./root-accounts.ts";

/** All files that a source must keep for {@link catalog} to find what there is to find. */
export function wantedPatterns(catalogers: readonly Cataloger[] = allCatalogers): readonly FilePattern[] {
  return [distroPattern, buildPattern, passwdPattern, ...catalogers.flatMap(({ patterns }) => patterns)];
}
