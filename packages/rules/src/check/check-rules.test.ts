import { type EventType, eventTypes } from "@pratique/core";
import { expect, it } from "vitest";
import { loadRules } from "../compile/load-rules.ts";
import { fileOf } from "../testdata/rule-text.ts";
import { checkRules, type RuleSupport } from "./check-rules.ts";

function supportOf(
  condition: string,
  host: { readonly without?: readonly EventType[]; readonly lacks?: readonly string[] } = {},
): RuleSupport | undefined {
  const loaded = loadRules([{ name: "f", text: fileOf(condition) }]);
  if (loaded.kind === "invalid") throw new Error(loaded.issues[0]?.message);
  const { without = [], lacks = [] } = host;
  return checkRules(loaded.ruleSet, {
    eventTypes: new Set(eventTypes).difference(new Set(without)),
    hasField: (name, argument) => !lacks.includes(argument === undefined ? name : `${name}.${argument}`),
  })[0];
}

it.each([
  ["all is there", "evt.type = open and fd.name = x", {}, "full", []],
  [
    "one of two types is not",
    "evt.type in (open, creat)",
    { without: ["creat"] },
    "partial",
    ["no events of type creat"],
  ],
  ["its only type is not", "evt.type = creat", { without: ["creat"] }, "none", ["no events of type creat"]],
  ["a type is nowhere", "evt.type in (open, write)", {}, "partial", ["no events of type write"]],
  ["its only type is nowhere", "evt.type = write", {}, "none", ["no events of type write"]],
  ["it names no types", "fd.name = x", { without: ["creat"] }, "full", []],
  [
    "it cannot do without a field",
    "evt.type = open and k8s.ns.name = x",
    { lacks: ["k8s.ns.name"] },
    "none",
    ["no field k8s.ns.name"],
  ],
  [
    "it can do without a field",
    "evt.type = open and not k8s.ns.name = x",
    { lacks: ["k8s.ns.name"] },
    "partial",
    ["no field k8s.ns.name"],
  ],
  [
    "an alternative lacks a field",
    "evt.type = open and (fd.name = x or proc.tty = 1)",
    { lacks: ["proc.tty"] },
    "partial",
    ["no field proc.tty"],
  ],
  [
    "an argument is missing",
    "evt.type = open and evt.arg.flags = x",
    { lacks: ["evt.arg.flags"] },
    "none",
    ["no field evt.arg[flags]"],
  ],
  ["no event can match", "evt.type = open and evt.type = creat", {}, "none", ["no event can match"]],
] as const)("says how much works where %s", (_, condition, host, supported, reasons) => {
  expect(supportOf(condition, host)).toEqual({ name: "The rule", source: "syscall", supported, reasons });
});

it("names what an output lacks, and rules that were skipped", () => {
  const text = `${fileOf("evt.type = open").replace("output: o", "output: '%k8s.ns.name'")}${fileOf("ka.verb = x").replace("The rule", "Other")}  source: k8s_audit\n`;
  const loaded = loadRules([{ name: "f", text }]);
  if (loaded.kind === "invalid") throw new Error(loaded.issues[0]?.message);
  const host = { eventTypes: new Set(eventTypes), hasField: (name: string) => name !== "k8s.ns.name" };
  expect(checkRules(loaded.ruleSet, host)).toEqual([
    {
      name: "The rule",
      source: "syscall",
      supported: "partial",
      reasons: ["no field k8s.ns.name, which its output names"],
    },
    {
      name: "Other",
      source: "k8s_audit",
      supported: "none",
      reasons: ['there are no events of source "k8s_audit"'],
    },
  ]);
});
