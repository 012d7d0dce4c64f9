import { readLicense } from "@pratique/licenses";
import { documentLicense } from "../../document-license.ts";

/**
 * The member `licenses` of a component: identifiers and names one by one, or a single expression where one of them is more than
 * an identifier, as the form has either (CycloneDX 1.6, "licenseChoice").
 */
export function componentLicenses(licenses: readonly string[]): readonly object[] {
  const choices = licenses.map(choiceOf);
  const named = choices.filter((choice) => choice !== undefined);
  if (named.length === choices.length) return named;
  const whole = documentLicense(licenses);
  return whole === undefined ? [] : [{ expression: whole.expression }];
}

function choiceOf(text: string): object | undefined {
  const expression = readLicense(text);
  if (expression === undefined || expression.kind === "reference") return { license: { name: text } };
  const isPlain = expression.kind === "license" && !expression.orLater && expression.exception === undefined;
  return isPlain ? { license: { id: expression.id } } : undefined;
}
