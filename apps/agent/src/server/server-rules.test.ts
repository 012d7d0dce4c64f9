import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readRules } from "../runtime/rules/rule-files.ts";
import { ServerRules } from "./server-rules.ts";

const ruleText = (name: string) => `- rule: ${name}
  desc: a test
  condition: evt.type = execve and proc.name = ${name}
  output: it ran
  priority: NOTICE
`;

let directory: ReturnType<typeof tempDirectory>;

beforeEach(() => {
  directory = tempDirectory();
});

afterEach(() => directory[Symbol.dispose]());

const sources = () => ({ directory: directory.at("rules"), builtIn: false, hardened: false });
const open = () => new ServerRules(directory.at("state"), sources());
const files = () => readdirSync(directory.at("rules")).toSorted();
const rules = () => {
  const read = readRules(sources());
  return read.kind === "rules" ? read.ruleSet.rules.map(({ name }) => name) : read.errors;
};

it("puts the server's files beside the host's own, and takes away what the server removed", () => {
  const held = open();
  held.take({
    revision: "r1",
    files: [
      { name: "a", text: ruleText("one") },
      { name: "b", text: ruleText("two") },
    ],
  });
  writeFileSync(directory.at("rules", "own.yaml"), ruleText("own"));
  expect([held.revision, files(), rules()]).toEqual([
    "r1",
    ["own.yaml", "server-a.yaml", "server-b.yaml"],
    ["own", "one", "two"],
  ]);
  held.take({ revision: "r2", files: [{ name: "b", text: ruleText("other") }] });
  expect([held.revision, files(), rules()]).toEqual(["r2", ["own.yaml", "server-b.yaml"], ["own", "other"]]);
  held.take({ revision: "r3", files: [] });
  expect(files()).toEqual(["own.yaml"]);
});

it.each([
  ["that does not load", "- rule: x\n  condition: ("],
  ["that appends to what is not there", "- macro: nowhere\n  condition: or true\n  append: true\n"],
])("keeps the last good ones where the server sends a file %s", (_, text) => {
  const held = open();
  held.take({ revision: "r1", files: [{ name: "a", text: ruleText("one") }] });
  expect(() => held.take({ revision: "r2", files: [{ name: "a", text }] })).toThrow(
    expect.objectContaining({ code: "RULES_INVALID" }),
  );
  expect([held.revision, rules(), open().revision]).toEqual(["r1", ["one"], "r1"]);
});

it("judges the server's files together with the host's own", () => {
  const held = open();
  held.take({ revision: "r1", files: [] });
  writeFileSync(directory.at("rules", "own.yaml"), "- macro: mine\n  condition: (proc.name = sh)\n");
  const text = ruleText("one").replace("proc.name = one", "mine");
  held.take({ revision: "r2", files: [{ name: "a", text }] });
  expect(rules()).toEqual(["one"]);
});

it("brings back at the next start what somebody changed or removed by hand", () => {
  open().take({ revision: "r1", files: [{ name: "a", text: ruleText("one") }] });
  rmSync(directory.at("rules", "server-a.yaml"));
  writeFileSync(directory.at("rules", "server-evil.yaml"), ruleText("evil"));
  expect([open().revision, files(), rules()]).toEqual(["r1", ["server-a.yaml"], ["one"]]);
});

it("asks again where what was kept is damaged, and leaves what is in force", () => {
  open().take({ revision: "r1", files: [{ name: "a", text: ruleText("one") }] });
  const [name = ""] = readdirSync(directory.at("state"));
  writeFileSync(directory.at("state", name), readFileSync(directory.at("state", name), "utf8").slice(1));
  expect([open().revision, rules()]).toEqual(["", ["one"]]);
});

it("takes the server's files also where one of the host's own is broken", () => {
  const held = open();
  held.take({ revision: "r1", files: [] });
  writeFileSync(directory.at("rules", "own.yaml"), "- rule: x\n  condition: (");
  held.take({ revision: "r2", files: [{ name: "a", text: ruleText("one") }] });
  expect([held.revision, files()]).toEqual(["r2", ["own.yaml", "server-a.yaml"]]);
});
