import type { EventType } from "@pratique/core";
import { EventAnswers } from "../compile/event-answers.ts";
import type { Rule } from "../compile/rule-set.ts";
import { simplify } from "../compile/simplify.ts";
import type { ResolvedExpression } from "../condition/expression.ts";
import type {
  ContainerTest,
  KernelAlternative,
  KernelAnalysis,
  KernelForm,
  KernelHook,
  KernelTest,
} from "./kernel-form.ts";
import { kernelLiteral, settledAnswer } from "./kernel-literal.ts";
import { settleByFacts } from "./known-facts.ts";

/** More ways than this to match are not for the tables of a kernel. */
const MAX_ALTERNATIVES = 256;
const MAX_REASONS = 8;

const hooksOf: ReadonlyMap<EventType, readonly KernelHook[]> = new Map([
  ["execve", ["exec"]],
  ["execveat", ["exec"]],
  ["open", ["open"]],
  ["openat", ["open"]],
  ["openat2", ["open"]],
  ["creat", ["open"]],
  ["connect", ["connect", "connect-unix"]],
  ["sendto", ["connect", "connect-unix"]],
  ["sendmsg", ["connect", "connect-unix"]],
  ["sendmmsg", ["connect", "connect-unix"]],
]);

/** Puts a rule into a form that the kernel can decide before the call, or says what keeps it from that. */
export function analyseForKernel(rule: Pick<Rule, "condition" | "eventTypes">): KernelAnalysis {
  const analyser = new Analyser();
  for (const type of rule.eventTypes) analyser.add(rule.condition, type);
  return analyser.finish();
}

type Alternatives = readonly KernelAlternative[];

class Analyser {
  readonly #answers = new EventAnswers();
  readonly #forms = new Map<
    string,
    { hook: KernelHook; eventTypes: EventType[]; alternatives: Alternatives }
  >();
  readonly #reasons = new Set<string>();

  add(condition: ResolvedExpression, type: EventType): void {
    const hooks = hooksOf.get(type);
    if (hooks === undefined) this.#reasons.add(`${type} is not asked about before it happens`);
    for (const hook of hooks ?? []) this.#addHook(condition, type, hook);
  }

  finish(): KernelAnalysis {
    const reasons = [...this.#reasons].slice(0, MAX_REASONS);
    if (reasons.length > 0) return { decidable: false, reasons };
    const forms: readonly KernelForm[] = [...this.#forms.values()];
    return forms.length > 0
      ? { decidable: true, forms }
      : { decidable: false, reasons: ["no event can match"] };
  }

  #addHook(condition: ResolvedExpression, type: EventType, hook: KernelHook): void {
    const left = simplify(
      condition,
      (check) => this.#answers.answer(check, type) ?? settledAnswer(hook, check),
    );
    if (left === false) return;
    const parts = left === true ? [] : settleByFacts(left);
    if (parts === undefined) return;
    const alternatives = this.#alternatives({ kind: "and", parts }, { hook, negated: false });
    if (alternatives === undefined || alternatives.length === 0) return;
    if (!alternatives.every(({ containersOnly }) => containersOnly)) {
      this.#reasons.add("it is about processes of the host, too");
    }
    const finished = alternatives.map((one) => ({ ...one, reach: reachOf(hook, one.tests) }));
    const key = JSON.stringify([hook, finished]);
    const form = this.#forms.get(key) ?? { hook, eventTypes: [], alternatives: finished };
    form.eventTypes.push(type);
    this.#forms.set(key, form);
  }

  /** Undefined where a reason was found that keeps the kernel from it. */
  #alternatives(
    expression: ResolvedExpression,
    at: { readonly hook: KernelHook; readonly negated: boolean },
  ): Alternatives | undefined {
    switch (expression.kind) {
      case "check":
        return this.#ofCheck(expression, at);
      case "macro":
        return this.#alternatives(expression.body, at);
      case "not":
        return this.#alternatives(expression.part, { ...at, negated: !at.negated });
      case "and":
      case "or": {
        const parts = expression.parts.map((part) => this.#alternatives(part, at));
        if (!parts.every((part) => part !== undefined)) return undefined;
        // Not (a and b) is not a or not b.
        return (expression.kind === "and") === at.negated ? this.#limit(parts.flat()) : this.#product(parts);
      }
    }
  }

  #ofCheck(
    check: Extract<ResolvedExpression, { kind: "check" }>,
    { hook, negated }: { readonly hook: KernelHook; readonly negated: boolean },
  ): Alternatives | undefined {
    const literal = kernelLiteral(hook, check, negated);
    switch (literal.kind) {
      case "kernel":
        return [{ ...nothingAsked, tests: [literal.test] }];
      case "container":
        return [{ ...nothingAsked, container: [literal.test] }];
      case "in-container":
        if (!literal.negated) return [{ ...nothingAsked, containersOnly: true }];
        this.#reasons.add("it is about processes of the host, too");
        return undefined;
      case "undecidable":
        this.#reasons.add(`the kernel does not know: ${literal.reason}`);
        return undefined;
    }
  }

  #product(parts: readonly Alternatives[]): Alternatives | undefined {
    let whole: Alternatives = [nothingAsked];
    for (const part of parts) {
      const joined = whole.flatMap((left) => part.map((right) => join(left, right)));
      if (this.#limit(joined) === undefined) return undefined;
      whole = joined;
    }
    return whole;
  }

  #limit(alternatives: Alternatives): Alternatives | undefined {
    if (alternatives.length <= MAX_ALTERNATIVES) return alternatives;
    this.#reasons.add(`there are more than ${MAX_ALTERNATIVES} ways to match`);
    return undefined;
  }
}

const nothingAsked: KernelAlternative = { tests: [], container: [], containersOnly: false, reach: undefined };

function join(left: KernelAlternative, right: KernelAlternative): KernelAlternative {
  return {
    tests: withoutRepeats([...left.tests, ...right.tests], (test) => JSON.stringify(test)),
    container: withoutRepeats<ContainerTest>([...left.container, ...right.container], ({ text }) => text),
    containersOnly: left.containersOnly || right.containersOnly,
    reach: undefined,
  };
}

function withoutRepeats<Value>(values: readonly Value[], keyOf: (value: Value) => string): readonly Value[] {
  return [...new Map(values.map((value) => [keyOf(value), value])).values()];
}

function reachOf(hook: KernelHook, tests: readonly KernelTest[]): KernelAlternative["reach"] {
  if (hook !== "open") return undefined;
  const paths = tests.filter(({ subject, negated }) => subject === "path" && !negated);
  const allBelow = (root: string): boolean =>
    paths.some(
      ({ comparison, values }) =>
        comparison !== "suffix" && comparison !== "basename" && values.every((path) => path.startsWith(root)),
    );
  if (allBelow("/proc/sys/")) return "sysctl";
  return allBelow("/dev/") ? "device" : "file";
}
