import { builtinRuleFiles, compileRules, loadRules, type RuleEngine } from "@pratique/rules";
import type { SensorEvent, SensorFields } from "@pratique/sensor";

const RULE = `- rule: set up
  desc: What the runtime does in a container before the container's own program runs.
  condition: container.id != host and prq_setup
  output: set up
  priority: DEBUG
`;

/**
 * Tells what a runtime does to make a container, or to join one for an exec, from what runs in it: its mounts, its
 * directories and the files that it opens are told as the container's, whose cgroup it is in. A rule that acts means what
 * runs there; were the runtime ended for it, no container would start any more.
 */
export class RuntimeSetUp {
  readonly #engine: RuleEngine<SensorEvent>;

  constructor(fields: SensorFields) {
    const loaded = loadRules([...builtinRuleFiles, { name: "set-up", text: RULE }]);
    if (loaded.kind === "invalid") throw new Error(loaded.issues.map(({ message }) => message).join("; "));
    this.#engine = compileRules<SensorEvent>(loaded.ruleSet, fields, {
      typeOf: ({ type }) => type,
      wants: ({ file }) => file === "set-up",
    });
  }

  /** Whether an event is of such a runtime. What it executes in the end is of the container. */
  includes(event: SensorEvent): boolean {
    return this.#engine.match(event).length > 0;
  }
}
