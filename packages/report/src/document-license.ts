import { compoundOf, formatLicense, type LicenseExpression, readLicense } from "@pratique/licenses";
import { hashOf } from "./stable-uuid.ts";

/** Licences of a package as documents take them. */
export interface DocumentLicense {
  /** One expression of SPDX for all of them. */
  readonly expression: string;
  /** What stands for words that are no expression, by `LicenseRef-…`. */
  readonly references: ReadonlyMap<string, string>;
}

/** Writes licences that all hold as one expression; undefined where there is none. */
export function documentLicense(licenses: readonly string[]): DocumentLicense | undefined {
  if (licenses.length === 0) return undefined;
  const references = new Map<string, string>();
  const terms = licenses.map((text): LicenseExpression => {
    const read = readOwn(text);
    if (read !== undefined) return read;
    const name = referenceTo(text);
    references.set(name, text);
    return { kind: "reference", name };
  });
  const expression = compoundOf("and", terms);
  for (const name of namesIn(expression)) if (!references.has(name)) references.set(name, name);
  return { expression: formatLicense(expression), references };
}

/** Whether a document that defines what it names can write the licence as it is. */
export function isWritable(text: string): boolean {
  return readOwn(text) !== undefined;
}

/** Undefined also where a package names a licence of another document, which nobody has. */
function readOwn(text: string): LicenseExpression | undefined {
  const read = readLicense(text);
  return read === undefined || namesIn(read).some((name) => !name.startsWith("LicenseRef-"))
    ? undefined
    : read;
}

/** Letters, digits, dots and dashes are all that is allowed (SPDX 2.3, 10.1): a hash tells apart what is then the same. */
function referenceTo(text: string): string {
  const words = text
    .replaceAll(/[^A-Za-z0-9.]+/gu, "-")
    .slice(0, 40)
    .replaceAll(/^-|-$/gu, "");
  return `LicenseRef-${words === "" ? "" : `${words}-`}${hashOf([text]).slice(0, 8)}`;
}

function namesIn(expression: LicenseExpression): readonly string[] {
  switch (expression.kind) {
    case "license":
      return [];
    case "reference":
      return [expression.name];
    case "and":
    case "or":
      return expression.terms.flatMap(namesIn);
  }
}
