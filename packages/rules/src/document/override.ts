import { type Item, isMapping } from "./item.ts";

/** How each key of an item changes an earlier definition. */
export type Override = ReadonlyMap<string, "append" | "replace">;

interface Allowed {
  readonly append: readonly string[];
  readonly replace: readonly string[];
}

const allowed: Readonly<Record<"rule" | "macro" | "list", Allowed>> = {
  rule: {
    append: ["condition", "output", "desc", "tags", "exceptions"],
    replace: [
      "condition",
      "output",
      "desc",
      "priority",
      "capture",
      "capture_duration",
      "tags",
      "exceptions",
      "enabled",
      "warn_evttypes",
      "skip-if-unknown-filter",
      "action",
    ],
  },
  macro: { append: ["condition"], replace: ["condition"] },
  list: { append: ["items"], replace: ["items"] },
};

/** Reads the `override` of an item, or says what is wrong with it. */
export function readOverride(
  item: Item,
  kind: "rule" | "macro" | "list",
): { readonly override: Override } | { readonly faults: readonly string[] } {
  const value = item.values.get("override");
  if (!isMapping(value)) {
    return { faults: ["override: expected a mapping of keys to append or replace"] };
  }
  const faults: string[] = [];
  if (item.values.has("append")) faults.push("append and override exclude each other");
  const override = new Map<string, "append" | "replace">();
  for (const [key, how] of value) {
    if (how !== "append" && how !== "replace") faults.push(`override: ${key} is neither append nor replace`);
    else if (!allowed[kind][how].includes(key)) faults.push(`override: no ${how} for ${key} of a ${kind}`);
    else if (!item.values.has(key)) faults.push(`override: ${key} is named, and not there`);
    else override.set(key, how);
  }
  for (const key of item.values.keys()) {
    if (key !== kind && key !== "override" && !value.has(key))
      faults.push(`override: does not say what becomes of ${key}`);
  }
  return faults.length > 0 ? { faults } : { override };
}
