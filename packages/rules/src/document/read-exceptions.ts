import type { ExceptionValue, RuleException } from "./definitions.ts";
import { type ItemValue, isMapping, isSequence, isText, textsOf } from "./item.ts";

/** Exceptions as an item has them: those that extend earlier ones may leave out all but their values. */
export interface ExceptionItem {
  readonly name: string;
  readonly fields: string | readonly string[] | undefined;
  readonly comparisons: string | readonly string[] | undefined;
  readonly values: readonly ExceptionValue[];
}

const listComparisons: readonly string[] = ["in", "pmatch", "intersects"];
const plainComparisons: readonly string[] = [
  "=",
  "==",
  "!=",
  "<",
  "<=",
  ">",
  ">=",
  "contains",
  "icontains",
  "bcontains",
  "glob",
  "iglob",
  "startswith",
  "bstartswith",
  "endswith",
  "regex",
];

/** Reads the `exceptions` of a rule; a string says what is wrong. */
export function readExceptionItems(value: ItemValue): readonly ExceptionItem[] | string {
  if (!isSequence(value)) return "exceptions: expected a sequence";
  const read = value.map(readExceptionItem);
  const faults = read.filter((item) => typeof item === "string");
  if (faults.length > 0) return `exceptions: ${faults.join("; ")}`;
  return read.filter((item) => typeof item !== "string");
}

/** Checks that an exception is whole; a string says what is wrong. */
export function completeException(item: ExceptionItem): RuleException | string {
  const { name, fields, values } = item;
  const label = `exception ${JSON.stringify(name)}`;
  if (fields === undefined) return `${label} has no fields`;
  const comparisons = item.comparisons ?? (typeof fields === "string" ? "in" : fields.map(() => "="));
  const fault = faultOf(fields, comparisons) ?? values.map((row) => faultOfValue(fields, row)).find(isFault);
  return fault === undefined ? { name, fields, comparisons, values } : `${label}: ${fault}`;
}

/** Puts values of more exceptions to those of the same name; new ones are added. A string says what is wrong. */
export function mergeExceptions(
  earlier: readonly RuleException[],
  more: readonly ExceptionItem[],
): readonly RuleException[] | string {
  const merged = new Map(earlier.map((exception) => [exception.name, exception]));
  for (const item of more) {
    const known = merged.get(item.name);
    const whole = completeException({
      name: item.name,
      fields: known?.fields ?? item.fields,
      comparisons: known?.comparisons ?? item.comparisons,
      values: [...(known?.values ?? []), ...item.values],
    });
    if (typeof whole === "string") return whole;
    merged.set(item.name, whole);
  }
  return [...merged.values()];
}

function readExceptionItem(entry: ItemValue): ExceptionItem | string {
  if (!isMapping(entry)) return "expected mappings";
  const name = entry.get("name");
  if (!isText(name) || name === "") return "expected a name";
  const fields = oneOrMany(entry.get("fields"));
  const comparisons = oneOrMany(entry.get("comps"));
  const values = entry.get("values") ?? [];
  if (fields === null || comparisons === null) return `${name}: expected fields and comps as texts`;
  if (values !== "" && !isSequence(values)) return `${name}: expected values as a sequence`;
  const rows = isSequence(values) ? values.map(exceptionValue) : [];
  if (!rows.every((row) => row !== undefined)) return `${name}: expected values as texts and sequences`;
  return { name, fields, comparisons, values: rows };
}

function exceptionValue(value: ItemValue): ExceptionValue | undefined {
  if (isText(value)) return value;
  if (!isSequence(value)) return undefined;
  const inner = value.map(exceptionValue);
  return inner.every((member) => member !== undefined) ? inner : undefined;
}

/** Null where a value is there and is neither. */
function oneOrMany(value: ItemValue | undefined): string | readonly string[] | undefined | null {
  return value === undefined || isText(value) ? value : (textsOf(value) ?? null);
}

function faultOf(
  fields: RuleException["fields"],
  comparisons: RuleException["comparisons"],
): string | undefined {
  if (typeof fields === "string") {
    if (typeof comparisons !== "string") return "one field takes one comparison";
    return isManyComparison(comparisons)
      ? undefined
      : `comparison ${JSON.stringify(comparisons)} takes no list`;
  }
  if (typeof comparisons === "string" || comparisons.length !== fields.length) {
    return `expected ${fields.length} comparisons, one for each field`;
  }
  const unknown = comparisons.find((name) => !plainComparisons.includes(name) && !isManyComparison(name));
  return unknown === undefined ? undefined : `unknown comparison ${JSON.stringify(unknown)}`;
}

function faultOfValue(fields: RuleException["fields"], row: ExceptionValue): string | undefined {
  if (typeof fields === "string") return undefined;
  if (typeof row === "string" || row.length !== fields.length) {
    return `expected rows of ${fields.length} values, one for each field`;
  }
  return undefined;
}

/** Whether what follows a comparison is a list: `in`, or `startswith anyof`. */
export function isManyComparison(name: string): boolean {
  if (listComparisons.includes(name)) return true;
  const [operator = "", quantifier = "", ...rest] = name.split(/\s+/u);
  const isQuantified = ["oneof", "anyof", "allof"].includes(quantifier) && rest.length === 0;
  return isQuantified && plainComparisons.includes(operator) && !/^[<>]/u.test(operator);
}

function isFault(fault: string | undefined): fault is string {
  return fault !== undefined;
}
