import { createReadStream, statSync } from "node:fs";
import { messageOf, type Priority, priorities } from "@pratique/core";
import { printable } from "@pratique/report";
import { checkRules, compileRules, type Rule, type RuleMatch, type RuleSet } from "@pratique/rules";
import {
  type RecordingAbout,
  replayRecording,
  SensorError,
  type SensorEvent,
  SensorFields,
  type SensorScope,
  scopeOfNeeds,
} from "@pratique/sensor";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { Progress } from "../progress.ts";
import { loadOwnRules, tellInvalid } from "../runtime/own-rules.ts";

export interface RulesTestFlags {
  readonly on: string;
  readonly failOn?: string;
  readonly json?: boolean;
}

const CHUNK_BYTES = 1 << 20;

/**
 * `pratique rules test [FILE…] --on RECORDING`: what rules say of events that `pratique runtime record` recorded. All
 * rules are asked about each event, so that none hides what another says. Ends with 2 where a file cannot be used, or a
 * rule of the priority of `--fail-on` or a more urgent one speaks, and with 3 where the recording does not hold what a
 * rule is about.
 */
export async function rulesTest(
  context: Context,
  files: readonly string[],
  flags: RulesTestFlags,
): Promise<ExitCode> {
  const { settings, console } = context;
  const limit = readPriority(flags.failOn);
  const own = loadOwnRules(files, settings.runtime);
  if (own.kind === "invalid") {
    tellInvalid(own, console, flags);
    return exitCodes.refused;
  }
  for (const warning of own.warnings) console.say(`warning: ${printable(warning)}`);
  const trial = new Trial(own.ruleSet, (match) => {
    console.print(flags.json === true ? `${JSON.stringify(matchJson(match))}\n` : lineOf(match));
  });
  await replay(context, flags.on, trial);
  const { summary } = trial;
  if (flags.json === true) console.print(`${JSON.stringify(summary)}\n`);
  else tellSummary(context, summary);
  const isOver = ({ priority, matches }: TriedRule) => matches > 0 && isAsUrgent(priority, limit);
  if (summary.rules.some(isOver)) return exitCodes.refused;
  return summary.rules.every(({ reasons }) => reasons.length === 0) ? exitCodes.fine : exitCodes.unassessed;
}

/** What became of one rule. */
interface TriedRule {
  readonly rule: string;
  readonly priority: Priority;
  readonly enabled: boolean;
  readonly matches: number;
  /** Why it may be silent about what it is there for; none where the recording holds all that it asks for. */
  readonly reasons: readonly string[];
}

interface Summary {
  readonly host: string;
  readonly events: number;
  readonly containers: number;
  /** From the first event to the last. */
  readonly seconds: number;
  readonly rules: readonly TriedRule[];
}

interface SaidMatch {
  readonly event: SensorEvent;
  readonly match: RuleMatch<SensorEvent>;
}

/** Asks rules about the events of a recording, and counts. */
class Trial {
  readonly #ruleSet: RuleSet;
  readonly #fields = new SensorFields();
  readonly #engine;
  readonly #onMatch: (said: SaidMatch) => void;
  readonly #matches = new Map<string, number>();
  readonly #containers = new Set<string>();
  #host = "";
  #told: SensorScope = { eventTypes: [], hostEventTypes: [], environment: false };
  #events = 0;
  #firstMs: number | undefined;
  #lastMs = 0;

  constructor(ruleSet: RuleSet, onMatch: (said: SaidMatch) => void) {
    this.#ruleSet = ruleSet;
    this.#engine = this.#compile(ruleSet);
    this.#onMatch = onMatch;
  }

  begin({ hostName, ...told }: RecordingAbout): void {
    this.#host = hostName;
    this.#told = told;
  }

  take(events: readonly SensorEvent[]): void {
    for (const event of events) {
      this.#events += 1;
      this.#firstMs ??= event.time;
      this.#lastMs = event.time;
      if (event.container !== undefined) this.#containers.add(event.container.id);
      for (const match of this.#engine.match(event)) {
        this.#matches.set(match.rule.name, (this.#matches.get(match.rule.name) ?? 0) + 1);
        this.#onMatch({ event, match });
      }
    }
  }

