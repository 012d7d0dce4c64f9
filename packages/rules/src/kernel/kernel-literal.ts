import type { FieldType, FieldValue } from "@pratique/core";
import { answerForAtLeast, literalTest } from "../compile/event-answers.ts";
import type { Check } from "../condition/expression.ts";
import { isResolvedField, type ResolvedField, resolveField } from "../fields/resolve-field.ts";
import { isGlob } from "../match/glob.ts";
import type {
  ContainerTest,
  KernelComparison,
  KernelHook,
  KernelSubject,
  KernelTest,
} from "./kernel-form.ts";

/** A check as the kernel, or whoever knows the container, can answer it. */
export type KernelLiteral =
  | { readonly kind: "kernel"; readonly test: KernelTest }
  | { readonly kind: "container"; readonly test: ContainerTest }
  | { readonly kind: "in-container"; readonly negated: boolean }
  | { readonly kind: "undecidable"; readonly reason: string };

/** Puts a check into a form for one hook. */
export function kernelLiteral(hook: KernelHook, check: Check, negated: boolean): KernelLiteral {
  const field = check.left.kind === "field" ? resolveField(check.left) : undefined;
  if (field === undefined || !isResolvedField(field) || check.right?.kind === "value")
    return undecidable(check);
  if (field.name === "container.id" && isHostOnly(check)) {
    return { kind: "in-container", negated: (check.operator === "!=") === negated };
  }
  if (field.name.startsWith("container.")) return containerLiteral(check, field, negated);
  const subject = subjectOf(hook, field.name);
  const compared = subject && comparisonOf(subject, field, check);
  if (subject === undefined || compared === undefined) return undecidable(check);
  return {
    kind: "kernel",
    test: {
      subject,
      comparison: compared.comparison,
      values: compared.values,
      negated: compared.negated !== negated,
    },
  };
}

/**
 * Answers the checks that are settled where the kernel is asked: it is asked before the call, and what it refuses
 * would have succeeded.
 */
export function settledAnswer(hook: KernelHook, check: Check): boolean | undefined {
  if (check.left.kind !== "field") return undefined;
  // Nothing is in a list that is empty.
  if (check.operator === "in" && textsOf(check)?.length === 0) return false;
  const { name } = check.left;
  if (name === "fd.num" || (name === "evt.rawres" && hook !== "exec")) return answerForAtLeast(check, 0);
  const values = settledValues(hook, name);
  const test = values && literalTest(check, typeOfValues(values));
  if (values === undefined || test === undefined) return undefined;
  const answers = new Set(values.map((value) => test(value)));
  return answers.size === 1 ? answers.has(true) : undefined;
}

function typeOfValues([first]: readonly FieldValue[]): FieldType {
  if (typeof first === "boolean") return "boolean";
  return typeof first === "number" ? "number" : "string";
}

/** All values that a field can have where the kernel is asked. */
function settledValues(hook: KernelHook, name: string): readonly FieldValue[] | undefined {
  switch (name) {
    case "evt.rawres":
      return [0];
    case "evt.res":
      return ["SUCCESS"];
    case "evt.failed":
      return [false];
    case "fd.typechar":
      return settledTypes[hook].map(({ char }) => char);
    case "fd.type":
      return settledTypes[hook].map(({ type }) => type);
    case "fd.sockfamily":
      return hook === "connect" ? ["ip"] : hook === "connect-unix" ? ["unix"] : undefined;
    default:
      return undefined;
  }
}

function subjectOf(hook: KernelHook, name: string): KernelSubject | undefined {
  return subjects[hook].get(name);
}

/** Of sockets a call can be asked for either family. */
const settledTypes: Readonly<
  Record<KernelHook, readonly { readonly char: string; readonly type: string }[]>
> = {
  exec: [],
  open: [{ char: "f", type: "file" }],
  connect: [
    { char: "4", type: "ipv4" },
    { char: "6", type: "ipv6" },
  ],
  "connect-unix": [{ char: "u", type: "unix" }],
};

const subjects: Readonly<Record<KernelHook, ReadonlyMap<string, KernelSubject>>> = {
  exec: new Map([
    ["proc.is_exe_upper_layer", "upper-layer"],
    ["proc.is_exe_from_memfd", "memfd"],
    ["pratique.exe.mounted", "mounted"],
    ["proc.name", "name"],
    ["proc.exepath", "exe-path"],
  ]),
  open: new Map([
    ["fd.name", "path"],
    ["fd.filename", "path"],
    ["evt.is_open_read", "access"],
    ["evt.is_open_write", "access"],
  ]),
  connect: new Map([
    ["fd.sip", "address"],
    ["fd.rip", "address"],
    ["fd.snet", "address"],
    ["fd.rnet", "address"],
    ["fd.sport", "port"],
    ["fd.rport", "port"],
    ["fd.typechar", "family"],
    ["fd.type", "family"],
    ["fd.l4proto", "protocol"],
  ]),
  "connect-unix": new Map([["fd.name", "path"]]),
};

