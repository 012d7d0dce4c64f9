import {
  type ContainerRuntimeReport,
  MAX_AGENT_BODY_BYTES,
  MAX_HOST_RULES,
  MAX_RULE_TAGS,
  MAX_RUNTIME_CONTAINERS,
  type RuntimeReport,
} from "@pratique/api";
import { fairShare, fitWithin, sizeOf } from "../fit-within.ts";

type HostRules = NonNullable<RuntimeReport["rules"]>;
type HostRule = HostRules[number];

/** A server that was restored from an older copy of itself knows of no rules, or of others. */
const RULES_AGAIN_AFTER_MS = 3_600_000;
const MAX_CONTAINERS_BYTES = MAX_AGENT_BODY_BYTES / 2;
const MAX_RULES_BYTES = MAX_AGENT_BODY_BYTES / 8;
const MAX_NAME = 1024;
const MAX_TEXT = 65_536;

export interface RuntimeReportsOptions {
  /** Rejects where the server does not take it. */
  readonly send: (report: RuntimeReport) => Promise<void>;
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
}

/**
 * Tells the server what goes on in the containers of this host. Each report is all there is to tell of them, so that one
 * which it did not take is made good by the next; rules are told once, and again until it has them.
 */
export class RuntimeReports {
  readonly #options: RuntimeReportsOptions;
  #rules: HostRules | undefined;
  /** When the server took them; undefined where it has not. */
  #toldAt: number | undefined;

  constructor(options: RuntimeReportsOptions) {
    this.#options = options;
  }

  /** Rejects where the server does not take it. */
  async send({ rules: changed, ...report }: RuntimeReport): Promise<void> {
    const { send, elapsedMs } = this.#options;
    if (changed !== undefined) {
      this.#rules = [...fitWithin(changed.slice(0, MAX_HOST_RULES).map(bounded), MAX_RULES_BYTES, cutRule)];
      this.#toldAt = undefined;
    }
    const rules = this.#areRulesDue() ? this.#rules : undefined;
    const containers = report.containers.slice(0, MAX_RUNTIME_CONTAINERS);
    await send({
      ...report,
      sensor: { ...report.sensor, detail: report.sensor.detail.slice(0, MAX_TEXT) },
      ...(rules !== undefined && { rules }),
      containers: [...fitWithin(containers, MAX_CONTAINERS_BYTES, cutContainer)],
    });
    if (rules !== undefined && rules === this.#rules) this.#toldAt = elapsedMs();
  }

  #areRulesDue(): boolean {
    return this.#toldAt === undefined || this.#options.elapsedMs() - this.#toldAt >= RULES_AGAIN_AFTER_MS;
  }
}

/** Whoever writes rules may call them as they like. */
function bounded(rule: HostRule): HostRule {
  return {
    ...rule,
    rule: rule.rule.slice(0, MAX_NAME),
    tags: rule.tags.slice(0, MAX_RULE_TAGS).map((tag) => tag.slice(0, MAX_NAME)),
    reasons: rule.reasons.map((reason) => reason.slice(0, MAX_NAME)),
  };
}

function cutRule(rule: HostRule): HostRule {
  return { ...rule, tags: [], reasons: [] };
}

/** The newest files, and what was told first of the rest, stay. */
function cutContainer(report: ContainerRuntimeReport, maxBytes: number): ContainerRuntimeReport {
  const { processes, flows, written } = report;
  const bare = { ...report, processes: [], flows: [], written: [], listening: [] };
  const lists = [report.listening, processes, flows, written.toReversed()];
  const sizes = lists.map((list) => list.map((item) => sizeOf(item) + 1));
  const share = fairShare(sizes.map(sum), maxBytes - sizeOf(bare));
  const [listens = 0, runs = 0, flown = 0, wrote = 0] = sizes.map((each) => countWithin(each, share));
  const kept = listens + runs + flown + wrote;
  return {
    ...report,
    listening: report.listening.slice(0, listens),
    processes: processes.slice(0, runs),
    flows: flows.slice(0, flown),
    written: written.slice(written.length - wrote),
    leftOut: report.leftOut + sum(lists.map(({ length }) => length)) - kept,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((before, each) => before + each, 0);
}

/** How many of the first fit together. */
function countWithin(sizes: readonly number[], maxBytes: number): number {
  let left = maxBytes;
  const first = sizes.findIndex((size) => {
    left -= size;
    return left < 0;
  });
  return first === -1 ? sizes.length : first;
}