  get summary(): Summary {
    return {
      host: this.#host,
      events: this.#events,
      containers: this.#containers.size,
      seconds: Math.round((this.#lastMs - (this.#firstMs ?? this.#lastMs)) / 1000),
      rules: this.#ruleSet.rules.map((rule) => ({
        rule: rule.name,
        priority: rule.priority,
        enabled: rule.enabled,
        matches: this.#matches.get(rule.name) ?? 0,
        reasons: rule.enabled ? this.#reasonsOf(rule) : ["it is off"],
      })),
    };
  }

  #compile(ruleSet: RuleSet) {
    return compileRules<SensorEvent>(ruleSet, this.#fields, {
      typeOf: ({ type }) => type,
      matching: "all",
      wants: ({ enabled }) => enabled,
    });
  }

  /** What the recording does not hold of that which a rule asks for. */
  #reasonsOf(rule: Rule): readonly string[] {
    const told = { types: new Set(this.#told.eventTypes), ofHost: new Set(this.#told.hostEventTypes) };
    const only = { rules: [rule], skipped: [] };
    const [support] = checkRules(only, {
      eventTypes: told.types,
      hasField: (name, argument) => this.#fields.reader(name, argument) !== undefined,
    });
    const { hostEventTypes, environment } = scopeOfNeeds(this.#compile(only).needs);
    const missing = hostEventTypes.filter((type) => told.types.has(type) && !told.ofHost.has(type));
    return [
      ...(support?.reasons ?? []),
      ...missing.map((type) => `no events of type ${type} of the host's own processes`),
      ...(environment && !this.#told.environment ? ["no environments of programs"] : []),
    ];
  }
}

async function replay({ console, elapsedMs }: Context, file: string, trial: Trial): Promise<void> {
  using progress = new Progress(console, elapsedMs);
  try {
    const total = statSync(file).size;
    const read = async function* () {
      let done = 0;
      for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES })) {
        done += Buffer.byteLength(chunk);
        progress.show("replaying", done, total);
        yield chunk;
      }
    };
    await replayRecording(read(), {
      onAbout: (about) => trial.begin(about),
      onEvents: (events) => trial.take(events),
    });
  } catch (cause) {
    if (cause instanceof SensorError) {
      const what = `${JSON.stringify(file)} is no whole recording: ${cause.message}`;
      throw new CliError("RECORDING_MALFORMED", what, { cause });
    }
    throw new CliError("USAGE", `cannot read ${JSON.stringify(file)}: ${messageOf(cause)}`, { cause });
  }
}

function matchJson({ event, match }: SaidMatch): object {
  const { time, type, container } = event;
  return {
    time: new Date(time).toISOString(),
    rule: match.rule.name,
    priority: match.rule.priority,
    eventType: type,
    container: container === undefined ? undefined : { id: container.id, name: container.name },
    output: match.output(),
  };
}

function lineOf({ event, match }: SaidMatch): string {
  const { name, priority } = match.rule;
  const time = new Date(event.time).toISOString().slice(11, 23);
  return `${time}  ${priority.padEnd(13)}  ${printable(name)}: ${printable(match.output())}\n`;
}

function tellSummary({ console }: Context, { host, events, containers, seconds, rules }: Summary): void {
  const told = rules.filter(
    ({ matches, reasons, enabled }) => matches > 0 || (enabled && reasons.length > 0),
  );
  if (told.length > 0 && rules.some(({ matches }) => matches > 0)) console.print("\n");
  for (const { rule, matches, reasons } of told) {
    console.print(`${String(matches).padStart(7)}  ${printable(rule)}\n`);
    for (const reason of reasons) console.print(`         not recorded: ${printable(reason)}\n`);
  }
  const spoke = rules.filter(({ matches }) => matches > 0).length;
  const where = `${events} events in ${seconds} s on ${printable(host)}, containers: ${containers}`;
  console.say(`${where}; ${spoke} of ${rules.length} rules spoke`);
}

function readPriority(text: string | undefined): Priority | undefined {
  if (text === undefined) return undefined;
  const found = priorities.find((priority) => priority === text.toLowerCase());
  if (found === undefined) throw new CliError("USAGE", `--fail-on is one of ${priorities.join(", ")}`);
  return found;
}

function isAsUrgent(priority: Priority, limit: Priority | undefined): boolean {
  return limit !== undefined && priorities.indexOf(priority) <= priorities.indexOf(limit);
}
