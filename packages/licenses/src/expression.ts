/** One licence, and what is added to or taken from it. */
export interface SingleLicense {
  readonly kind: "license";
  /** An identifier of the SPDX licence list. */
  readonly id: string;
  /** Later versions may be chosen, too. Never true of the GNU licences, which have identifiers for that. */
  readonly orLater: boolean;
  /** The identifier of an exception. */
  readonly exception?: string;
}

/** A licence that is on no list: `LicenseRef-…`. */
interface ReferredLicense {
  readonly kind: "reference";
  readonly name: string;
}

/** All of the terms hold (`and`), or one of them that may be chosen (`or`). Two terms at least, none of the same kind. */
interface CompoundLicense {
  readonly kind: "and" | "or";
  readonly terms: readonly LicenseExpression[];
}

/** What may be done with a thing, as SPDX says it (SPDX 2.3, annex D). */
export type LicenseExpression = SingleLicense | ReferredLicense | CompoundLicense;

/** Puts terms together: those of the same kind are taken in, and none is there twice. Takes one term at least. */
export function compoundOf(kind: "and" | "or", terms: readonly LicenseExpression[]): LicenseExpression {
  const distinct = new Map<string, LicenseExpression>();
  for (const term of terms) {
    for (const flat of term.kind === kind ? term.terms : [term]) distinct.set(formatLicense(flat), flat);
  }
  const flat = [...distinct.values()];
  const [only] = flat;
  return only !== undefined && flat.length === 1 ? only : { kind, terms: flat };
}

/** Writes an expression in the one way that it is written here. */
export function formatLicense(expression: LicenseExpression): string {
  switch (expression.kind) {
    case "license": {
      const { id, orLater, exception } = expression;
      return `${id}${orLater ? "+" : ""}${exception === undefined ? "" : ` WITH ${exception}`}`;
    }
    case "reference":
      return expression.name;
    case "and":
    case "or":
      return expression.terms.map(formatTerm).join(expression.kind === "and" ? " AND " : " OR ");
  }
}

/** Parentheses also where precedence would do: not every reader knows it. */
function formatTerm(term: LicenseExpression): string {
  const isCompound = term.kind === "and" || term.kind === "or";
  return isCompound ? `(${formatLicense(term)})` : formatLicense(term);
}
