import { array, assert, constantFrom, property } from "fast-check";
import { expect, it } from "vitest";
import { KeywordFinder } from "./keyword-finder.ts";

const keywords = [
  { text: "ab", ignoreCase: false },
  { text: "aba", ignoreCase: false },
  { text: "abab", ignoreCase: false },
  { text: "bbaab", ignoreCase: false },
  { text: "Aab", ignoreCase: true },
  { text: "babba", ignoreCase: true },
].filter(({ text }) => text.length >= 3);
const finder = new KeywordFinder(keywords);

function findAll(text: string, start = 0): readonly (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  finder.find(Buffer.from(text), start, (keyword, at) => {
    found.push([at, keyword]);
    return true;
  });
  return found;
}

/** As the words say it: each keyword, at each place. One of three bytes needs a visible character behind it. */
function expected(text: string): readonly (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  for (let at = 0; at + 4 <= text.length; at += 1) {
    keywords.forEach(({ text: keyword, ignoreCase }, index) => {
      const here = text.slice(at, at + keyword.length);
      if (ignoreCase ? here.toLowerCase() === keyword.toLowerCase() : here === keyword)
        found.push([at, index]);
    });
  }
  return found;
}

it("finds every keyword at every place, in order", () => {
  assert(
    property(array(constantFrom("a", "b", "A", "B", "c"), { maxLength: 60 }), (letters) => {
      const text = letters.join("");
      expect([...findAll(text)].sort()).toEqual([...expected(text)].sort());
      const places = findAll(text).map(([at]) => at);
      expect(places).toEqual(places.toSorted((left, right) => left - right));
    }),
  );
});

it("begins where it is told to, and ends when it is told to", () => {
  expect(findAll("abab abab", 1).map(([at]) => at)).toContain(5);
  expect(findAll("abab abab", 1).map(([at]) => at)).not.toContain(0);
  let count = 0;
  finder.find(Buffer.from("abab".repeat(10)), 0, () => {
    count += 1;
    return false;
  });
  expect(count).toBe(1);
});
