import type { Package } from "@pratique/core";

/**
 * Where what was fetched of a package lies: directories, or names of directories in the caches of package managers, as
 * {@link cacheNameOf} gives them. Empty where nobody can tell.
 */
export function placesOf({ type, name, version, paths }: Package): readonly string[] {
  const [path = ""] = paths;
  const directory = directoryOf(path);
  switch (type) {
    case "npm":
      return [directory];
    case "pypi":
      // PEP 639 put them into a directory of their own.
      return /\.(?:dist|egg)-info$/u.test(directory) ? [directory, `${directory}/licenses`] : [];
    case "gem": {
      const found = /^(?<root>(?:.*\/)?)specifications\/(?:default\/)?(?<gem>[^/]+)\.gemspec$/u.exec(
        path,
      )?.groups;
      return found === undefined ? [] : [`${found.root}gems/${found.gem}`];
    }
    case "composer":
      return path.endsWith("/composer/installed.json") ? [`${directoryOf(directory)}/${name}`] : [];
    case "swift":
      return [
        `${directory === "" ? "" : `${directory}/`}.build/checkouts/${name.slice(name.lastIndexOf("/") + 1)}`,
      ];
    case "golang":
      return [`golang ${escapeModule(name)}@${escapeModule(version)}`];
    case "cargo":
    case "pub":
      return [`${type} ${name}-${version}`];
    case "nuget":
      return [`nuget ${name.toLowerCase()}/${version.toLowerCase()}`];
    default:
      return [];
  }
}

/** What a directory is called in the cache of a package manager, wherever that lies; undefined where it is in none. */
export function cacheNameOf(directory: string): string | undefined {
  for (const [type, pattern] of caches) {
    const name = pattern.exec(directory)?.[1];
    if (name !== undefined) return `${type} ${name}`;
  }
  return undefined;
}

const caches: readonly (readonly [type: string, pattern: RegExp])[] = [
  ["golang", /(?:^|\/)pkg\/mod\/([^@]+@v[^@/]+)$/u],
  ["cargo", /(?:^|\/)registry\/src\/[^/]+\/([^/]+)$/u],
  ["pub", /(?:^|\/)hosted\/[^/]+\/([^/]+)$/u],
  ["nuget", /(?:^|\/)\.nuget\/packages\/([^/]+\/[^/]+)$/u],
];

/** Where upper and lower case are the same, `A` is `!a` (golang.org/x/mod/module, "Escaped Paths"). */
function escapeModule(text: string): string {
  return text.replaceAll(/[A-Z]/gu, (letter) => `!${letter.toLowerCase()}`);
}

export function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
