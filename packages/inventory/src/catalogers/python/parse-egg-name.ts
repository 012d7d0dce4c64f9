import type { PythonMetadata } from "./parse-metadata.ts";

/**
 * Name and version in the name of an egg, `name-version-pyX.Y[-platform].egg` (setuptools, "The internal
 * structure of Python eggs", "Filename-embedded metadata"). In both, `_` stands for `-`. Undefined where the
 * name has another form; other programs use the ending as well.
 */
export function parseEggName(basename: string): PythonMetadata | undefined {
  const form = /^(?<name>[\w.]{1,200})-(?<version>[\w.+!]{1,100})-py\d+(?:\.\d+)?(?:-[\w.]{1,100})?\.egg$/u;
  const groups = form.exec(basename)?.groups;
  if (groups?.name === undefined || groups.version === undefined) return undefined;
  return { name: groups.name.replaceAll("_", "-"), version: groups.version.replaceAll("_", "-") };
}
