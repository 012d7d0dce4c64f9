import {
  type LicenseCategory,
  type LicenseFinding,
  NO_LICENSE,
  type Package,
  type Severity,
} from "@pratique/core";
import { formatLicense, type LicenseExpression } from "./expression.ts";
import { type CategoryLists, LicenseCategories } from "./license-categories.ts";
import { NameMap } from "./name-map.ts";
import { readLicense } from "./read-license.ts";

/** What a user asks of licences. */
export interface LicenseRules {
  readonly categories?: CategoryLists | undefined;
  /** Identifiers, `*` at the end for all that begin so: findings of them are left out. */
  readonly ignored?: readonly string[] | undefined;
}

/** What is said of the licences of some packages. */
export interface JudgedLicenses {
  /** The packages, their licences written as expressions of SPDX where they could be read. */
  readonly packages: readonly Package[];
  readonly licenses: readonly LicenseFinding[];
}

/** Licences of one package that are told one by one; real ones have some dozens. */
const MAX_APART = 64;

/** How bad each category is held to be. */
export const categorySeverities: Readonly<Record<LicenseCategory, Severity>> = {
  forbidden: "critical",
  restricted: "high",
  reciprocal: "medium",
  notice: "low",
  permissive: "low",
  unencumbered: "low",
  unknown: "unknown",
};

/**
 * Reads the licences of packages, and says of each in which category it is. What holds together is judged one by one, up to
 * 64 of a package, what may be chosen as one. A package that tells none has {@link NO_LICENSE}.
 */
export function judgeLicenses(packages: readonly Package[], rules: LicenseRules = {}): JudgedLicenses {
  const judge = new Judge(rules);
  const written = packages.map((one) => judge.write(one));
  return { packages: written, licenses: written.flatMap((one) => judge.judge(one)) };
}

class Judge {
  readonly #categories: LicenseCategories;
  readonly #ignored: NameMap<true>;
  /** A few dozen texts are those of hundreds of packages. */
  readonly #read = new Map<string, LicenseExpression | undefined>();

  constructor({ categories, ignored = [] }: LicenseRules) {
    this.#categories = new LicenseCategories(categories);
    this.#ignored = new NameMap(ignored.map((name) => [name, true]));
  }

  write(one: Package): Package {
    const { licenses: told, ...rest } = one;
    if (told === undefined) return one;
    const apart = new Set(told.flatMap((text) => this.#textsOf(text)));
    // Who writes a thousand names into one text is told one licence for it, in the strictest of their categories.
    const licenses = apart.size > MAX_APART ? new Set(told.map((text) => this.#wholeOf(text))) : apart;
    return licenses.size === 0 ? rest : { ...rest, licenses: [...licenses] };
  }

  judge({ id, licenses = [NO_LICENSE] }: Package): readonly LicenseFinding[] {
    const found = new Map<string, LicenseFinding>();
    for (const text of licenses) {
      for (const [license, category] of this.#findIn(text)) {
        found.set(license, { license, category, severity: categorySeverities[category], packageId: id });
      }
    }
    return [...found.values()];
  }

  #findIn(text: string): readonly (readonly [string, LicenseCategory])[] {
    const expression = this.#expressionOf(text);
    if (expression === undefined) {
      return this.#ignored.get(text) === undefined ? [[text, this.#categories.ofWords(text)]] : [];
    }
    return this.#isIgnored(expression) ? [] : [[formatLicense(expression), this.#categories.of(expression)]];
  }

  /** Of what may be chosen, one that is ignored is enough. */
  #isIgnored(expression: LicenseExpression): boolean {
    switch (expression.kind) {
      case "license":
        return this.#ignored.get(formatLicense(expression), expression.id) === true;
      case "reference":
        return this.#ignored.get(expression.name) === true;
      case "and":
        return expression.terms.every((term) => this.#isIgnored(term));
      case "or":
        return expression.terms.some((term) => this.#isIgnored(term));
    }
  }

  /** What holds together stands apart, so that the same is said in one way. */
  #textsOf(text: string): readonly string[] {
    const expression = this.#expressionOf(text);
    if (expression === undefined) return [text];
    return (expression.kind === "and" ? expression.terms : [expression]).map((term) => this.#written(term));
  }

  #wholeOf(text: string): string {
    const expression = this.#expressionOf(text);
    return expression === undefined ? text : this.#written(expression);
  }

  /** What is written may be longer than what is read, and is not read again. */
  #written(expression: LicenseExpression): string {
    const text = formatLicense(expression);
    this.#read.set(text, expression);
    return text;
  }

  #expressionOf(text: string): LicenseExpression | undefined {
    if (!this.#read.has(text)) this.#read.set(text, readLicense(text));
    return this.#read.get(text);
  }
}
