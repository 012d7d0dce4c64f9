import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { RulesInForce, type RulesInForceOptions } from "./rules-in-force.ts";

const BROKEN = "- rule: broken\n  condition: (\n";

function rule(name: string): string {
  return `- rule: ${name}
  desc: a test
  condition: evt.type = execve and proc.name = ${name}
  output: it ran
  priority: NOTICE
`;
}

let directory: ReturnType<typeof tempDirectory>;
let puts: (readonly string[])[];

beforeEach(() => {
  directory = tempDirectory();
  mkdirSync(directory.at("rules"));
  puts = [];
});

afterEach(() => directory[Symbol.dispose]());

function write(name: string, text: string): void {
  writeFileSync(directory.at("rules", name), text);
}

function open(more: Partial<RulesInForceOptions> = {}): RulesInForce {
  return new RulesInForce({
    sources: { directory: directory.at("rules"), builtIn: false, hardened: false },
    profileRules: () => "",
    put: async ({ rules }) => void puts.push(rules.map(({ name }) => name)),
    log: { info: () => undefined, warn: () => undefined },
    ...more,
  });
}

it("puts rules in force once, and again where a file has changed", async () => {
  write("a.yaml", rule("one"));
  const rules = open();
  await rules.refresh();
  await rules.refresh();
  write("a.yaml", `${rule("one")}${rule("two")}`);
  await rules.refresh();
  expect(puts).toEqual([["one"], ["one", "two"]]);
  expect(rules.ruleSet.rules.map(({ name }) => name)).toEqual(["one", "two"]);
});

it("begins with the rules that hold where a file is broken from the start", async () => {
  write("a.yaml", BROKEN);
  write("b.yaml", rule("two"));
  const sources = { directory: directory.at("rules"), builtIn: true, hardened: true };
  const rules = open({ sources });
  await rules.refresh();
  const [names = []] = puts;
  expect(names).toEqual(expect.arrayContaining(["two", "Hardened: engine socket"]));
  expect(rules.errors.at(-1)).toBe("a.yaml: none of its rules hold until this is mended");
  await rules.refresh();
  expect(puts).toHaveLength(1);
  write("a.yaml", rule("one"));
  await rules.refresh();
  expect([puts.at(-1)?.includes("one"), rules.errors]).toEqual([true, []]);
});

it("keeps a file's last good rules in force while it is broken, and takes the others as they are now", async () => {
  write("a.yaml", rule("one"));
  const rules = open();
  await rules.refresh();
  write("a.yaml", BROKEN);
  write("server-b.yaml", rule("two"));
  await rules.refresh();
  expect(puts.at(-1)).toEqual(["one", "two"]);
  expect(rules.errors.at(-1)).toBe("a.yaml: its text of before holds until this is mended");
  expect(rules.files.map(({ name }) => name)).toEqual(["a.yaml", "server-b.yaml"]);
});

it("leaves in force what was, and reads again, where the directory cannot be read", async () => {
  write("a.yaml", rule("one"));
  const rules = open();
  await rules.refresh();
  rmSync(directory.at("rules"), { recursive: true });
  writeFileSync(directory.at("rules"), "");
  await rules.refresh();
  expect([puts, rules.errors]).toEqual([[["one"]], [expect.stringMatching(/ENOTDIR/u)]]);
  rmSync(directory.at("rules"));
  mkdirSync(directory.at("rules"));
  write("a.yaml", rule("two"));
  await rules.refresh();
  expect([puts.at(-1), rules.errors]).toEqual([["two"], []]);
});

it("begins with the product's rules where the directory cannot be read from the start", async () => {
  rmSync(directory.at("rules"), { recursive: true });
  writeFileSync(directory.at("rules"), "");
  const rules = open({ sources: { directory: directory.at("rules"), builtIn: true, hardened: false } });
  await rules.refresh();
  await rules.refresh();
  expect(puts).toHaveLength(1);
  expect(puts[0]?.length).toBeGreaterThan(20);
});

it("tries again where the rules could not be put in force", async () => {
  write("a.yaml", rule("one"));
  let fails = true;
  const rules = open({
    put: async () => {
      if (fails) throw new Error("no room");
      puts.push(["put"]);
    },
  });
  await rules.refresh();
  expect(rules.errors).toEqual(["no room"]);
  fails = false;
  await rules.refresh();
  expect([puts, rules.errors]).toEqual([[["put"]], []]);
});

it("tells what is wrong with the rules of profiles, and puts the others in force", async () => {
  write("a.yaml", rule("one"));
  const rules = open({ profileRules: () => BROKEN });
  await rules.refresh();
  expect([puts, rules.errors]).toEqual([[["one"]], [expect.stringMatching(/^rules of profiles: /u)]]);
});
