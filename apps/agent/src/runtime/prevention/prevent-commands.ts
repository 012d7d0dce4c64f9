import type { ContainerTest } from "@pratique/rules";
import type { MessageBody } from "@pratique/sensor";
import type { Measure, PlannedMeasure, ProgramSwitch } from "./measure.ts";

/** Longer than a container may be unknown: what is held then is decided before. */
const HOLD_DEADLINE_MS = 10_000;
const FILE_DEADLINE_MS = 500;
/** Numbers of indicators from here on are measures of rules. */
const RULE_INDICATORS = 0xf000_0000;

/** What the native sensor is told of all measures, and whether the kernel goes on with them when it has ended. */
export function preventCommand(measures: readonly PlannedMeasure[], survive: boolean): MessageBody {
  const entries = measures.map(({ measure, group }, place) => ({
    measure,
    numbered: { rule: place + 1, groups: 2 ** group },
  }));
  const of = <Kind extends Measure["kind"]>(kind: Kind) =>
    entries.flatMap(({ measure, numbered }) => (isOf(measure, kind) ? [{ measure, numbered }] : []));
  return {
    mode: "enforce",
    survive,
    executables: of("executable").map(({ measure: { named, act }, numbered }) => {
      return { ...numbered, action: act, ...named };
    }),
    // What was not decided about in time does not run; but a sensor that is gone must not stop a host.
    hold: { deadlineMs: HOLD_DEADLINE_MS, onDeadline: "kill", unattended: "continue" },
    sysctls: of("sysctl").map(({ measure: { name }, numbered }) => ({ ...numbered, name })),
    devices: of("device").map(({ measure: { type, major, minor, access }, numbered }) => {
      return { ...numbered, type, major, minor, access };
    }),
    sockets: of("socket").map(({ measure: { named }, numbered }) => ({ ...numbered, ...named })),
    files: { deadlineMs: FILE_DEADLINE_MS, onDeadline: "deny" },
  };
}

export interface PolicyRequest {
  /** Whether a container is meant; undefined where that is not known yet. */
  readonly answer: (test: ContainerTest) => boolean | undefined;
  /** What is done about the set of listed peers. */
  readonly channel: "off" | "report" | "enforce" | "quarantine";
  /** A process of the container, through whose root its files are found. */
  readonly pid: number | undefined;
  /** What its engine writes for it before its first program runs. */
  readonly sysctls: readonly string[];
}

export interface ContainerPolicy {
  readonly policy: MessageBody;
  readonly pid: number | undefined;
  /** For `channel`, `add`; without the number of the cgroup. */
  readonly addresses: readonly {
    readonly address: string;
    readonly port: number;
    readonly indicator: number;
  }[];
}

/**
 * The policy of one container. Where it is not known yet whether it is meant, its programs wait, until it is known and
 * the policy that follows from that is in force.
 */
export function containerPolicy(
  measures: readonly PlannedMeasure[],
  { answer, channel, pid, sysctls }: PolicyRequest,
): ContainerPolicy {
  const judged = measures.map((planned, place) => ({ ...planned, place, meant: isMeant(planned, answer) }));
  const meant = judged.filter((each) => each.meant === true);
  const unknown = judged.filter((each) => each.meant === undefined);
  const has = (kind: Measure["kind"]) => meant.some(({ measure }) => measure.kind === kind);
  const addresses = meant.flatMap(({ measure, place }) =>
    measure.kind === "address"
      ? [{ address: measure.address, port: measure.port, indicator: RULE_INDICATORS + place + 1 }]
      : [],
  );
  const files = meant.flatMap(({ measure, place }) =>
    measure.kind === "file" && pid !== undefined
      ? [{ rule: place + 1, on: "open", action: "deny", ...measure.named }]
      : [],
  );
  const isUndecided = unknown.some(({ measure }) => !programSwitches.has(measure.kind));
  return {
    policy: {
      drift: switchOf("drift", meant, unknown),
      memfd: switchOf("memfd", meant, unknown),
      mounted: switchOf("mounted", meant, unknown),
      executables: has("executable") ? "enforce" : "off",
      hold: has("every-program") || isUndecided,
      sysctl: has("sysctl") ? "listed" : "off",
      sysctls,
      devices: has("device") ? "deny" : "off",
      sockets: has("socket") ? "deny" : "off",
      // Single addresses are refused from `report` on.
      channel: channel === "off" && addresses.length > 0 ? "report" : channel,
      groups: meant.reduce((bits, { group }) => bits + (hasBit(bits, group) ? 0 : 2 ** group), 0),
      files,
    },
    pid: files.length > 0 ? pid : undefined,
    addresses,
  };
}

/** The place in the plan of the measure that an indicator's number stands for; undefined for a listed peer. */
export function measureOfIndicator(indicator: number): number | undefined {
  return indicator > RULE_INDICATORS ? indicator - RULE_INDICATORS - 1 : undefined;
}

export function isMeant(
  { container }: Pick<PlannedMeasure, "container">,
  answer: (test: ContainerTest) => boolean | undefined,
): boolean | undefined {
  const answers = container.map(answer);
  if (answers.includes(false)) return false;
  return answers.includes(undefined) ? undefined : true;
}

/** Each has an act of its own by which it waits. */
const programSwitches: ReadonlySet<Measure["kind"]> = new Set(["drift", "memfd", "mounted"]);

function switchOf(
  kind: ProgramSwitch,
  meant: readonly PlannedMeasure[],
  unknown: readonly PlannedMeasure[],
): "kill" | "hold" | "off" {
  const acts = meant.flatMap(({ measure }) => (measure.kind === kind ? [measure.act] : []));
  if (acts.includes("kill")) return "kill";
  return acts.includes("hold") || unknown.some(({ measure }) => measure.kind === kind) ? "hold" : "off";
}

function hasBit(bits: number, place: number): boolean {
  return Math.floor(bits / 2 ** place) % 2 === 1;
}

function isOf<Kind extends Measure["kind"]>(
  measure: Measure,
  kind: Kind,
): measure is Extract<Measure, { readonly kind: Kind }> {
  return measure.kind === kind;
}
