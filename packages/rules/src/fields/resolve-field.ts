import type { FieldTerm } from "../condition/expression.ts";
import { type KnownField, type KnownType, knownFields, type Multiplicity } from "./field-table.ts";

/** A field with its argument where the table has it: `evt.arg.flags` is `evt.arg` with `flags`. */
export interface ResolvedField {
  readonly name: string;
  readonly argument: string | undefined;
  readonly type: KnownType;
  readonly multiplicity: Multiplicity;
}

/** Finds a field in the table, or says why there is no such field. */
export function resolveField(term: FieldTerm): ResolvedField | { readonly fault: string } {
  const exact = knownFields.get(term.name);
  if (exact !== undefined) return checkArgument(exact, term.argument);
  for (let dot = term.name.lastIndexOf("."); dot > 0; dot = term.name.lastIndexOf(".", dot - 1)) {
    const field = knownFields.get(term.name.slice(0, dot));
    if (field?.isDotted !== true || term.argument !== undefined) continue;
    return checkArgument(field, term.name.slice(dot + 1));
  }
  return { fault: `unknown field ${JSON.stringify(term.name)}` };
}

/** Whether a field was found. */
export function isResolvedField(field: ResolvedField | { readonly fault: string }): field is ResolvedField {
  return !("fault" in field);
}

/** One field as text: `proc.aname[2]`. */
export function fieldKey({ name, argument }: Pick<ResolvedField, "name" | "argument">): string {
  return argument === undefined ? name : `${name}[${argument}]`;
}

function checkArgument(
  field: KnownField,
  argument: string | undefined,
): ResolvedField | { readonly fault: string } {
  const { name, type } = field;
  if (argument === undefined) {
    if (field.isArgumentRequired) return { fault: `field ${name} needs an argument` };
    return { name, argument, type, multiplicity: field.multiplicity };
  }
  if (field.argument === "none") return { fault: `field ${name} takes no argument` };
  if (field.argument === "index" && !/^\d{1,20}$/u.test(argument)) {
    return { fault: `field ${name} takes a number, not ${JSON.stringify(argument)}` };
  }
  // With an argument one of several values is chosen, but for `fd.types`, which stays a list of one.
  const multiplicity = field.multiplicity === "list" ? "list" : "one";
  return { name, argument, type, multiplicity };
}
