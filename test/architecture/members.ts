import { globSync, readFileSync } from "node:fs";
import path from "node:path";

const SCOPE = "@pratique/";

/** One workspace, as its own files describe it. */
export interface Member {
  readonly name: string;
  readonly directory: string;
  readonly dependencies: readonly string[];
  readonly devDependencies: readonly string[];
  readonly references: readonly string[];
  readonly nodeTypes: boolean;
}

export function readMembers(): readonly Member[] {
  return globSync("{packages,apps}/*/package.json").sort().map(readMember);
}

/** Every module that the sources of a member import, tests left out. */
export function importsOf(member: Member): readonly { readonly file: string; readonly specifier: string }[] {
  return globSync(`${member.directory}/src/**/*.{ts,tsx}`)
    .filter((file) => !file.includes(".test.") && !file.includes("/testdata/"))
    .flatMap((file) => specifiersIn(readFileSync(file, "utf8")).map((specifier) => ({ file, specifier })));
}

function readMember(manifestPath: string): Member {
  const directory = path.dirname(manifestPath);
  const manifest = JSON.parse(readFileSync(manifestPath, "utf8"));
  const config = JSON.parse(readFileSync(path.join(directory, "tsconfig.json"), "utf8"));
  return {
    name: manifest.name.slice(SCOPE.length),
    directory,
    dependencies: localNames(manifest.dependencies),
    devDependencies: localNames(manifest.devDependencies),
    references: (config.references ?? []).map(({ path: to }: { path: string }) => path.basename(to)).sort(),
    nodeTypes: (config.compilerOptions.types ?? []).includes("node"),
  };
}

function localNames(dependencies: Record<string, string> = {}): readonly string[] {
  return Object.keys(dependencies)
    .filter((name) => name.startsWith(SCOPE))
    .map((name) => name.slice(SCOPE.length))
    .sort();
}

function specifiersIn(source: string): readonly string[] {
  const pattern = /(?:from|import)\s*\(?\s*"(?<specifier>[^"]+)"/gu;
  return [...source.matchAll(pattern)].map(({ groups }) => groups?.specifier ?? "");
}
