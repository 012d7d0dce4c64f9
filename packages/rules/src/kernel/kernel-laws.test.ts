import {
  type Arbitrary,
  array,
  assert,
  boolean,
  constant,
  constantFrom,
  letrec,
  oneof,
  option,
  property,
  record,
  tuple,
} from "fast-check";
import { expect, it } from "vitest";
import { compileRules } from "../engine/compile-rules.ts";
import { TestCatalog, type TestEvent, typeOf } from "../testdata/event.ts";
import { fileOf, rulesOf } from "../testdata/rule-text.ts";
import { analyseForKernel } from "./analyse-for-kernel.ts";
import type { KernelForm, KernelTest } from "./kernel-form.ts";

const paths = ["/bin/sh", "/tmp/x", "/tmp", "/tmpx", "/usr/bin/sh"] as const;
const names = ["sh", "x", "nc"] as const;

/** Conditions about programs, of what the kernel knows; some of what it does not. */
function conditions(unknown: readonly string[]): Arbitrary<string> {
  const list = (values: readonly string[]) =>
    array(constantFrom(...values), { maxLength: 3 }).map((texts) => `(${texts.join(", ")})`);
  const check = oneof(
    tuple(constant("proc.name"), constantFrom("=", "!=", "startswith"), constantFrom(...names)).map((parts) =>
      parts.join(" "),
    ),
    tuple(constant("proc.name in"), list(names)).map((parts) => parts.join(" ")),
    tuple(
      constant("proc.exepath"),
      constantFrom("=", "!=", "startswith", "endswith"),
      constantFrom(...paths, "/sh", "x"),
    ).map((parts) => parts.join(" ")),
    tuple(constant("proc.exepath"), constantFrom("in", "pmatch", "startswith anyof"), list(paths)).map(
      (parts) => parts.join(" "),
    ),
    tuple(
      constantFrom("proc.is_exe_upper_layer", "proc.is_exe_from_memfd", "pratique.exe.mounted"),
      constantFrom("=", "!="),
      constantFrom("true", "false"),
    ).map((parts) => parts.join(" ")),
    constantFrom(
      "container.image.repository = a",
      "container.image.repository != a",
      "evt.rawres >= 0",
      "evt.res = SUCCESS",
      "evt.num = 0",
      ...unknown,
    ),
  );
  return letrec<{ condition: string }>((tie) => ({
    condition: oneof(
      { depthSize: "small", withCrossShrink: true },
      check,
      tie("condition").map((part) => `not (${part})`),
      tuple(constantFrom(" and ", " or "), array(tie("condition"), { minLength: 2, maxLength: 3 })).map(
        ([word, parts]) => parts.map((part) => `(${part})`).join(word),
      ),
    ),
  })).condition;
}

const events: Arbitrary<TestEvent> = record({
  type: constant("execve" as const),
  fields: record({
    "container.id": constant("3ad7b26ded6d"),
    "container.image.repository": option(constantFrom("a", "b"), { nil: undefined }),
    "proc.name": constantFrom(...names),
    "proc.exepath": constantFrom(...paths),
    "proc.is_exe_upper_layer": boolean(),
    "proc.is_exe_from_memfd": boolean(),
    "pratique.exe.mounted": boolean(),
    "proc.pname": constantFrom(...names),
    "evt.rawres": constant(0),
    "evt.res": constant("SUCCESS"),
    "evt.num": constant(7),
  }).map(withValues),
});

/** A field without a value is none at all. */
function withValues<Value>(
  fields: Readonly<Record<string, Value | undefined>>,
): Readonly<Record<string, Value>> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  );
}

function ask(condition: string, event: TestEvent) {
  const rules = rulesOf(fileOf(`evt.type = execve and container.id != host and (${condition})`));
  const engine = compileRules({ rules, skipped: [] }, new TestCatalog(), { typeOf });
  const [rule] = rules;
  if (rule === undefined) throw new Error("expected a rule");
  return { matches: engine.match(event).length > 0, analysis: analyseForKernel(rule) };
}

it("has the kernel decide what it can as the engine does", () => {
  assert(
    property(conditions([]), events, (condition, event) => {
      const { matches, analysis } = ask(condition, event);
      const decided = analysis.decidable ? decides(analysis.forms, event) : false;
      expect(decided).toBe(matches);
      expect(analysis.decidable || analysis.reasons.includes("no event can match")).toBe(true);
    }),
    { numRuns: 1500 },
  );
});

it("has the kernel hold whatever the engine may match", () => {
  assert(
    property(
      conditions(["proc.pname = sh", "proc.exepath contains mp", "proc.pname exists"]),
      events,
      (condition, event) => {
        const { matches, analysis } = ask(condition, event);
        const held = decides(analysis.decidable ? analysis.forms : analysis.candidates, event);
        expect(!matches || held).toBe(true);
      },
    ),
    { numRuns: 1500 },
  );
});

function decides(forms: readonly KernelForm[], { fields }: TestEvent): boolean {
  const alternatives = forms.flatMap((form) => form.alternatives);
  return alternatives.some(
    ({ tests, container }) =>
      tests.every((test) => fits(test, fields)) &&
      container.every((test) =>
        test.holds(fields[test.field] === undefined ? undefined : String(fields[test.field])),
      ),
  );
}

function fits(test: KernelTest, fields: TestEvent["fields"]): boolean {
  const value = String(
    {
      "upper-layer": fields["proc.is_exe_upper_layer"],
      memfd: fields["proc.is_exe_from_memfd"],
      mounted: fields["pratique.exe.mounted"],
      name: fields["proc.name"],
      "exe-path": fields["proc.exepath"],
    }[String(test.subject)],
  );
  return test.values.some((wanted) => compare(test.comparison, value, wanted)) !== test.negated;
}

function compare(comparison: KernelTest["comparison"], value: string, wanted: string): boolean {
  switch (comparison) {
    case "is":
    case "network":
      return value === wanted;
    case "prefix":
      return value.startsWith(wanted);
    case "suffix":
      return value.endsWith(wanted);
    case "below":
      return value === wanted || value.startsWith(`${wanted}/`);
    case "basename":
      return value.slice(value.lastIndexOf("/") + 1) === wanted;
  }
}
