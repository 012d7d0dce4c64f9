import { globSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { assessmentCodes } from "../../packages/core/src/assessment.ts";

const page = readFileSync("docs/reference/errors.md", "utf8");
const sources = globSync("{packages,apps}/*/src/errors.ts").sort();

/** The codes in the first column of the table under a heading. */
function listedUnder(heading: string): readonly string[] {
  const section = page.split(/^#{2,3} /mu).find((text) => text.split("\n", 1)[0] === heading) ?? "";
  return [...section.matchAll(/^\| `(?<code>[A-Z_]+)` \|/gmu)].map(({ groups }) => groups?.code ?? "");
}

/** The members of a union of texts, comments between them left out. */
function unionIn(source: string, name: RegExp): readonly string[] {
  const union = new RegExp(`type ${name.source} =(?<members>.*?);$`, "msu").exec(source)?.groups;
  return [...(union?.members ?? "").matchAll(/"(?<code>[A-Z_]+)"/gu)].map(({ groups }) => groups?.code ?? "");
}

const classes = sources.map((file) => {
  const source = readFileSync(file, "utf8");
  const name = /export class (?<name>\w+) extends/u.exec(source)?.groups?.name ?? file;
  return { name, codes: unionIn(source, /(?:Start|\w*)ErrorCode/u) };
});

it("finds the packages' errors", () => {
  expect(classes.length).toBeGreaterThan(12);
  expect(classes.filter(({ codes }) => codes.length === 0)).toEqual([]);
});

it.each(classes)("lists every code of $name, sorted, and no other", ({ name, codes }) => {
  expect(listedUnder(name)).toEqual([...codes].sort());
});

it("speaks of no class that does not exist", () => {
  const named = [...page.matchAll(/^### (?<name>\w+)$/gmu)].map(({ groups }) => groups?.name ?? "");
  expect(named.sort()).toEqual(classes.map(({ name }) => name).sort());
});

it("lists every reason of an assessment, sorted, and no other", () => {
  expect(listedUnder("Reasons in an assessment")).toEqual([...assessmentCodes].sort());
});

it("lists every problem with its status", () => {
  const table = readFileSync("apps/server/src/problem-table.ts", "utf8");
  const rows = [...table.matchAll(/^ {2}(?<code>[A-Z_]+): \{ status: (?<status>\d{3}),/gmu)].map(
    ({ groups }) => `| \`${groups?.code}\` | ${groups?.status} |`,
  );
  expect(rows.length).toBeGreaterThan(10);
  expect(rows.filter((row) => !page.includes(row))).toEqual([]);
  expect(listedUnder("Problems")).toHaveLength(rows.length);
});

it("lists every code that the queue of registries gives by itself, sorted, and no other", () => {
  const files = globSync([
    "{apps/server,packages/store}/src/registries/*.ts",
    "apps/cli/src/registries/registry-tasks.ts",
  ]).filter((file) => !file.endsWith(".test.ts"));
  const codes = files.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/(?:\bcode: |faultOf\()"(?<code>[A-Z_]+)"/gu)].map(
      ({ groups }) => groups?.code ?? "",
    ),
  );
  expect(listedUnder("The queue of registries")).toEqual([...new Set(codes)].sort());
});

it("lists every exit code", () => {
  const source = readFileSync("apps/cli/src/exit-codes.ts", "utf8");
  const codes = [...source.matchAll(/^ {2}\w+: (?<code>\d),$/gmu)].map(({ groups }) => groups?.code ?? "");
  const listed = [...page.matchAll(/^\| (?<code>\d) \|/gmu)].map(({ groups }) => groups?.code ?? "");
  expect(codes).toHaveLength(4);
  expect(listed).toEqual([...codes].sort());
});
