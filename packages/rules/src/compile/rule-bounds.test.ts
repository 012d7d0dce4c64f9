import { expect, it } from "vitest";
import { checksOf } from "../condition/walk-checks.ts";
import { errorsOf, eventWith, holds, rulesOf } from "../testdata/rule-text.ts";

const rule = (name: string, condition: string): string =>
  `- rule: ${name}\n  desc: d\n  output: o\n  priority: info\n  condition: ${condition}\n`;
const many = (count: number, condition: string): string =>
  Array.from({ length: count }, (_, at) => rule(`A${at}`, condition)).join("");
const tooLargeTogether = expect.stringContaining("all rules together are too large");

it("macros do not grow beyond bounds", () => {
  const doubled = Array.from({ length: 40 }, (_, at) =>
    at === 0
      ? "- macro: m0\n  condition: proc.name = a\n"
      : `- macro: m${at}\n  condition: m${at - 1} or m${at - 1}\n`,
  );
  expect(errorsOf(doubled.join(""))).toContainEqual(expect.stringMatching(/too large once its macros/u));
  const deep = Array.from({ length: 1500 }, (_, at) =>
    at === 0 ? "- macro: m0\n  condition: proc.name = a\n" : `- macro: m${at}\n  condition: m${at - 1}\n`,
  );
  expect(errorsOf(deep.join(""))).toContainEqual(expect.stringMatching(/too large/u));
});

it("lists do not grow beyond bounds", () => {
  const lists = Array.from({ length: 30 }, (_, at) =>
    at === 0
      ? `- list: l0\n  items: [${Array.from({ length: 100 }, (_item, item) => `x${item}`).join(", ")}]\n`
      : `- list: l${at}\n  items: [${Array.from({ length: 10 }, () => `l${at - 1}`).join(", ")}]\n`,
  );
  expect(errorsOf(lists.join(""))).toEqual([expect.stringMatching(/makes conditions too long/u)]);
});

it("lists may be long", () => {
  const items = Array.from({ length: 50_000 }, (_, at) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`);
  const text = `- list: bad\n  items: [${items.join(", ")}]\n`;
  expect(holds("fd.sip in (bad)", eventWith({ "fd.sip": "10.0.195.79" }), text)).toBe(true);
  expect(holds("fd.sip in (bad)", eventWith({ "fd.sip": "10.1.0.0" }), text)).toBe(false);
});

it("lists may be asked for by as many checks as a condition has", () => {
  const checks = Array.from({ length: 20_000 }, () => "proc.name in (l)");
  const [read] = rulesOf(`- list: l\n  items: [a]\n${rule("A", checks.join(" or "))}`);
  const found = read === undefined ? [] : [...checksOf(read.condition)];
  expect(found.map(({ text }) => text)).toEqual(checks);
});

it("conditions are refused that are too large only together", () => {
  const macro = `- macro: m\n  condition: ${"proc.name = a or ".repeat(9000)}proc.name = b\n`;
  expect([...new Set(errorsOf(macro + many(60, "m")))]).toEqual([tooLargeTogether]);
  expect(rulesOf(macro + many(10, "m"))).toHaveLength(10);
});

it("regular expressions are refused that are too large only together", () => {
  const condition = `proc.cmdline regex "${"(a{0,1000})".repeat(19)}"`;
  expect(errorsOf(many(12, condition))).toEqual([tooLargeTogether, tooLargeTogether]);
  expect(rulesOf(many(10, condition))).toHaveLength(10);
});
