import type { EventType } from "@pratique/core";
import { builtinRuleFiles } from "@pratique/rules";
import { SensorFields } from "@pratique/sensor";
import { expect, it } from "vitest";
import { eventFilter } from "./event-filter.ts";

const own = { name: "own.yaml", text: "- list: our_shells\n  items: [sh]\n" };
const broken = { name: "broken.yaml", text: "- rule: r\n  desc: d\n" };
const told: ReadonlySet<EventType> = new Set<EventType>(["execve", "openat"]);

function filter(condition: string, files = [...builtinRuleFiles, own]) {
  return eventFilter(condition, { files, fields: new SensorFields(), told });
}

it("asks for no more than its condition does", () => {
  expect(filter("evt.type = execve").needs.eventTypes).toEqual(["execve"]);
});

it("knows the macros and the lists of the rules", () => {
  expect(filter("prq_executed and proc.name in (our_shells)").needs.eventTypes).toContain("execve");
});

it("fits every event where only a format is given, and says so of a field that there is not", () => {
  const options = { files: builtinRuleFiles, fields: new SensorFields(), told };
  const { needs } = eventFilter(undefined, { ...options, format: "%proc.name %fd.name" });
  expect(needs.eventTypes).toEqual(expect.arrayContaining([...told]));
  expect(() => eventFilter(undefined, { ...options, format: "%no.such" })).toThrow('unknown field "no.such"');
});

it.each([
  ["evt.typ = execve", 'unknown field "evt.typ"'],
  ["no_such_macro", 'undefined macro "no_such_macro"'],
  ["evt.type = read", "no event that is told here fits it: no events of type read"],
  ["evt.type = execv", "no event that is told here fits it"],
  ["evt.type = mount", "no event that is told here fits it: no events of type mount"],
])("refuses %s", (condition, expected) => {
  expect(() => filter(condition)).toThrow(expected);
});

it("says where the rules themselves are wrong", () => {
  expect(() => filter("evt.type = execve", [broken])).toThrow(/the rules are not valid: broken\.yaml/u);
});
