import { mkdirSync, writeFileSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { contextIn } from "../testdata/context-in.ts";
import { rulesCheck } from "./rules.ts";

const rule = (name: string, condition: string, more = "") =>
  `- rule: ${name}\n  desc: d\n  condition: ${condition}\n  output: o\n  priority: INFO\n${more}`;

async function check(text: string, config = "{}") {
  using directory = tempDirectory();
  writeFileSync(directory.at("own.yaml"), text);
  const { context, console } = await contextIn(directory, { config });
  const code = rulesCheck(context, [directory.at("own.yaml")], {});
  return { code, printed: console.printed.join("") };
}

it("knows the macros of the default rules, and tells of no rule that is not asked about", async () => {
  const { code, printed } = await check(rule("mine", "prq_executed and prq_container and proc.name = foo"));
  expect([code, printed]).toEqual([0, "full     mine\n"]);
});

it("reads a directory as an agent does", async () => {
  using directory = tempDirectory();
  mkdirSync(directory.at("rules"));
  const { context, console } = await contextIn(directory, { config: "{}" });
  const checked = () => rulesCheck(context, [directory.at("rules")], {});
  expect(checked).toThrow(/there are no files of rules \(\*\.yaml\) in/u);
  writeFileSync(directory.at("rules/b.yaml"), rule("second", "prq_executed and own"));
  writeFileSync(directory.at("rules/a.yaml"), "- macro: own\n  condition: proc.name = foo\n");
  writeFileSync(directory.at("rules/notes.txt"), "no rules");
  expect([checked(), console.printed.join("")]).toEqual([0, "full     second\n"]);
});

it("tells which default rules a file changes", async () => {
  const off = '- rule: "Interactive shell in container"\n  enabled: false\n  override: {enabled: replace}\n';
  const list = "- list: prq_honeyfiles\n  items: [/srv/x]\n  override: {items: append}\n";
  const { code, printed } = await check(`${list}${off}`);
  expect(code).toBe(0);
  expect(printed).toContain("Interactive shell in container");
});

it("knows no default rules where they are turned off", async () => {
  const { code, printed } = await check(rule("mine", "prq_executed"), "runtime: { builtInRules: false }");
  expect(code).toBe(2);
  expect(printed).toContain('undefined macro "prq_executed"');
});

it.each([
  ["proc.name = nc", "kill", "full     mine\n         kill: the kernel can decide it\n"],
  ["proc.args contains x", "kill", "full     mine\n         kill: the kernel cannot decide it by itself: "],
  ["proc.name = nc", "pause", "full     mine\n"],
])("says whether a kernel can decide %s for %s", async (condition, action, expected) => {
  const whole = `evt.type in (execve, execveat) and container.id != host and ${condition}`;
  const { printed } = await check(rule("mine", whole, `  action: ${action}\n`));
  expect(printed.slice(0, expected.length)).toBe(expected);
  expect(printed.includes("kernel")).toBe(action === "kill");
});

it("names all that is wrong with a rule, with its place, and keeps what is only doubtful apart", async () => {
  const { code, printed } = await check(rule("mine", "prq_exectued and proc.nane is a and proc.name in sh"));
  expect(code).toBe(2);
  expect(printed.split("\n")).toEqual([
    'own.yaml:3:14: mine: undefined macro "prq_exectued"; "prq_executed" may be meant',
    'own.yaml:3:31: mine: unknown field "proc.nane"',
    'own.yaml:3:41: mine: expected an operator, found "is", at "is a and proc.name in sh"',
    "",
  ]);
});
