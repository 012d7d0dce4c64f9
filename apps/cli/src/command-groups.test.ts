import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { commandGroups } from "./command-groups.ts";

const directory = path.join(import.meta.dirname, "program");

it("lists every file of a group", () => {
  const files = readdirSync(directory).map((file) => path.basename(file, ".ts"));
  expect(commandGroups.map(({ name }) => name).sort()).toEqual(files.sort());
});

describe.each(commandGroups)("$name", ({ name, add }) => {
  it("adds one command, of its name", () => {
    const program = new Command();
    add(program, () => Promise.resolve());
    expect(program.commands.map((command) => command.name())).toEqual([name]);
  });

  it("loads nothing of what it runs before that is run", () => {
    const source = readFileSync(path.join(directory, `${name}.ts`), "utf8");
    const imported = [...source.matchAll(/^import (?<type>type )?.*?from "(?<from>[^"]+)";$/gmsu)];
    const loaded = imported.flatMap(({ groups }) => (groups?.type === undefined ? [groups?.from] : []));
    expect(loaded).toEqual(["../command-flags.ts"]);
  });
});
