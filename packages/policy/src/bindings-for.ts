import type { Bindings } from "./cel/expression.ts";
import type { CompiledRule } from "./compile-rule.ts";

/** The values of the variables, as far as a rule looks at them. */
export type BindingsFor = (compiled: CompiledRule) => Bindings;
