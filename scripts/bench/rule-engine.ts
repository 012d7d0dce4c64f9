import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import type { EventType } from "../../packages/core/src/index.ts";
import {
  builtinRuleFiles,
  compileRules,
  loadRules,
  type RuleEngine,
  type RuleFile,
} from "../../packages/rules/src/index.ts";
import type { Bench, Row } from "./bench.ts";
import { repository } from "./product.ts";
import { BenchCatalog, type BenchEvent, benchEvents } from "./rule-engine-events.ts";
import { spread } from "./statistics.ts";

const ROUNDS = 7;
const EVENTS = 20_000;
const EVENTS_PER_ROUND = 1_000_000;
const upstream = path.resolve(repository, "../shared/data/falco-rules/rules");

export const ruleEngine: Bench = {
  name: "rule-engine",
  description: "how many events a second the rules are asked about, in process",
  unavailable: () => (existsSync(upstream) ? undefined : "needs ../shared/data/falco-rules"),
  async run(say) {
    const all = [...builtinRuleFiles, ...upstreamFiles()];
    return [
      mixedRow("the default rules and Falco's, every match told", all, say),
      mixedRow("the default rules alone, every match told", builtinRuleFiles, say),
      oneTypeRow("execve", all, say),
      oneTypeRow("openat", all, say),
      compileRow(all, say),
    ];
  },
};

function upstreamFiles(): readonly RuleFile[] {
  return globSync(path.join(upstream, "*.yaml"))
    .sort()
    .map((file) => ({ name: path.basename(file), text: readFileSync(file, "utf8") }));
}

function mixedRow(what: string, files: readonly RuleFile[], say: (text: string) => void): Row {
  const engine = engineOf(files);
  say(`${what} …`);
  const { rates, matchShare } = measure(engine, benchEvents(EVENTS));
  return {
    what: `rule engine: ${what} (${engine.rules.length} rules)`,
    target: "≥ 500,000 events/s",
    result: spread(rates, "events/s"),
    peer: `${(matchShare * 100).toFixed(1)} matches in 100 events`,
  };
}

function oneTypeRow(type: EventType, files: readonly RuleFile[], say: (text: string) => void): Row {
  say(`${type} alone …`);
  const { rates } = measure(engineOf(files), benchEvents(EVENTS, type));
  return {
    what: `rule engine: the same, ${type} alone`,
    target: "",
    result: spread(rates, "events/s"),
    peer: "",
  };
}

function compileRow(files: readonly RuleFile[], say: (text: string) => void): Row {
  say("reading and compiling …");
  const times = Array.from({ length: ROUNDS }, () => {
    const started = performance.now();
    engineOf(files);
    return performance.now() - started;
  });
  return {
    what: "rule engine: reading and compiling all files",
    target: "",
    result: spread(times, "ms"),
    peer: "",
  };
}

function engineOf(files: readonly RuleFile[]): RuleEngine<BenchEvent> {
  const loaded = loadRules(files);
  if (loaded.kind === "invalid") throw new Error(`rules with errors: ${loaded.issues[0]?.message}`);
  return compileRules(loaded.ruleSet, new BenchCatalog(), { typeOf: (event) => event.type, matching: "all" });
}

function measure(
  engine: RuleEngine<BenchEvent>,
  events: readonly BenchEvent[],
): { readonly rates: readonly number[]; readonly matchShare: number } {
  const rates: number[] = [];
  let matches = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    const started = performance.now();
    matches = 0;
    for (let asked = 0; asked < EVENTS_PER_ROUND; asked += events.length) {
      for (const event of events) matches += engine.match(event).length;
    }
    // The first round is compiled while it runs.
    if (round > 0) rates.push((EVENTS_PER_ROUND * 1000) / (performance.now() - started));
  }
  return { rates, matchShare: matches / EVENTS_PER_ROUND };
}
