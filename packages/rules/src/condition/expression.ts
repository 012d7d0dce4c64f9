/** What compares. The order is the one in which they are tried: `<=` before `<`, `==` before `=`. */
export const numberOperators = ["<=", "<", ">=", ">"] as const;
export const textOperators = [
  "==",
  "=",
  "!=",
  "glob",
  "iglob",
  "contains",
  "icontains",
  "bcontains",
  "startswith",
  "bstartswith",
  "endswith",
  "regex",
] as const;
export const listOperators = ["intersects", "in", "pmatch"] as const;
export const quantifiers = ["oneof", "anyof", "allof"] as const;
export const transformers = [
  "tolower",
  "toupper",
  "b64",
  "basename",
  "len",
  "join",
  "concat",
  "getopt",
] as const;

type NumberOperator = (typeof numberOperators)[number];
/** `==` is read as `=`. */
export type TextOperator = Exclude<(typeof textOperators)[number], "==">;
type ListOperator = (typeof listOperators)[number];
export type Operator = "exists" | NumberOperator | TextOperator | ListOperator;
/** How many of several values have to satisfy the operator: exactly one, at least one, all. */
export type Quantifier = (typeof quantifiers)[number];
type TransformerName = (typeof transformers)[number];

/** `proc.aname[2]`, as written: what is name and what is argument of `evt.arg.flags` is for the table of fields. */
export interface FieldTerm {
  readonly kind: "field";
  readonly name: string;
  readonly argument: string | undefined;
}

/** `tolower(proc.name)`. */
export interface TransformerTerm {
  readonly kind: "transformer";
  readonly name: TransformerName;
  readonly inputs: readonly TransformerInput[];
  readonly argument: string | undefined;
}

export type Term = FieldTerm | TransformerTerm;

export type TransformerInput =
  | Term
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly TransformerInput[] };

/** What a term is compared with. */
export type Operand =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "literals"; readonly texts: readonly string[] }
  /** `val(field)`, or what a transformer makes. */
  | { readonly kind: "value"; readonly term: Term };

export interface Check {
  readonly kind: "check";
  readonly left: Term;
  readonly operator: Operator;
  readonly quantifier: Quantifier | undefined;
  /** Undefined for `exists` alone. */
  readonly right: Operand | undefined;
  /** As the author wrote it, lists by name. */
  readonly text: string;
  /** Where it begins in the condition that the author wrote. */
  readonly at: number;
}

/** A macro, with what it stands for once that is known. */
export interface MacroUse {
  readonly kind: "macro";
  readonly name: string;
  /** Where the name stands in the condition that the author wrote. */
  readonly at: number;
}

/** A condition as it was parsed. */
export type Expression = Junction<Expression> | Negation<Expression> | MacroUse | Check;

/** A condition whose macros are known. The body of a macro is one object, however often it is used. */
export type ResolvedExpression =
  | Junction<ResolvedExpression>
  | Negation<ResolvedExpression>
  | (MacroUse & { readonly body: ResolvedExpression })
  | Check;

interface Junction<Part> {
  readonly kind: "and" | "or";
  readonly parts: readonly Part[];
}

interface Negation<Part> {
  readonly kind: "not";
  readonly part: Part;
}
