import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { buildDatabase, openDatabase } from "@pratique/advisory";
import { parseImageTarget, readFunctions } from "@pratique/core";
import { match } from "@pratique/matching";
import { localSources } from "@pratique/oci";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { afterAll, expect, it, type TestContext } from "vitest";
import { scanImage } from "./scan-image.ts";

const GO = "/usr/bin/go";
const VULNDB = path.resolve(import.meta.dirname, "../../../../shared/data/golang-vulndb");

const advisory = {
  id: "GO-2021-0113",
  modified: "2024-01-01T00:00:00Z",
  aliases: ["CVE-2021-38561"],
  affected: [
    {
      package: { ecosystem: "Go", name: "golang.org/x/text" },
      ranges: [{ type: "SEMVER", events: [{ introduced: "0" }, { fixed: "0.3.7" }] }],
    },
  ],
};

/** One for all, as Go compiles its own runtime first. */
const cache = tempDirectory();
afterAll(() => cache[Symbol.dispose]());

function need(file: string, { skip }: TestContext): void {
  if (!existsSync(file)) skip(`needs ${file}, which is absent here`);
}

/** Builds a program of one module that has another one in its vendor directory, so that nothing is fetched. */
function buildProgram(directory: TempDirectory, textVersion: string, flags: readonly string[] = []): string {
  const source = directory.at("source");
  const vendored = `${source}/vendor/golang.org/x/text/language`;
  mkdirSync(vendored, { recursive: true });
  const main =
    'package main\n\nimport "golang.org/x/text/language"\n\nfunc main() { println(language.Parse("en")) }\n';
  writeFileSync(
    `${source}/go.mod`,
    `module example.org/tool\n\ngo 1.18\n\nrequire golang.org/x/text ${textVersion}\n`,
  );
  writeFileSync(`${source}/main.go`, main);
  // The second one is called by nobody, so that the linker leaves it out.
  const body = "for at, one := range s {\n\t\tif one == '-' {\n\t\t\treturn s[:at]\n\t\t}\n\t}\n\treturn s";
  const functions = ["Parse", "ParseAcceptLanguage"].map(
    (name) => `func ${name}(s string) string {\n\t${body}\n}\n`,
  );
  writeFileSync(`${vendored}/language.go`, ["package language\n", ...functions].join("\n"));
  writeFileSync(
    `${source}/vendor/modules.txt`,
    `# golang.org/x/text ${textVersion}\n## explicit\ngolang.org/x/text/language\n`,
  );
  const root = directory.at("root");
  const env = {
    PATH: process.env.PATH,
    HOME: directory.path,
    GOCACHE: cache.path,
    GOFLAGS: "-mod=vendor",
    GOPROXY: "off",
    GOTOOLCHAIN: "local",
  };
  execFileSync(GO, ["build", ...flags, "-o", `${root}/opt/renamed`, "."], {
    cwd: source,
    env,
    stdio: "pipe",
  });
  return root;
}

async function scan(directory: TempDirectory, root: string, from: string) {
  const database = directory.at("database");
  await buildDatabase({
    directory: database,
    from: [{ provider: "osv", location: from }],
    clock: () => new Date(0),
  });
  using advisories = openDatabase(database, { clock: () => new Date(0) });
  const dependencies = { sources: localSources, advisories, now: () => new Date(0) };
  const report = await scanImage(parseImageTarget(`dir:${root}`), dependencies);
  return { ...report, again: match(report, advisories) };
}

it.each([
  ["finds a vulnerable module of", "v0.3.6", ["CVE-2021-38561"]],
  ["says nothing of a fixed module of", "v0.3.7", []],
])(
  "%s a real program that has lost its symbols",
  async (_, version, expected) => {
    using directory = tempDirectory();
    if (!existsSync(GO)) throw new Error(`needs ${GO}`);
    const root = buildProgram(directory, version, ["-ldflags=-s -w"]);
    writeFileSync(directory.at("advisory.json"), JSON.stringify(advisory));
    const { findings, packages } = await scan(directory, root, directory.at("advisory.json"));
    expect(packages).toMatchObject([{ name: "golang.org/x/text", version }, { name: "stdlib" }]);
    expect(findings.filter(({ packageId }) => packageId.includes("text")).map(({ id }) => id)).toEqual(
      expected,
    );
  },
  120_000,
);

it("finds the same in the Go project's own advisories", async (context) => {
  need(VULNDB, context);
  using directory = tempDirectory();
  const root = buildProgram(directory, "v0.3.6");
  const { findings, assessment, packages, again } = await scan(directory, root, VULNDB);
  const found = findings.filter(({ packageId }) => packageId.startsWith("pkg:golang/golang.org/x/text@"));
  // Its flaw is in what the program calls; those of the other two are in what it has not got.
  const told = found.map(({ fixedVersion, confidence, note }) => [fixedVersion, confidence, note]);
  const missing = "none of the code that it is about is in the program";
  expect(told.sort()).toEqual([
    ["0.3.7", undefined, undefined],
    ["0.3.8", "low", missing],
    ["0.39.0", "low", missing],
  ]);
  expect(assessment.reasons).toEqual([]);
  // Of the library nearly all is left out, and what is told by the report's packages alone is the same.
  const library = packages.find(({ name }) => name === "stdlib")?.functions ?? "";
  expect(readFunctions(library)?.mayHold({ path: "net/http", name: "Get" })).toBe(false);
  expect(readFunctions(library)?.mayHold({ path: "runtime", name: "nobodyHasIt" })).toBe(true);
  expect(library.length).toBeLessThan(2000);
  expect(again.findings).toEqual(findings);
}, 120_000);