interface Compared {
  readonly comparison: KernelComparison;
  readonly values: readonly string[];
  readonly negated: boolean;
}

function comparisonOf(subject: KernelSubject, field: ResolvedField, check: Check): Compared | undefined {
  const texts = check.right === undefined || check.right.kind === "value" ? undefined : textsOf(check);
  // Over several values `anyof` is what one test with several values says; the other quantifiers are not.
  if (texts === undefined || (check.quantifier !== undefined && check.quantifier !== "anyof"))
    return undefined;
  if (field.type === "boolean") return flagComparison(subject, field, check, texts);
  if (check.quantifier !== undefined && check.operator === "!=") return undefined;
  const comparison = comparisons.get(check.operator);
  if (comparison === undefined) return undefined;
  const compared = { comparison, values: texts, negated: check.operator === "!=" };
  if (subject === "address") return comparison === "is" ? { ...compared, comparison: "network" } : undefined;
  if (subject === "family")
    return comparison === "is" ? { ...compared, values: texts.map(familyOf) } : undefined;
  if (field.name === "fd.filename")
    return comparison === "is" ? { ...compared, comparison: "basename" } : undefined;
  return textComparison(subject, compared);
}

function textComparison(subject: KernelSubject, compared: Compared): Compared | undefined {
  if (subject === "port" || subject === "protocol")
    return compared.comparison === "is" ? compared : undefined;
  // Paths with patterns in them are not for the kernel.
  if (compared.comparison === "below") {
    return compared.values.some(isGlob)
      ? undefined
      : { ...compared, values: compared.values.map(directoryOf) };
  }
  const isBasename =
    compared.comparison === "suffix" && compared.values.every((text) => /^\/[^/]+$/u.test(text));
  if (!isBasename || subject === "name") return compared;
  return { ...compared, comparison: "basename", values: compared.values.map((text) => text.slice(1)) };
}

/** A prefix of paths as the language takes it: absolute, with single slashes and none at its end but for the root. */
function directoryOf(text: string): string {
  const components = text.split("/").filter((component) => component !== "");
  return `/${components.join("/")}`;
}

function flagComparison(
  subject: KernelSubject,
  field: ResolvedField,
  check: Check,
  texts: readonly string[],
): Compared | undefined {
  const [text] = texts;
  if (texts.length !== 1 || (check.operator !== "=" && check.operator !== "!=")) return undefined;
  const value = subject === "access" ? (field.name === "evt.is_open_write" ? "write" : "read") : "true";
  return { comparison: "is", values: [value], negated: (text === "true") === (check.operator === "!=") };
}

const comparisons: ReadonlyMap<string, KernelComparison> = new Map([
  ["=", "is"],
  ["!=", "is"],
  ["in", "is"],
  ["intersects", "is"],
  ["startswith", "prefix"],
  ["endswith", "suffix"],
  ["pmatch", "below"],
]);

function familyOf(text: string): string {
  return text === "4" ? "ipv4" : text === "6" ? "ipv6" : text;
}

function containerLiteral(check: Check, field: ResolvedField, negated: boolean): KernelLiteral {
  const test = field.type === "any" ? undefined : literalTest(check, field.type);
  if (test === undefined && check.operator !== "exists") return undecidable(check);
  const held = (value: FieldValue | undefined): boolean => value !== undefined && (test?.(value) ?? true);
  return {
    kind: "container",
    test: {
      field: field.name,
      argument: field.argument,
      text: negated ? `not ${check.text}` : check.text,
      holds: (value) => held(value) !== negated,
    },
  };
}

function isHostOnly(check: Check): boolean {
  const texts = textsOf(check);
  return (
    (check.operator === "=" || check.operator === "!=" || check.operator === "in") &&
    texts?.length === 1 &&
    texts[0] === "host"
  );
}

function textsOf({ right }: Check): readonly string[] | undefined {
  if (right === undefined || right.kind === "value") return undefined;
  return right.kind === "literal" ? [right.text] : right.texts;
}

function undecidable(check: Check): KernelLiteral {
  return { kind: "undecidable", reason: check.text.replace(/\s+/gu, " ").trim() };
}
