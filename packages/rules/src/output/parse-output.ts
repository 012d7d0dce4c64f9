import { typeOfTerm } from "../compile/check-types.ts";
import type { Term } from "../condition/expression.ts";
import type { PlacedFault } from "../condition/parse-condition.ts";
import { parseTermPrefix } from "../condition/parse-condition.ts";
import { printTerm } from "../condition/print-check.ts";
import { ConditionFault } from "../condition/scanner.ts";

/** A part of an output: text as it is, or a field to be filled in. */
export type OutputPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "term"; readonly term: Term; readonly name: string };

/** What a rule says, and each field that it cannot say. */
export interface ReadOutput {
  readonly parts: readonly OutputPart[];
  readonly faults: readonly PlacedFault[];
}

const MAX_OUTPUT_LENGTH = 65_536;
const MAX_FAULTS = 100;
/** Falco had it for what the container was; other fields say so now. */
const EMPTY_FIELD = "container.info";

/** Reads what a rule says when it matches: `%field`, `%field[argument]`, `%tolower(field)`. */
export function parseOutput(text: string): ReadOutput {
  if (text.length > MAX_OUTPUT_LENGTH) {
    const message = `output is longer than ${MAX_OUTPUT_LENGTH} characters`;
    return { parts: [], faults: [{ message, at: undefined }] };
  }
  // A star in front asked for the output even where fields are missing, which is always given.
  const star = text.startsWith("*") ? 1 : 0;
  const whole = text.slice(star);
  const parts: OutputPart[] = [];
  const faults: PlacedFault[] = [];
  let [plain, at] = ["", 0];
  while (at < whole.length) {
    const found = whole.charAt(at) === "%" ? termAt(whole.slice(at + 1)) : undefined;
    if (found !== undefined && "fault" in found) {
      if (faults.length < MAX_FAULTS) faults.push({ message: `output: ${found.fault}`, at: star + at });
      at += 1;
      continue;
    }
    if (found === undefined) {
      plain += whole.charAt(at);
      at += 1;
      continue;
    }
    if (plain !== "") parts.push({ kind: "text", text: plain });
    plain = "";
    if (found.part !== undefined) parts.push(found.part);
    at += 1 + found.length;
  }
  if (plain !== "") parts.push({ kind: "text", text: plain });
  return { parts, faults };
}

/** Undefined where a percent sign is only that. */
function termAt(
  text: string,
):
  | { readonly part: OutputPart | undefined; readonly length: number }
  | { readonly fault: string }
  | undefined {
  if (!/^[a-zA-Z]/u.test(text)) return undefined;
  if (text.startsWith(EMPTY_FIELD)) return { part: undefined, length: EMPTY_FIELD.length };
  const read = tryTermPrefix(text);
  if ("fault" in read) return read;
  const { term, length } = read;
  if (!("fault" in typeOfTerm(term))) return found(term, length);
  // A dot and a word after a field may be the sentence's: `%fd.name.old`.
  for (let name = dottedName(term); name.includes("."); name = name.slice(0, name.lastIndexOf("."))) {
    const shorter: Term = { kind: "field", name, argument: undefined };
    if (!("fault" in typeOfTerm(shorter))) return found(shorter, name.length);
  }
  const type = typeOfTerm(term);
  return { fault: "fault" in type ? type.fault : "unknown field" };
}

function tryTermPrefix(text: string): ReturnType<typeof parseTermPrefix> | { readonly fault: string } {
  try {
    return parseTermPrefix(text);
  } catch (thrown) {
    if (!(thrown instanceof ConditionFault)) throw thrown;
    return { fault: thrown.what };
  }
}

function dottedName(term: Term): string {
  return term.kind === "field" ? term.name : "";
}

function found(term: Term, length: number): { readonly part: OutputPart; readonly length: number } {
  return { part: { kind: "term", term, name: printTerm(term) }, length };
}
