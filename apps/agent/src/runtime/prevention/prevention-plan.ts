import { type EventType, messageOf } from "@pratique/core";
import { analyseForKernel, type ContainerTest, type KernelForm, type Rule } from "@pratique/rules";
import type { Enforcement } from "./enforcement.ts";
import { type HostDevice, isOwnSwitch, type Measure, type PlannedMeasure, programsFor } from "./measure.ts";
import { heldFor, measuresOf } from "./measures-of.ts";

/** What a host has for prevention. */
export interface PreventionHost {
  /** Names of the native sensor's programs that are loaded: `prevent/executed`. */
  readonly loaded: ReadonlySet<string>;
  readonly devices: readonly HostDevice[];
}

/** What is done by the rules that ask for `kill` or `deny`. */
export interface PreventionPlan {
  readonly measures: readonly PlannedMeasure[];
  /** By rule, the events whose process is killed for them: the kernel cannot be asked before. */
  readonly killedAfter: ReadonlyMap<string, ReadonlySet<EventType>>;
  readonly enforcements: ReadonlyMap<string, Enforcement>;
}

export const emptyPlan: PreventionPlan = {
  measures: [],
  killedAfter: new Map(),
  enforcements: new Map(),
};

const MAX_WHY = 8;

/** Puts rules into measures of the kernel: the narrowest that are exact, and after the fact what has none. */
export function planOf(rules: readonly Rule[], host: PreventionHost): PreventionPlan {
  const measures = new MeasureTable();
  const killedAfter = new Map<string, ReadonlySet<EventType>>();
  const enforcements = new Map<string, Enforcement>();
  for (const rule of rules) {
    if (!rule.enabled || (rule.action !== "kill" && rule.action !== "deny")) continue;
    const planned = planRule(rule, host, measures);
    killedAfter.set(rule.name, planned.after);
    enforcements.set(rule.name, enforcementOf(rule, planned));
  }
  return { measures: measures.all(), killedAfter, enforcements };
}

/** The kernel has 32 groups of containers, of which one means all. */
const MAX_GROUPS = 31;

/** Measures of all rules, each once for the same containers. */
class MeasureTable {
  readonly #groups = new Map<string, number>();
  readonly #measures = new Map<string, { measure: PlannedMeasure; rules: Set<string> }>();

