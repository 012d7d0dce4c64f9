import { typeOfTerm } from "../compile/check-types.ts";
import type { Term } from "../condition/expression.ts";
import { parseTermPrefix } from "../condition/parse-condition.ts";
import { printTerm } from "../condition/print-condition.ts";
import { RulesError } from "../errors.ts";

/** A part of an output: text as it is, or a field to be filled in. */
export type OutputPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "term"; readonly term: Term; readonly name: string };

const MAX_OUTPUT_LENGTH = 65_536;
/** Falco had it for what the container was; other fields say so now. */
const EMPTY_FIELD = "container.info";

/** Reads what a rule says when it matches: `%field`, `%field[argument]`, `%tolower(field)`. Throws a `RulesError`. */
export function parseOutput(text: string): readonly OutputPart[] {
  if (text.length > MAX_OUTPUT_LENGTH) throw fault(`output is longer than ${MAX_OUTPUT_LENGTH} characters`);
  // A star in front asked for the output even where fields are missing, which is always given.
  const whole = text.replace(/^\*/u, "");
  const parts: OutputPart[] = [];
  let [plain, at] = ["", 0];
  while (at < whole.length) {
    const found = whole.charAt(at) === "%" ? termAt(whole.slice(at + 1)) : undefined;
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
  return plain === "" ? parts : [...parts, { kind: "text", text: plain }];
}

/** Undefined where a percent sign is only that. */
function termAt(
  text: string,
): { readonly part: OutputPart | undefined; readonly length: number } | undefined {
  if (!/^[a-zA-Z]/u.test(text)) return undefined;
  if (text.startsWith(EMPTY_FIELD)) return { part: undefined, length: EMPTY_FIELD.length };
  const { term, length } = parseTermPrefix(text);
  if (!("fault" in typeOfTerm(term))) return found(term, length);
  // A dot and a word after a field may be the sentence's: `%fd.name.old`.
  for (let name = dottedName(term); name.includes("."); name = name.slice(0, name.lastIndexOf("."))) {
    const shorter: Term = { kind: "field", name, argument: undefined };
    if (!("fault" in typeOfTerm(shorter))) return found(shorter, name.length);
  }
  const type = typeOfTerm(term);
  throw fault(`output: ${"fault" in type ? type.fault : "unknown field"}`);
}

function dottedName(term: Term): string {
  return term.kind === "field" ? term.name : "";
}

function found(term: Term, length: number): { readonly part: OutputPart; readonly length: number } {
  return { part: { kind: "term", term, name: printTerm(term) }, length };
}

function fault(message: string): RulesError {
  return new RulesError("OUTPUT_INVALID", message);
}
