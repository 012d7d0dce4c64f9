/** A test of the standard, by its name there: `mandatoryTest_6_1_1`. */
type CsafTest = (document: unknown) => unknown;

/** What came of a test. */
interface CsafTestResult {
  readonly name: string;
  readonly isValid: boolean;
  readonly errors: readonly unknown[];
  readonly warnings: readonly unknown[];
}

/** What the validator of CSAF's editors offers. It has no types of its own. */
export interface CsafValidator {
  /** The schema and the mandatory tests (CSAF 2.0, section 6.1). */
  readonly basic: readonly CsafTest[];
  /** What is recommended (section 6.2). */
  readonly recommended: readonly CsafTest[];
  validate(
    tests: readonly CsafTest[],
    document: unknown,
  ): Promise<{ readonly isValid: boolean; readonly tests: readonly CsafTestResult[] }>;
}

/** Takes two seconds, for lists of weaknesses and languages. */
export async function csafValidator(): Promise<CsafValidator> {
  const [basic, recommended, { default: validate }] = await Promise.all(
    ["basic", "optionalTests", "validateStrict"].map(load),
  );
  return { basic: Object.values(basic), recommended: Object.values(recommended), validate };
}

/** What is wrong with a document by the standard's JSON Schema; nothing where it is valid. */
export async function csafSchema(): Promise<(document: unknown) => readonly unknown[]> {
  const { csaf_2_0_strict: check } = await load("schemaTests");
  return (document) => check(document).errors;
}

async function load(module: string) {
  return await import(`@secvisogram/csaf-validator-lib/${module}.js`);
}
