import type { RuntimeReport } from "@pratique/api";
import { type EventType, eventTypes, type FieldCatalog } from "@pratique/core";
import { checkRules, type Rule, type RuleSet } from "@pratique/rules";
import type { SensorEvent } from "@pratique/sensor";
import type { Enforcement } from "../prevention/enforcement.ts";

type HostRule = NonNullable<RuntimeReport["rules"]>[number];

/** What a host can do by each rule: said as it is, so that nobody relies on what the kernel does not give. */
export function hostRules(
  ruleSet: RuleSet,
  host: {
    readonly fields: FieldCatalog<SensorEvent>;
    readonly seen: ReadonlySet<EventType>;
    readonly running: boolean;
    readonly enforcementOf: (rule: Rule) => Enforcement;
  },
): readonly HostRule[] {
  const support = new Map(
    checkRules(ruleSet, {
      eventTypes: host.running ? host.seen : new Set(),
      hasField: (name, argument) => host.fields.reader(name, argument) !== undefined,
    }).map((each) => [each.name, each]),
  );
  return ruleSet.rules.map((rule) => {
    const { supported = "none", reasons = [] } = support.get(rule.name) ?? {};
    const off = !rule.enabled || supported === "none";
    const { enforceability, why } = host.enforcementOf(rule);
    return {
      rule: rule.name,
      priority: rule.priority,
      tags: [...rule.tags],
      enabled: rule.enabled,
      ...(rule.action !== undefined && { action: rule.action }),
      enforceability: off ? "off" : enforceability,
      reasons: [...(host.running ? [] : ["the sensor does not run"]), ...reasons, ...(off ? [] : why)].slice(
        0,
        MAX_REASONS,
      ),
    };
  });
}

const MAX_REASONS = 16;

/** All that this version knows, where the native sensor says no more. */
export const allEventTypes: ReadonlySet<EventType> = new Set(eventTypes);
