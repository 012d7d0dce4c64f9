import type { FilePattern } from "@pratique/core";
import { decodeUtf8 } from "../../decode-text.ts";
import { isToken } from "../../token.ts";

/** Yarn's map of an application without `node_modules`: its packages stay in archives (yarnpkg.com, "Plug'n'Play"). */
export const plugAndPlay: FilePattern = { basenames: [".pnp.cjs", ".pnp.data.json", ".pnp.js"] };

/** Whether a file is such a map. */
export function isPlugAndPlay(path: string): boolean {
  return /(?:^|\/)\.pnp\.(?:cjs|data\.json|js)$/u.test(path);
}

/** A package that lies in an archive. */
export interface ArchivedPackage {
  readonly name: string;
  readonly version: string;
}

/** `["npm:1.0.0", {"packageLocation": "./.yarn/cache/x-npm-1.0.0-….zip/node_modules/x/",` in the map's own words. */
const LOCATED =
  /\[\s*"(?<reference>[^"\\]{1,2000})",\s*\{\s*"packageLocation":\s*"(?<location>[^"\\]{1,4000})"/gu;
/** What was unpacked lies in a directory `node_modules`, where it is found by itself. */
const ARCHIVED = /\.zip\/node_modules\/(?<name>(?:@[^/]+\/)?[^/@]+)\/$/u;
/** `npm:1.0.0`, `virtual:HASH#npm:1.0.0`, `npm:1.0.0::__archiveUrl=…`. */
const OF_REGISTRY = /(?:^|#)npm:(?:[^:#]*@)?(?<version>[^:#@]+)(?:::|$)/u;
/**
 * The packages that lie in archives, by the map that Yarn writes: a script with the map as a text in it, or the map alone. Each
 * once; the same package may stand there several times, for each set of what it needs.
 */
export function readPlugAndPlay(content: Buffer): readonly ArchivedPackage[] {
  // In a script, lines of the text end with a backslash.
  const text = decodeUtf8(content).replaceAll("\\\n", "\n");
  const found = new Map<string, ArchivedPackage>();
  for (const { groups: { reference = "", location = "" } = {} } of text.matchAll(LOCATED)) {
    const name = ARCHIVED.exec(location)?.groups?.name;
    const version = versionIn(reference);
    if (name === undefined || version === undefined || !isToken(name) || !isToken(version)) continue;
    found.set(`${name}@${version}`, { name, version });
  }
  return [...found.values()];
}

/** `patch:x@npm%3A1.0.0#…::version=1.0.0&hash=…` tells what the patch is of. */
function versionIn(reference: string): string | undefined {
  if (!/(?:^|#)patch:/u.test(reference)) return OF_REGISTRY.exec(reference)?.groups?.version;
  const parameters = reference.slice(reference.lastIndexOf("::") + "::".length);
  return new URLSearchParams(parameters).get("version") ?? undefined;
}
