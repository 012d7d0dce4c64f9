import { array, assert, constantFrom, property, string } from "fast-check";
import { expect, it } from "vitest";
import { TokenSearch } from "./token-search.ts";

function found(tokens: readonly string[], text: string, from = 0, until = text.length): string[] {
  const places: string[] = [];
  const search = new TokenSearch(tokens.map((token) => Buffer.from(token)));
  search.search(Buffer.from(text), { from, until }, (token, at) => places.push(`${token}@${at}`));
  return places.sort();
}

it("finds every token that a search for each of them finds", () => {
  const unit = constantFrom("a", "b", "\0");
  const token = string({ unit, minLength: 2, maxLength: 6 });
  assert(
    property(
      array(token, { minLength: 1, maxLength: 6 }),
      string({ unit, maxLength: 60 }),
      (tokens, text) => {
        const expected: string[] = [];
        tokens.forEach((one, number) => {
          for (let at = text.indexOf(one); at >= 0; at = text.indexOf(one, at + 1))
            expected.push(`${number}@${at}`);
        });
        expect(found(tokens, text)).toEqual(expected.sort());
      },
    ),
  );
});

it("gives them in the order in which they stand", () => {
  const places: number[] = [];
  const bytes = Buffer.from("abcd".repeat(100));
  new TokenSearch([Buffer.from("cda"), Buffer.from("abcd")]).search(bytes, { from: 0, until: 400 }, (_, at) =>
    places.push(at),
  );
  expect(places).toHaveLength(199);
  expect(places).toEqual([...places].sort((left, right) => left - right));
});

it("gives what begins in the range and ends in the bytes", () => {
  expect(found(["abcd"], "abcdabcdabcdabc", 1, 8)).toEqual(["0@4"]);
  expect(found(["abcd"], "abcdabcdabcdabc", 5, 15)).toEqual(["0@8"]);
});

it("refuses tokens that are too short", () => {
  expect(() => new TokenSearch([Buffer.from("a")])).toThrow("expected tokens of 2 bytes");
});
