import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Plugin } from "esbuild";

/** One import of named things from a package of this repository, and one export of an `index.ts`. */
const IMPORT = /^import \{(?<names>[^}]*)\} from "@pratique\/(?<member>[a-z-]+)";$/gmu;
const EXPORT = /^export \{(?<names>[^}]*)\} from "(?<file>\.[^"]+)";$/gmu;

/**
 * Takes imports of `@pratique/NAME` to the files that they mean. The bundler puts all that an `index.ts` names
 * into whatever imports it, so that each command would load what any command uses.
 */
export function pastFrontDoors(root: string): Plugin {
  const doors = new Map<string, ReadonlyMap<string, string>>();
  const doorOf = (member: string): ReadonlyMap<string, string> => {
    const door = doors.get(member) ?? readDoor(findMember(root, member));
    doors.set(member, door);
    return door;
  };
  return {
    name: "past-front-doors",
    setup({ onLoad }) {
      onLoad({ filter: /\/(?:packages|apps)\/[a-z-]+\/src\/.*\.ts$/ }, async ({ path: file }) => ({
        loader: "ts",
        contents: (await readFile(file, "utf8")).replace(IMPORT, (_, names: string, member: string) =>
          directImports(names, doorOf(member)),
        ),
      }));
    },
  };
}

function directImports(names: string, door: ReadonlyMap<string, string>): string {
  return listNames(names)
    .map((name) => {
      const file = door.get(name.split(" as ")[0] ?? "");
      if (file === undefined) throw new Error(`no package of this repository gives ${JSON.stringify(name)}`);
      return `import { ${name} } from ${JSON.stringify(file)};`;
    })
    .join(" ");
}

/** Names that a package gives, with the files that they come from. Types are not among them. */
function readDoor(directory: string): ReadonlyMap<string, string> {
  const door = new Map<string, string>();
  for (const { groups } of readFileSync(path.join(directory, "index.ts"), "utf8").matchAll(EXPORT)) {
    for (const name of listNames(groups?.names ?? "")) {
      door.set(name, path.join(directory, groups?.file ?? ""));
    }
  }
  return door;
}

function listNames(list: string): readonly string[] {
  const names = list.split(",").map((name) => name.trim());
  return names.filter((name) => name !== "" && !name.startsWith("type "));
}

function findMember(root: string, member: string): string {
  const inApps = ["cli", "agent", "auditor", "server", "console"].includes(member);
  return path.join(root, inApps ? "apps" : "packages", member, "src");
}
