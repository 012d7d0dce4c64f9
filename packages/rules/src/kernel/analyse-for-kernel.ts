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
    const forms: readonly KernelForm[] = [...this.#forms.values()];
    if (reasons.length > 0) return { decidable: false, reasons, candidates: forms };
    if (forms.length > 0) return { decidable: true, forms };
    return { decidable: false, reasons: ["no event can match"], candidates: [] };
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
    if (alternatives.length === 0) return;
    if (!alternatives.every(({ containersOnly }) => containersOnly)) {
      this.#reasons.add("it is about processes of the host, too");
    }
    const finished = absorb(alternatives).map((one) => ({ ...one, reach: reachOf(hook, one.tests) }));
    const key = JSON.stringify([hook, finished]);
    const form = this.#forms.get(key) ?? { hook, eventTypes: [], alternatives: finished };
    form.eventTypes.push(type);
    this.#forms.set(key, form);
  }

  /** What the kernel cannot decide is a reason, and taken to hold: what is left is wider than the rule. */
  #alternatives(
    expression: ResolvedExpression,
    at: { readonly hook: KernelHook; readonly negated: boolean },
  ): Alternatives {
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
        // Not (a and b) is not a or not b.
        return (expression.kind === "and") === at.negated ? this.#sum(parts) : this.#product(parts);
      }
    }
  }

  #ofCheck(
    check: Extract<ResolvedExpression, { kind: "check" }>,
    { hook, negated }: { readonly hook: KernelHook; readonly negated: boolean },
  ): Alternatives {
    const literal = kernelLiteral(hook, check, negated);
    switch (literal.kind) {
      case "kernel":
        return [{ ...nothingAsked, tests: [literal.test] }];
      case "container":
        return [{ ...nothingAsked, container: [literal.test] }];
      case "in-container":
        if (!literal.negated) return [{ ...nothingAsked, containersOnly: true }];
        this.#reasons.add("it is about processes of the host, too");
        return [];
      case "undecidable":
        this.#reasons.add(`the kernel does not know: ${literal.reason}`);
        return [nothingAsked];
    }
  }

  #product(parts: readonly Alternatives[]): Alternatives {
    let whole: Alternatives = [nothingAsked];
    for (const part of parts) {
      const joined = absorb(whole.flatMap((left) => part.map((right) => join(left, right))));
      if (this.#isTooMuch(joined)) continue;
      whole = joined;
    }
    return whole;
  }

  #sum(parts: readonly Alternatives[]): Alternatives {
    const all = absorb(parts.flat());
    return this.#isTooMuch(all) ? [nothingAsked] : all;
  }

  #isTooMuch(alternatives: Alternatives): boolean {
    if (alternatives.length <= MAX_ALTERNATIVES) return false;
    this.#reasons.add(`there are more than ${MAX_ALTERNATIVES} ways to match`);
    return true;
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

/** Leaves out what asks for all that another one asks for, and more. */
function absorb(alternatives: Alternatives): Alternatives {
  if (alternatives.length > MAX_ALTERNATIVES * 4) return alternatives;
  const asked = alternatives.map((one) => ({ one, parts: new Set(partsOf(one)) }));
  return asked
    .filter(({ parts }, place) =>
      asked.every((other, at) => {
        if (at === place || !other.parts.isSubsetOf(parts)) return true;
        // Of two that ask the same the first stays.
        return other.parts.size === parts.size && at > place;
      }),
    )
    .map(({ one }) => one);
}

function partsOf({ tests, container, containersOnly }: KernelAlternative): readonly string[] {
  return [
    ...tests.map((test) => JSON.stringify(test)),
    ...container.map(({ text }) => text),
    ...(containersOnly ? ["in a container"] : []),
  ];
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
