import { array, assert, constantFrom, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { loadRules } from "./compile/load-rules.ts";
import type { Expression } from "./condition/expression.ts";
import { parseCondition } from "./condition/testdata/parse-condition.ts";
import { printCondition } from "./condition/testdata/print-condition.ts";
import { compileRules } from "./engine/compile-rules.ts";
import { RulesError } from "./errors.ts";
import { compileGlob } from "./match/glob.ts";
import { parseOutput } from "./output/parse-output.ts";
import {
  anyExpression,
  anyFile,
  anyText,
  fittingCondition,
  fittingEvent,
} from "./testdata/arbitrary-condition.ts";
import { TestCatalog, typeOf } from "./testdata/event.ts";
import { interpret } from "./testdata/interpret.ts";

const pieces = [
  "and ",
  "or ",
  "not ",
  "(",
  ")",
  "[",
  "]",
  ",",
  "=",
  "<",
  "in ",
  "proc.name ",
  "m ",
  '"',
  "'",
  "\\",
  " ",
  "tolower(",
  "val(",
  "a",
  "exists ",
  "anyof ",
];

/** Rules that are loaded, for conditions whose types are known to fit. */
function ruleSetOf(conditions: readonly string[]) {
  const items = conditions.map((condition, at) => ({
    rule: `r${at}`,
    desc: "d",
    output: "%proc.name",
    priority: "info",
    condition,
  }));
  const loaded = loadRules([{ name: "f", text: JSON.stringify(items) }]);
  if (loaded.kind === "invalid") throw new Error(loaded.issues[0]?.message);
  return loaded.ruleSet;
}

describe("conditions", () => {
  it("are what was printed of them", () => {
    assert(
      property(anyExpression, (expression) => {
        const printed = printCondition(expression);
        expect(withoutTexts(parseCondition(printed))).toEqual(withoutTexts(expression));
        expect(printCondition(parseCondition(printed))).toBe(printed);
      }),
      { numRuns: 500 },
    );
  });

  it("are parsed or refused with our error", () => {
    assert(
      property(array(constantFrom(...pieces), { maxLength: 30 }), (parts) => {
        throwsOnlyOurs(() => parseCondition(parts.join("")));
      }),
      { numRuns: 2000 },
    );
    assert(property(string(), (text) => throwsOnlyOurs(() => parseCondition(text))));
  });
});

describe("the engine", () => {
  it("answers as a plain interpreter does, for all rules together and for each alone", () => {
    assert(
      property(
        array(fittingCondition, { minLength: 1, maxLength: 6 }),
        array(fittingEvent, { minLength: 1, maxLength: 8 }),
        (conditions, events) => {
          const ruleSet = ruleSetOf(conditions);
          const catalog = new TestCatalog();
          const all = compileRules(ruleSet, catalog, { typeOf, matching: "all" });
          const first = compileRules(ruleSet, catalog, { typeOf, matching: "first" });
          for (const event of events) {
            const expected = ruleSet.rules
              .filter(({ condition }) => interpret(condition, event))
              .map(({ name }) => name);
            expect(all.match(event).map(({ rule }) => rule.name)).toEqual(expected);
            expect(first.match(event).map(({ rule }) => rule.name)).toEqual(expected.slice(0, 1));
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  it("explains what holds with parts that are there", () => {
    assert(
      property(fittingCondition, fittingEvent, (condition, event) => {
        const engine = compileRules(ruleSetOf([condition]), new TestCatalog(), { typeOf });
        for (const match of engine.match(event)) {
          expect(match.output()).toContain("container_id=");
          for (const { text } of match.parts())
            expect(condition.replace(/\s+/gu, " ")).toContain(text.replace(/^not /u, ""));
        }
      }),
    );
  });

  it("needs the types of events that it matches, and those of the host where they are the host's", () => {
    assert(
      property(fittingCondition, fittingEvent, (condition, event) => {
        const engine = compileRules(ruleSetOf([condition]), new TestCatalog(), { typeOf });
        const onHost = { ...event, fields: { ...event.fields, "container.id": "host" } };
        const { eventTypes, hostEventTypes } = engine.needs;
        expect(engine.match(onHost).length === 0 || hostEventTypes.includes(event.type)).toBe(true);
        expect(engine.match(event).length === 0 || eventTypes.includes(event.type)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe("hostile input", () => {
  it("is told as issues, and nothing is thrown", () => {
    assert(
      property(anyFile, (text) => {
        expect(["rules", "invalid"]).toContain(loadRules([{ name: "f", text }]).kind);
      }),
      { numRuns: 500 },
    );
  });

  it("makes outputs that are read or refused with our error", () => {
    assert(
      property(
        array(constantFrom("%", "proc.name", "[", "]", "(", "tolower(", " ", "*", "evt.arg"), {
          maxLength: 12,
        }),
        (parts) => throwsOnlyOurs(() => parseOutput(parts.join(""))),
      ),
    );
  });

  it("makes patterns that are answered", () => {
    assert(property(anyText, anyText, (pattern, text) => typeof compileGlob(pattern)(text) === "boolean"));
    assert(
      property(
        string({ unit: constantFrom("a", "*", "?", "[", "]", "!", "-", "\\") }),
        (pattern) => typeof compileGlob(pattern)("aaa") === "boolean",
      ),
    );
  });
});

function throwsOnlyOurs(act: () => unknown): void {
  expect(isFineOrOurs(act)).toBe(true);
}

function isFineOrOurs(act: () => unknown): boolean {
  try {
    act();
    return true;
  } catch (thrown) {
    return thrown instanceof RulesError;
  }
}

/** What a check was written as is not part of what it means. */
function withoutTexts(expression: Expression): unknown {
  switch (expression.kind) {
    case "check":
      return { ...expression, text: "", at: 0 };
    case "macro":
      return { ...expression, at: 0 };
    case "not":
      return { kind: "not", part: withoutTexts(expression.part) };
    case "and":
    case "or":
      return { kind: expression.kind, parts: expression.parts.map(withoutTexts) };
  }
}
