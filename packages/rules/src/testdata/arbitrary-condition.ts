import {
  array,
  type Arbitrary,
  boolean,
  constant,
  constantFrom,
  dictionary,
  integer,
  letrec,
  nat,
  oneof,
  option,
  record,
  string,
  tuple,
} from "fast-check";
import { eventTypes } from "@pratique/core";
import type { Check, Expression, Operand, Term, TransformerInput } from "../condition/expression.ts";
import type { TestEvent } from "./event.ts";

/** Texts of all sorts, those that need quotes among them. */
export const anyText = oneof(
  string({ maxLength: 6 }),
  string({ unit: constantFrom('"', "'", "\\", " ", "\n", "\t", "(", ")", ",", "=", "[", "]", "a", "\u{1f600}"), maxLength: 6 }),
  constantFrom("anyof", "oneof", "and", "or", "not", "val(", "0", "-1", "/etc", "tolower("),
);

const fieldTerm = record({
  kind: constant("field" as const),
  name: constantFrom("proc.name", "fd.name", "evt.arg.flags", "container.image.repository", "a1.b_2"),
  argument: option(anyText.filter((text) => text !== ""), { nil: undefined }),
});

const { term } = letrec<{ term: Term; input: TransformerInput }>((tie) => ({
  term: oneof(
    { depthSize: "small", withCrossShrink: true },
    fieldTerm,
    record({
      kind: constant("transformer" as const),
      name: constantFrom("tolower", "len", "join", "getopt"),
      inputs: array(tie("input"), { maxLength: 3 }),
      argument: option(constant("x"), { nil: undefined }),
    }),
  ),
  input: oneof(
    { depthSize: "small" },
    record({ kind: constant("text" as const), text: anyText }),
    record({ kind: constant("number" as const), text: constantFrom("0", "-1", "0x1F", "1.5e+3") }),
    record({ kind: constant("list" as const), items: array(tie("input"), { maxLength: 2 }) }),
    tie("term"),
  ),
}));

const literal: Arbitrary<Operand> = record({ kind: constant("literal" as const), text: anyText });
const literals: Arbitrary<Operand> = record({ kind: constant("literals" as const), texts: array(anyText, { maxLength: 4 }) });
const value: Arbitrary<Operand> = record({ kind: constant("value" as const), term });
const number: Arbitrary<Operand> = record({
  kind: constant("literal" as const),
  text: constantFrom("0", "-1", "0x1F", "+7", "1.5", "5e+9"),
});

/** Conditions in every form that the grammar has, whether their types fit or not. */
export const anyExpression: Arbitrary<Expression> = letrec<{ expression: Expression }>((tie) => ({
  expression: oneof(
    { depthSize: "small", withCrossShrink: true },
    record({ kind: constant("macro" as const), name: constantFrom("m", "shell_procs", "a1", "android", "nothing"), at: constant(0) }),
    anyCheck(),
    record({ kind: constant("not" as const), part: tie("expression").filter(({ kind }) => kind !== "not") }),
    record({
      kind: constantFrom("and" as const, "or" as const),
      parts: array(tie("expression"), { minLength: 2, maxLength: 3 }),
    }),
  ),
})).expression;

function anyCheck(): Arbitrary<Check> {
  const base = { kind: constant("check" as const), left: term, text: constant(""), at: constant(0) };
  const none = constant(undefined);
  return oneof(
    record({ ...base, operator: constant("exists" as const), quantifier: none, right: none }),
    record({ ...base, operator: constantFrom("<", "<=", ">", ">="), quantifier: none, right: oneof(number, value) }),
    record({ ...base, operator: constantFrom("=", "!=", "contains", "regex", "iglob"), quantifier: none, right: oneof(literal, value) }),
    record({ ...base, operator: constantFrom("=", "startswith", "glob"), quantifier: constantFrom("oneof", "anyof", "allof"), right: literals }),
    record({ ...base, operator: constantFrom("in", "intersects", "pmatch"), quantifier: none, right: oneof(literals, value) }),
  );
}

const words = ["sh", "bash", "/etc/shadow", "/etc", "nginx", "host", ""] as const;

