import { globSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const page = readFileSync("docs/adr/0002-dependencies.md", "utf8");
const listed = new Set(
  [...page.matchAll(/^\| `(?<name>[^`]+)` \| (?<version>\d[\w.-]*) \| .*[a-z].* \|$/gmu)].map(
    ({ groups }) => `${groups?.name}@${groups?.version}`,
  ),
);

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Every package of others that a manifest names, with its version. */
const declared = new Set(
  ["package.json", ...globSync("{packages,apps}/*/package.json")].flatMap((file) => {
    const { dependencies = {}, devDependencies = {} }: Manifest = JSON.parse(readFileSync(file, "utf8"));
    return Object.entries({ ...dependencies, ...devDependencies })
      .filter(([name]) => !name.startsWith("@pratique/"))
      .map(([name, version]) => `${name}@${version}`);
  }),
);

it("names every dependency, with its version and a reason", () => {
  expect(declared.size).toBeGreaterThan(30);
  expect([...declared].filter((dependency) => !listed.has(dependency)).sort()).toEqual([]);
});

it("names none that is not there any more", () => {
  expect([...listed].filter((dependency) => !declared.has(dependency)).sort()).toEqual([]);
});

it("names those whose installation runs a script", () => {
  const lock: { readonly packages: Readonly<Record<string, { readonly hasInstallScript?: true }>> } =
    JSON.parse(readFileSync("package-lock.json", "utf8"));
  const scripted = Object.entries(lock.packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([path]) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length));
  const sentence = /Three packages have install scripts: (?<names>[^.]*)\./u.exec(page)?.groups?.names ?? "";
  expect([...new Set(scripted)].sort()).toEqual(
    [...sentence.matchAll(/`(?<name>[^`]+)`/gu)].map(({ groups }) => groups?.name ?? "").sort(),
  );
});
