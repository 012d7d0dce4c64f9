import { type Priority, priorities, type RuleAction, ruleActions } from "@pratique/core";
import type { RuleBody } from "./definitions.ts";
import { booleanOf, type Item, type ItemValue, isText, textsOf } from "./item.ts";
import { completeException, readExceptionItems } from "./read-exceptions.ts";

const DEFAULT_SOURCE = "syscall";

/** The keys that a rule may have; others draw a warning. */
export const ruleKeys: readonly string[] = [
  "rule",
  "condition",
  "desc",
  "output",
  "priority",
  "source",
  "enabled",
  "tags",
  "exceptions",
  "warn_evttypes",
  "skip-if-unknown-filter",
  "capture",
  "capture_duration",
  "append",
  "override",
  "action",
];

/** Reads one key of a rule into what it sets; a string says what is wrong. */
type KeyReader = (value: ItemValue) => Partial<RuleBody> | string;

/** One thing that is wrong with a rule, and the key that says it; undefined where one is missing. */
interface KeyFault {
  readonly key: string | undefined;
  readonly message: string;
}

/** A rule as far as it could be read. */
export interface ReadRule {
  /** With the defaults of keys that could not be read; undefined where there is no condition to look at. */
  readonly body: RuleBody | undefined;
  readonly faults: readonly KeyFault[];
}

/** Reads a rule that is not an addition to another. */
export function readRuleBody(item: Item): ReadRule {
  const faults: KeyFault[] = [];
  let body: Partial<RuleBody> = {};
  for (const [key, reader] of keyReaders) {
    const value = item.values.get(key);
    if (value === undefined) continue;
    const read = reader(value);
    if (typeof read === "string") faults.push({ key, message: read });
    else body = { ...body, ...read };
  }
  const { condition } = body;
  const missing = ["condition", "desc", "output", "priority"].filter((key) => !item.values.has(key));
  if (missing.length > 0) faults.push({ key: undefined, message: `has no ${missing.join(", ")}` });
  return { body: condition === undefined ? undefined : { ...defaults, ...body, condition }, faults };
}

/** Reads what one key of a rule sets; undefined where no key of this name sets anything. */
export function readRuleKey(key: string, value: ItemValue): Partial<RuleBody> | string | undefined {
  return keyReaders.get(key)?.(value);
}

const defaults = {
  description: "",
  output: "",
  priority: "debug",
  source: DEFAULT_SOURCE,
  enabled: true,
  tags: [],
  exceptions: [],
  warnEventTypes: true,
  skipIfUnknownFilter: false,
  capture: false,
  captureDurationMs: undefined,
  action: undefined,
} as const;

const keyReaders = new Map<string, KeyReader>([
  ["condition", textReader("condition", (condition) => ({ condition }))],
  ["desc", textReader("desc", (description) => ({ description }))],
  ["output", textReader("output", (output) => ({ output }))],
  ["source", textReader("source", (source) => ({ source }))],
  ["priority", readPriority],
  ["enabled", booleanReader("enabled", (enabled) => ({ enabled }))],
  ["warn_evttypes", booleanReader("warn_evttypes", (warnEventTypes) => ({ warnEventTypes }))],
  [
    "skip-if-unknown-filter",
    booleanReader("skip-if-unknown-filter", (skipIfUnknownFilter) => ({ skipIfUnknownFilter })),
  ],
  ["capture", booleanReader("capture", (capture) => ({ capture }))],
  ["capture_duration", readCaptureDuration],
  ["tags", readTags],
  ["exceptions", readExceptions],
  ["action", readAction],
]);

function textReader(key: string, set: (text: string) => Partial<RuleBody>): KeyReader {
  return (value) => (isText(value) ? set(value.trim()) : `${key}: expected a text`);
}

function booleanReader(key: string, set: (flag: boolean) => Partial<RuleBody>): KeyReader {
  return (value) => {
    const flag = booleanOf(value);
    return flag === undefined ? `${key}: expected true or false` : set(flag);
  };
}

function readPriority(value: ItemValue): Partial<RuleBody> | string {
  const name = isText(value) ? value.trim().toLowerCase() : "";
  const priority: Priority | undefined =
    name === "info" ? "informational" : priorities.find((known) => known === name);
  return priority === undefined ? `priority: expected one of ${priorities.join(", ")}, info` : { priority };
}

function readAction(value: ItemValue): Partial<RuleBody> | string {
  const action: RuleAction | undefined = ruleActions.find((known) => known === value);
  return action === undefined ? `action: expected one of ${ruleActions.join(", ")}` : { action };
}

function readCaptureDuration(value: ItemValue): Partial<RuleBody> | string {
  if (!isText(value) || !/^\d{1,9}$/u.test(value)) return "capture_duration: expected milliseconds";
  return { captureDurationMs: Number(value) };
}

function readTags(value: ItemValue): Partial<RuleBody> | string {
  const tags = value === "" ? [] : textsOf(value);
  return tags === undefined ? "tags: expected a sequence of texts" : { tags: [...new Set(tags)] };
}

function readExceptions(value: ItemValue): Partial<RuleBody> | string {
  const items = value === "" ? [] : readExceptionItems(value);
  if (typeof items === "string") return items;
  const read = items.map(completeException);
  const faults = read.filter((whole) => typeof whole === "string");
  if (faults.length > 0) return faults.join("; ");
  return { exceptions: read.filter((whole) => typeof whole !== "string") };
}
