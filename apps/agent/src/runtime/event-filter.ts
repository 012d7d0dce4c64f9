import type { EventType } from "@pratique/core";
import {
  checkRules,
  compileRules,
  formatRuleIssue,
  loadRules,
  type RuleEngine,
  type RuleFile,
} from "@pratique/rules";
import type { SensorEvent, SensorFields } from "@pratique/sensor";

export interface EventFilterOptions {
  /** The rules in force: their macros and lists may be used. */
  readonly files: readonly RuleFile[];
  readonly fields: SensorFields;
  /** What the sensor is asked for; nothing else is ever told. */
  readonly told: ReadonlySet<EventType>;
  /** What is said of an event, as the outputs of rules are written; nothing where absent. */
  readonly format?: string | undefined;
}

const FILTER = "filter";
const EVERYTHING = "evt.type exists";

/**
 * Makes a rule of a condition that somebody wants to follow events by, with the macros and lists that are in force. Any event
 * fits none. Throws where it is wrong, and where no event that is told here can fit it: whoever waits for one would wait for good.
 */
export function eventFilter(
  condition: string | undefined,
  { files, fields, told, format = "o" }: EventFilterOptions,
): RuleEngine<SensorEvent> {
  const parts = [
    `condition: ${JSON.stringify(condition ?? EVERYTHING)}`,
    `output: ${JSON.stringify(format)}`,
  ];
  const text = `- rule: ${FILTER}\n  desc: d\n  priority: INFO\n  ${parts.join("\n  ")}\n`;
  const loaded = loadRules([...files, { name: FILTER, text }]);
  if (loaded.kind === "invalid") {
    const errors = loaded.issues.filter(({ level }) => level === "error");
    const own = errors.filter(({ file }) => file === FILTER).map(({ message }) => message);
    const others = errors.slice(0, 1).map((issue) => `the rules are not valid: ${formatRuleIssue(issue)}`);
    throw new Error((own.length > 0 ? own : others).join("; "));
  }
  const wanted = loaded.ruleSet.rules.filter(({ file }) => file === FILTER);
  const hasField = (name: string, argument: string | undefined) =>
    fields.reader(name, argument) !== undefined;
  const [support] = checkRules({ ...loaded.ruleSet, rules: wanted }, { eventTypes: told, hasField });
  if (support?.supported === "none") {
    throw new Error(`no event that is told here fits it: ${support.reasons.join(", ")}`);
  }
  return compileRules<SensorEvent>({ ...loaded.ruleSet, rules: wanted }, fields, {
    typeOf: ({ type }) => type,
    namesContainer: false,
  });
}
