import { expect, it } from "vitest";
import { errorsOf, eventWith, holds } from "../testdata/rule-text.ts";

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