  /** False where there is no group left for its containers. */
  add(rule: string, measure: Measure, container: readonly ContainerTest[]): boolean {
    const who = container.map(({ text }) => text).join(" and ");
    if (!this.#groups.has(who) && this.#groups.size === MAX_GROUPS) return false;
    const group = this.#groups.get(who) ?? this.#groups.size;
    this.#groups.set(who, group);
    const key = JSON.stringify([measure, group]);
    const known = this.#measures.get(key);
    if (known !== undefined) known.rules.add(rule);
    else
      this.#measures.set(key, { measure: { measure, group, container, rules: [] }, rules: new Set([rule]) });
    return true;
  }

  all(): readonly PlannedMeasure[] {
    return [...this.#measures.values()].map(({ measure, rules }) => ({ ...measure, rules: [...rules] }));
  }
}

interface PlannedRule {
  readonly measures: readonly Measure[];
  readonly after: ReadonlySet<EventType>;
  readonly why: readonly string[];
}

function planRule(rule: Rule, host: PreventionHost, table: MeasureTable): PlannedRule {
  const planner = new RulePlanner(rule, host, table);
  const analysis = analysed(rule);
  if (analysis.decidable) {
    for (const form of analysis.forms) planner.addExact(form);
  } else {
    for (const form of analysis.candidates) planner.addCandidates(form, analysis.reasons);
    planner.addUncovered(analysis.reasons);
  }
  return planner.finish();
}

function analysed(rule: Rule): ReturnType<typeof analyseForKernel> {
  try {
    return analyseForKernel(rule);
  } catch (thrown) {
    return { decidable: false, reasons: [messageOf(thrown)], candidates: [] };
  }
}

class RulePlanner {
  readonly #rule: Rule;
  readonly #host: PreventionHost;
  readonly #table: MeasureTable;
  readonly #measures: Measure[] = [];
  readonly #covered = new Set<EventType>();
  readonly #after = new Set<EventType>();
  readonly #why = new Set<string>();

  constructor(rule: Rule, host: PreventionHost, table: MeasureTable) {
    this.#table = table;
    this.#rule = rule;
    this.#host = host;
  }

  addExact(form: KernelForm): void {
    const ways = form.alternatives.map((alternative) => {
      const measured = measuresOf(form.hook, alternative, this.#host.devices);
      return { measured, container: alternative.container };
    });
    for (const { measured } of ways) if (measured.kind === "none") this.#why.add(measured.reason);
    for (const { measured, container } of ways) {
      if (measured.kind !== "exact" || !this.#add(measured.measures, container)) this.#killAfter(form);
    }
    for (const type of form.eventTypes) this.#covered.add(type);
  }

  /** Programs wait until the engine has decided; the rest happens before anybody can. */
  addCandidates(form: KernelForm, reasons: readonly string[]): void {
    for (const type of form.eventTypes) this.#covered.add(type);
    if (form.hook !== "exec") {
      for (const reason of reasons) this.#why.add(reason);
      this.#killAfter(form);
      return;
    }
    for (const alternative of form.alternatives) {
      if (!this.#add(heldFor(alternative), alternative.container)) this.#killAfter(form);
    }
  }

  addUncovered(reasons: readonly string[]): void {
    const left = this.#rule.eventTypes.filter((type) => !this.#covered.has(type));
    if (left.length === 0) return;
    for (const type of left) this.#after.add(type);
    for (const reason of reasons) this.#why.add(reason);
  }

  finish(): PlannedRule {
    return { measures: this.#measures, after: this.#after, why: [...this.#why] };
  }

  /** Whether this host has what all of them need. */
  #add(measures: readonly Measure[], container: readonly ContainerTest[]): boolean {
    const missing = measures
      .flatMap(({ kind }) => programsFor(kind))
      .filter((program) => !this.#host.loaded.has(program));
    if (missing.length > 0) {
      this.#why.add(`this host does not load ${[...new Set(missing)].join(", ")}`);
      return false;
    }
    for (const measure of measures) {
      this.#measures.push(measure);
      if (this.#table.add(this.#rule.name, measure, container)) continue;
      this.#why.add("there are too many kinds of containers that rules ask for");
      return false;
    }
    return true;
  }

  #killAfter(form: KernelForm): void {
    for (const type of form.eventTypes) this.#after.add(type);
  }
}

function enforcementOf(rule: Rule, { measures, after, why }: PlannedRule): Enforcement {
  if (after.size > 0) {
    const told = `the process is killed after ${[...after].join(", ")}, but not a runtime that makes the container`;
    return { enforceability: "kills", why: [told, ...why].slice(0, MAX_WHY) };
  }
  if (rule.eventTypes.length === 0) return { enforceability: "detects", why: ["no event can match"] };
  return { enforceability: "prevents", why: waysOf(measures) };
}

function waysOf(measures: readonly Measure[]): readonly string[] {
  const ways = new Set<string>();
  for (const measure of measures) {
    if ("act" in measure && measure.act === "hold") ways.add(HELD);
    if (measure.kind === "device") ways.add("devices are refused by their numbers, under whatever name");
    if (measure.kind === "address" && measure.port === 0) ways.add("packets are refused in both directions");
    if (measure.kind === "sysctl" && isOwnSwitch(measure.name)) {
      ways.add(
        "switches of a container's own are refused from three seconds after its start: its engine sets them",
      );
    }
    if (measure.kind === "file") ways.add("files are refused from a moment after the container has started");
  }
  return [...ways];
}

const HELD = "programs wait until the engine has decided";