/** Conditions over few fields and values, so that many of them hold for some events. */
export const fittingCondition: Arbitrary<string> = letrec<{ condition: string }>((tie) => ({
  condition: oneof(
    { depthSize: "medium", withCrossShrink: true },
    fittingCheck(),
    tie("condition").map((part) => `not (${part})`),
    tuple(constantFrom(" and ", " or "), array(tie("condition"), { minLength: 2, maxLength: 4 })).map(([word, parts]) =>
      parts.map((part) => `(${part})`).join(word),
    ),
  ),
})).condition;

function fittingCheck(): Arbitrary<string> {
  const word = constantFrom(...words).map((text) => `"${text}"`);
  const list = array(word, { maxLength: 3 }).map((texts) => `(${texts.join(", ")})`);
  const text = constantFrom("proc.name", "proc.pname", "fd.name", "container.id", "evt.arg.flags");
  const several = constantFrom("proc.aname", "proc.aexe");
  return oneof(
    tuple(text, constantFrom("=", "!=", "contains", "startswith", "endswith", "glob"), word).map((parts) => parts.join(" ")),
    tuple(oneof(text, several), constantFrom("in", "intersects", "pmatch"), list).map((parts) => parts.join(" ")),
    tuple(several, constantFrom("=", "!=", "startswith"), word).map((parts) => parts.join(" ")),
    tuple(text, constantFrom("startswith oneof", "= anyof", "!= allof"), list).map((parts) => parts.join(" ")),
    tuple(oneof(text, several), constant("exists")).map((parts) => parts.join(" ")),
    tuple(constantFrom("proc.tty", "evt.rawres"), constantFrom("=", "!=", "<", ">="), integer({ min: -2, max: 2 })).map((parts) => parts.join(" ")),
    tuple(constant("evt.type"), constantFrom("=", "!="), constantFrom("openat", "execve", "write")).map((parts) => parts.join(" ")),
    tuple(constantFrom("fd.ip", "fd.net"), constantFrom("=", "!="), constantFrom("10.0.0.1", "::1", "10.0.0.2")).map((parts) => parts.join(" ")),
    tuple(constant("fd.types"), constantFrom("in", "intersects"), list).map((parts) => parts.join(" ")),
    tuple(text, constantFrom("= val(proc.name)", "contains val(proc.pname)", "= tolower(proc.pname)")).map((parts) => parts.join(" ")),
    constant("evt.is_open_write = true"),
    constantFrom("evt.dir = <", "evt.dir = >", "evt.num = 0"),
  );
}

const wordOf = constantFrom(...words);
const address = constantFrom("10.0.0.1", "10.0.0.2", "::1");

/** Events that those conditions are about. */
export const fittingEvent: Arbitrary<TestEvent> = record({
  type: oneof(constantFrom("openat" as const, "execve" as const), constantFrom(...eventTypes)),
  fields: record(
    {
      "proc.name": wordOf,
      "proc.pname": wordOf,
      "fd.name": wordOf,
      "container.id": wordOf,
      "evt.arg.flags": wordOf,
      "proc.aname": array(wordOf, { maxLength: 3 }),
      "proc.aexe": array(wordOf, { maxLength: 3 }),
      "fd.types": array(wordOf, { maxLength: 3 }),
      "fd.ip": tuple(address, address),
      "fd.net": tuple(address, address),
      "proc.tty": integer({ min: -2, max: 2 }),
      "evt.rawres": integer({ min: -2, max: 2 }),
      "evt.is_open_write": boolean(),
      "evt.num": nat().map((number) => number + 1),
    },
    { requiredKeys: [] },
  ).map((fields) => Object.fromEntries(Object.entries(fields).filter(([, one]) => one !== undefined))),
});

/** Files of rules that are nearly right, or not at all. */
export const anyFile: Arbitrary<string> = oneof(
  string({ maxLength: 200 }),
  array(
    dictionary(
      constantFrom("rule", "macro", "list", "condition", "items", "output", "desc", "priority", "append", "override", "exceptions", "tags", "enabled"),
      oneof(anyText, array(anyText, { maxLength: 3 }), dictionary(anyText, anyText, { maxKeys: 2 })),
      { maxKeys: 6 },
    ),
    { maxLength: 4 },
  ).map((items) => JSON.stringify(items)),
);
