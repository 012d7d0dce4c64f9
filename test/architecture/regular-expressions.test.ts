import { globSync, readFileSync } from "node:fs";
import process from "node:process";
import { expect, it } from "vitest";
import { PUMPED_CHARS, pumped } from "./pumped.ts";

/** An expression as the formatter leaves it: with the flag `u` or `v`, on one line. */
const LITERAL =
  /(?<![\w)\]/*<])\/(?![/*])(?<body>(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+)\/(?<flags>[dgimsy]*[uv][dgimsy]*)(?![\w/])/gu;
/**
 * In milliseconds of this thread's own time, whatever else runs: a linear match takes less than one, or some tens where it tries
 * sixty lengths of something at each place, and a quadratic one half a second.
 */
const SLOW_MS = 150;
/** Each tells what would take hours at the next: exponential, cubic, quadratic. */
const LENGTHS = [25, 1024, PUMPED_CHARS];

interface Literal {
  readonly at: string;
  readonly expression: RegExp;
}

/** The page of the console reads what its own user types, and what the server has checked. */
const files = globSync("{packages,apps/{agent,auditor,cli,server}}/**/src/**/*.ts").filter(
  (file) => !/\.test\.ts$|\/testdata\/|\/node_modules\//u.test(file),
);

const literals = files.flatMap((file) => literalsIn(file, readFileSync(file, "utf8")));

it("finds the regular expressions", () => {
  expect(literals.length).toBeGreaterThan(1000);
});

it("takes linear time for each, whatever it is given", { timeout: 120_000 }, () => {
  expect(literals.filter(isSlow).map(({ at, expression }) => `${at} ${expression}`)).toEqual([]);
});

it.each([
  ["two that take the same", /^\s*\s*x/u],
  ["one that may begin anywhere", / +$/u],
  ["one within another", /^(?:a+)+$/u],
  ["a group that may begin anywhere", /(?:ab)+$/u],
  ["a way there that is no repetition", /^key[ab]{2}\d\s*=\s*(?<value>.*?)\s*$/u],
])("tells %s", (_, expression) => {
  expect(isSlow({ at: "", expression })).toBe(true);
});

function literalsIn(file: string, text: string): readonly Literal[] {
  return text.split("\n").flatMap((line, index) => {
    if (/^\s*(?:\/\/|\/\*|\*)/u.test(line)) return [];
    return [...line.matchAll(LITERAL)].flatMap(({ groups }) => {
      const expression = expressionOf(groups?.body ?? "", groups?.flags ?? "");
      return expression === undefined ? [] : [{ at: `${file}:${index + 1}`, expression }];
    });
  });
}

function expressionOf(body: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(body, flags);
  } catch {
    // Two divisions, or a path in a text.
    return undefined;
  }
}

function isSlow({ expression }: Literal): boolean {
  return LENGTHS.some((chars) => {
    for (const text of pumped(expression, chars)) if (tookMs(expression, text) > SLOW_MS) return true;
    return false;
  });
}

function tookMs(expression: RegExp, text: string): number {
  expression.lastIndex = 0;
  const before = process.threadCpuUsage().user;
  expression.exec(text);
  return (process.threadCpuUsage().user - before) / 1000;
}
