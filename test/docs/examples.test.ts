import { execFile } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";

/** Within the checkout, so that members are found by their names. */
const directory = path.resolve(".tsbuild/examples");
/** Names that an example leaves to its reader: `engine`, `signal`. */
const LEFT_TO_READER: ReadonlySet<string> = new Set(["TS2304", "TS2552", "TS18004"]);

interface Example {
  /** `packages/oci/README.md:12` */
  readonly place: string;
  readonly file: string;
  readonly text: string;
}

const examples = globSync(["README.md", "docs/**/*.md", "{packages,apps}/*/README.md"])
  .sort()
  .flatMap(examplesOf);

function examplesOf(page: string): readonly Example[] {
  const content = readFileSync(page, "utf8");
  return [...content.matchAll(/^```ts\n(?<text>.*?)^```$/gmsu)].map(({ index, groups }) => {
    const line = content.slice(0, index).split("\n").length;
    const source = path.relative(directory, path.resolve(path.dirname(page), "src"));
    // As if it stood among the sources of its member. The rest of the file is a module's, also where nothing is imported.
    const text = `${(groups?.text ?? "").replaceAll(/(?<=from ")\.(?=\/)/gu, source)}export {};\n`;
    return { place: `${page}:${line}`, file: `${page.replaceAll(/[^a-z]+/gu, "-")}-${line}.ts`, text };
  });
}

let problems: readonly string[] = [];

beforeAll(async () => {
  mkdirSync(directory, { recursive: true });
  for (const { file, text } of examples) writeFileSync(path.join(directory, file), text);
  const compilerOptions = {
    noEmit: true,
    composite: false,
    noUnusedLocals: false,
    rewriteRelativeImportExtensions: false,
  };
  const config = {
    extends: "../../tsconfig.base.json",
    compilerOptions: {
      ...compilerOptions,
      emitDeclarationOnly: false,
      allowImportingTsExtensions: true,
      types: ["node"],
      typeRoots: ["../../node_modules/@types"],
    },
    files: examples.map(({ file }) => file),
  };
  writeFileSync(path.join(directory, "tsconfig.json"), JSON.stringify(config));
  problems = await compile();
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** What the compiler has against them, a line each. */
async function compile(): Promise<readonly string[]> {
  const tsc = path.resolve("node_modules/.bin/tsc");
  const said = await promisify(execFile)(tsc, ["--project", directory, "--pretty", "false"]).then(
    ({ stdout }) => stdout,
    ({ stdout }: { stdout: string }) => stdout,
  );
  return said
    .split("\n")
    .filter((line) => line !== "")
    .filter((line) => !LEFT_TO_READER.has(/error (?<code>TS\d+)/u.exec(line)?.groups?.code ?? ""));
}

it("finds examples", () => {
  expect(examples.length).toBeGreaterThan(20);
});

it("has no problem elsewhere", () => {
  expect(problems.filter((line) => !examples.some(({ file }) => line.includes(file)))).toEqual([]);
});

it.each(examples)("$place compiles", ({ file }) => {
  expect(problems.filter((line) => line.includes(file))).toEqual([]);
});
