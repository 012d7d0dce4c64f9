import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { buildProgram } from "../../apps/cli/src/program.ts";
import { checkConfig } from "../../apps/cli/src/settings/config.ts";

const page = readFileSync("docs/reference/configuration.md", "utf8");
const example = /^```yaml\n(?<yaml>.*?)^```$/msu.exec(page)?.groups?.yaml ?? "";

/** The paths of all keys in the schema of `pratique.yaml`. */
function keysOfSchema(): readonly string[] {
  const source = readFileSync("apps/cli/src/settings/config.ts", "utf8").replaceAll(/\s+/gu, "");
  const schema = /constconfigFile=z\.strictObject\(\{(?<body>.*?)\}\);/u.exec(source)?.groups?.body ?? "";
  const parents: string[] = [];
  const keys: string[] = [];
  for (const { groups = {} } of schema.matchAll(
    /(?<parent>\w+):z\.strictObject\(\{|(?<key>\w+):z\.|(?<end>\}\))/gu,
  )) {
    if (groups.end !== undefined) parents.pop();
    else if (groups.parent !== undefined) parents.push(groups.parent);
    else keys.push([...parents, groups.key].join("."));
  }
  return keys;
}

/** Keys whose members are named by whoever writes the file. */
const MAPS: ReadonlySet<string> = new Set(["actions", "categories", "labels"]);

function keysOf(value: unknown, parents: readonly string[] = []): readonly string[] {
  const isLeaf =
    typeof value !== "object" || value === null || Array.isArray(value) || MAPS.has(parents.at(-1) ?? "");
  if (isLeaf) return [parents.join(".")];
  return Object.entries(value).flatMap(([key, inner]) => keysOf(inner, [...parents, key]));
}

it("names every key of pratique.yaml, and no other", () => {
  const keys = keysOfSchema();
  expect(keys.length).toBeGreaterThan(9);
  const rows = [...page.matchAll(/^\| `(?<key>[a-zA-Z.]+)` \| (?:`PRATIQUE_\w+`)? ?\|/gmu)];
  expect(rows.map(({ groups }) => groups?.key ?? "").sort()).toEqual([...keys].sort());
});

it("has an example that sets every key, and is taken", () => {
  const document: unknown = parse(example);
  expect([...keysOf(document)].sort()).toEqual([...keysOfSchema()].sort());
  expect(checkConfig("the example", document)).toEqual(document);
});

it("names every variable that settings are read from", () => {
  const source = readFileSync("apps/cli/src/settings/settings.ts", "utf8");
  const variables = new Set(source.match(/(?:PRATIQUE|XDG|DOCKER)_[A-Z_]*[A-Z]/gu));
  expect(variables.size).toBeGreaterThan(10);
  expect([...variables].filter((name) => !page.includes(name))).toEqual([]);
});

it("names every flag", () => {
  const program = buildProgram("1.2.3", () => Promise.resolve());
  const flags = new Set(program.commands.flatMap(flagsOf));
  expect(flags.size).toBeGreaterThan(25);
  expect([...flags].filter((flag) => !page.includes(`\`${flag}`))).toEqual([]);
});

/** The flags of a command and of all below it that its help shows. */
function flagsOf(command: ReturnType<typeof buildProgram>): readonly string[] {
  const shown = command.options.filter(({ hidden }) => !hidden);
  return [...shown.map(({ long }) => long ?? ""), ...command.commands.flatMap(flagsOf)];
}

it("names every socket", () => {
  const source = readFileSync("apps/agent/src/layout.ts", "utf8");
  const places = [...source.matchAll(/path\.join\(run, "(?<name>[^"]*)"\)/gu)].map(
    ({ groups }) => groups?.name,
  );
  expect(places.length).toBeGreaterThan(4);
  expect(places.filter((place) => !page.includes(`\`${place}\``))).toEqual([]);
});
