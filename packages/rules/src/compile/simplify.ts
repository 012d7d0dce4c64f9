import type { Check, ResolvedExpression } from "../condition/expression.ts";

/** What is left of a condition once some of its checks are known: an answer, or a smaller condition. */
export type Simplified = boolean | ResolvedExpression;

/** The answer of a check, where it is known beforehand. */
export type KnownAnswer = (check: Check) => boolean | undefined;

/** Takes from a condition what is known beforehand. The result holds for the same events as the condition. */
export function simplify(expression: ResolvedExpression, known: KnownAnswer): Simplified {
  return new Simplifier(known).simplify(expression);
}

class Simplifier {
  readonly #known: KnownAnswer;
  readonly #bodies = new Map<ResolvedExpression, Simplified>();

  constructor(known: KnownAnswer) {
    this.#known = known;
  }

  simplify(expression: ResolvedExpression): Simplified {
    switch (expression.kind) {
      case "check":
        return this.#known(expression) ?? expression;
      case "macro": {
        const body = this.#simplifyBody(expression.body);
        if (typeof body === "boolean") return body;
        return body === expression.body ? expression : { ...expression, body };
      }
      case "not": {
        const part = this.simplify(expression.part);
        return typeof part === "boolean" ? !part : { kind: "not", part };
      }
      case "and":
      case "or":
        return this.#simplifyParts(expression.kind, expression.parts);
    }
  }

  #simplifyBody(body: ResolvedExpression): Simplified {
    const known = this.#bodies.get(body);
    if (known !== undefined) return known;
    const simplified = this.simplify(body);
    this.#bodies.set(body, simplified);
    return simplified;
  }

  #simplifyParts(kind: "and" | "or", parts: readonly ResolvedExpression[]): Simplified {
    const deciding = kind === "or";
    const left: ResolvedExpression[] = [];
    for (const part of parts) {
      const simplified = this.simplify(part);
      if (simplified === deciding) return deciding;
      if (typeof simplified !== "boolean") left.push(simplified);
    }
    const [only] = left;
    if (only === undefined) return !deciding;
    return left.length === 1 ? only : { kind, parts: left };
  }
}
