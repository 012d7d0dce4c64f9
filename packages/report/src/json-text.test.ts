import { assert, jsonValue, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { inTurn, jsonText, membersInTurn } from "./json-text.ts";

function textOf(value: object): string {
  return [...jsonText(value)].join("");
}

describe("jsonText", () => {
  it("writes what JSON.stringify writes, whatever is made in turn", () => {
    assert(
      property(jsonValue({ maxDepth: 3 }), jsonValue({ maxDepth: 3 }), (first, second) => {
        const plain = { a: [first, second], b: { x: first, y: { z: second } }, c: [], d: {} };
        const inTurns = {
          a: inTurn([first, second]),
          b: { x: first, y: membersInTurn([["z", second]]) },
          c: inTurn([]),
          d: membersInTurn([]),
        };
        expect(JSON.parse(textOf(inTurns))).toEqual(JSON.parse(JSON.stringify(plain)));
        expect(textOf(inTurns)).toBe(textOf(plain));
      }),
      { numRuns: 50 },
    );
  });

  it("indents as JSON.stringify does", () => {
    const plain = { a: [{ b: [1, { c: "x" }] }, []], d: { e: null } };
    const text = textOf({ a: inTurn(plain.a), d: membersInTurn([["e", null]]) });
    expect(text).toBe(`${JSON.stringify(plain, undefined, 2)}\n`);
  });

  it("leaves out what is undefined", () => {
    expect(JSON.parse(textOf({ a: undefined, b: inTurn([{ c: undefined }]) }))).toEqual({ b: [{}] });
  });

  it("gives terminals nothing to obey, and readers the same text", () => {
    const evil = "\u001b[2J \u009b2J \u202e \u200b \u{e0041} \ud800";
    const text = textOf({ [evil]: inTurn([evil]) });
    expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    expect(JSON.parse(text)).toEqual({ [evil]: [evil] });
  });

  it("gives each item a piece of its own", () => {
    let made = 0;
    const items = (function* () {
      for (; made < 1000; made += 1) yield { made };
    })();
    const pieces = jsonText({ items: inTurn(items) });
    for (let piece = 0; piece < 10; piece += 1) pieces.next();
    expect(made).toBeLessThan(10);
  });
});
