import { existsSync, globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { caughtFromSystem } from "./caught.ts";
import { importsOf, readMembers } from "./members.ts";
import { pureMembers, rowOf, testOnlyMembers } from "./rows.ts";

const members = readMembers();
const shipped = members.filter(({ name }) => !testOnlyMembers.includes(name));

it("finds the members it is to judge", () => {
  expect(members.length).toBeGreaterThan(10);
});

describe.each(shipped)("$name", (member) => {
  it("has a row", () => {
    expect(rowOf(member.name)).toBeGreaterThanOrEqual(0);
  });

  it("depends only on lower rows", () => {
    const own = rowOf(member.name);
    expect(member.dependencies.filter((name) => rowOf(name) < 0 || rowOf(name) >= own)).toEqual([]);
  });

  it("needs nothing that is for tests only", () => {
    expect(member.dependencies.filter((name) => testOnlyMembers.includes(name))).toEqual([]);
  });

  it("knows neither Node nor the DOM where it must not", () => {
    if (!pureMembers.includes(member.name)) return;
    expect(member.nodeTypes).toBe(false);
    expect(importsOf(member).filter(({ specifier }) => specifier.startsWith("node:"))).toEqual([]);
  });
});

describe.each(members)("$name", (member) => {
  it("mirrors its dependencies in the compiler's references", () => {
    expect(member.references).toEqual(member.dependencies);
  });

  it("has a README", () => {
    expect(existsSync(`${member.directory}/README.md`)).toBe(true);
  });

  it("uses each package that it declares, and enters others by the front door", () => {
    const imported = importsOf(member).map(({ specifier }) => specifier);
    const local = imported.filter((specifier) => specifier.startsWith("@pratique/"));
    expect(local.filter((specifier) => specifier.split("/").length > 2)).toEqual([]);
    const used = new Set(local.map((specifier) => specifier.slice("@pratique/".length)));
    expect(member.dependencies.filter((name) => !used.has(name))).toEqual([]);
  });
});

it("has no room for what belongs nowhere", () => {
  const names = globSync("{packages,apps}/*/src/**/{utils,helpers,common,misc,types}{,.ts,.tsx}");
  expect(names).toEqual([]);
});

it("pins every dependency exactly", () => {
  const manifests = ["package.json", ...globSync("{packages,apps}/*/package.json")];
  const loose = manifests.flatMap((file) => {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(file, "utf8"));
    return Object.entries<string>({ ...dependencies, ...devDependencies })
      .filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/u.test(version))
      .map(([name, version]) => `${file}: ${name}@${version}`);
  });
  expect(loose).toEqual([]);
});

/** Files that ship, with their tests' data left out. */
const sources = globSync("{packages,apps}/*/src/**/*.{ts,tsx}").filter(
  (file) => !/\.test\.tsx?$|\/testdata\/|^packages\/testkit\//u.test(file),
);

it("says why, wherever any error of the system is answered with a default", () => {
  const caught = sources.flatMap((file) => caughtFromSystem(file, readFileSync(file, "utf8")));
  expect(caught.length).toBeGreaterThan(20);
  expect(caught.filter(({ explained }) => !explained).map(({ at }) => at)).toEqual([]);
});

it("sees a catch that explains nothing", () => {
  const lines = [
    "try {",
    "  return readFileSync(file);",
    "} catch {",
    "  return undefined;",
    "}",
    "const names = await readdir(root).catch(() => []);",
    "// Not there yet.",
    "const found = await stat(root).catch(() => undefined);",
    "try {",
    "  return JSON.parse(text);",
    "} catch {",
    "  return undefined;",
    "}",
  ];
  const caught = caughtFromSystem("a.ts", lines.join("\n"));
  expect(caught.map(({ at, explained }) => [at, explained])).toEqual([
    ["a.ts:3", false],
    ["a.ts:6", false],
    ["a.ts:8", true],
  ]);
});
