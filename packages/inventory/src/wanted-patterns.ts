import type { FilePattern } from "@pratique/core";
import type { Cataloger } from "./cataloger.ts";
import { catalogers as allCatalogers } from "./catalogers/catalogers.ts";
import { distroPattern } from "./distro/detect-distro.ts";
import { passwdPattern } from "./root-accounts.ts";

/** Raised when distributions, accounts, ids or owners come out differently from the same tree. */
const FRAME_VERSION = 1;

/** All files that a source must keep for {@link catalog} to find what there is to find. */
export function wantedPatterns(catalogers: readonly Cataloger[] = allCatalogers): readonly FilePattern[] {
  return [distroPattern, passwdPattern, ...catalogers.flatMap(({ patterns }) => patterns)];
}

/** Names what is asked and in which version: an inventory may be kept for as long as this stays the same. */
export function catalogerRevision(catalogers: readonly Cataloger[] = allCatalogers): string {
  return [`frame@${FRAME_VERSION}`, ...catalogers.map(({ name, version }) => `${name}@${version}`)].join("+");
}
