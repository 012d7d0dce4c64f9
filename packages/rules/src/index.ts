export type { BuiltinRuleFile } from "./builtin.ts";
export { builtinRuleFiles, hardenedRuleFile } from "./builtin.ts";
export type { HostCapabilities, RuleSupport } from "./check/check-rules.ts";
export { checkRules } from "./check/check-rules.ts";
export type { LoadedRules, LoadOptions } from "./compile/load-rules.ts";
export { loadRules } from "./compile/load-rules.ts";
export type { Rule, RuleSet, SkippedRule } from "./compile/rule-set.ts";
export type { Check, Expression, ResolvedExpression } from "./condition/expression.ts";
export type { RuleChange } from "./document/definitions.ts";
export type { RuleFile } from "./document/read-items.ts";
export type { EngineOptions, RuleEngine } from "./engine/compile-rules.ts";
export { compileRules } from "./engine/compile-rules.ts";
export type { EngineNeeds, NeededField } from "./engine/needs.ts";
export type { RuleMatch } from "./engine/rule-match.ts";
export type { TrialAnswer, TrialOptions } from "./engine/rule-trial.ts";
export { RuleTrial } from "./engine/rule-trial.ts";
export type { RuleIssue, RulesErrorCode } from "./errors.ts";
export { formatRuleIssue, RulesError } from "./errors.ts";
export type { ArgumentKind, KnownField, KnownType, Multiplicity } from "./fields/field-table.ts";
export { knownFields } from "./fields/field-table.ts";
export { analyseForKernel } from "./kernel/analyse-for-kernel.ts";
export type {
  ContainerTest,
  KernelAlternative,
  KernelAnalysis,
  KernelComparison,
  KernelForm,
  KernelHook,
  KernelSubject,
  KernelTest,
} from "./kernel/kernel-form.ts";
