import {
  type ChannelAction,
  type Detection,
  type Indicator,
  matchesGlob,
  priorities,
  type RuntimeContainer,
} from "@pratique/core";
import { hardness } from "../act.ts";
import { type ChannelHit, containerOf, type ResponseOrder, type Trigger } from "../trigger.ts";
import type { EvidenceOrder, Ladder, ResponsePolicy, Rung, Selector } from "./response-policy.ts";

/** What is to be done about a trigger. */
export interface Decision {
  readonly action: ChannelAction;
  readonly dryRun: boolean;
  /** Undefined where a person has to end it. */
  readonly forMs: number | undefined;
  readonly evidence: EvidenceOrder | undefined;
  readonly cutFirst: boolean;
  /** A person asks for it, and means it each time: it is no part of a flood. */
  readonly isOrder: boolean;
  readonly otherwise: readonly ChannelAction[] | undefined;
  readonly peers: readonly string[] | "all";
  /** What the circuit breaker counts by; undefined where a person decided. */
  readonly cause: string | undefined;
  readonly decidedBy: string;
  readonly reason: string;
  /** The detection or hit that it answers; undefined where a person ordered it about none. */
  readonly trigger: string | undefined;
  /** Why it is reported although more was asked for. */
  readonly spared: string | undefined;
}

const MINUTE_MS = 60_000;
/** Whoever answers for a name may answer with any number of addresses. */
const MAX_PEERS = 64;
const MAX_NAMED = 5;

/** Applies a policy to a trigger. `isOwn` tells containers of our own, which are never acted on. */
export function decide(
  policy: ResponsePolicy,
  trigger: Trigger,
  isOwn: (container: RuntimeContainer) => boolean,
): Decision {
  const container = containerOf(trigger);
  const decision = unspared(policy, trigger, container);
  if (decision.action === "report") return decision;
  const spared =
    container === undefined ? "it happened on the host itself" : sparedBy(policy, container, isOwn);
  return spared === undefined ? decision : { ...decision, action: "report", spared };
}

function unspared(
  policy: ResponsePolicy,
  trigger: Trigger,
  container: RuntimeContainer | undefined,
): Decision {
  const ladder = policy.ladders.find(({ match }) => container !== undefined && fits(match, container));
  const dryRun = policy.mode === "dry-run";
  switch (trigger.kind) {
    case "order":
      return ordered(trigger.order);
    case "channel":
      return forChannel(ladder, trigger.hit, dryRun);
    case "detection":
      return forDetection(ladder, trigger.detection, dryRun);
  }
}

function ordered({ action, by, reason, forMs, peers, answers }: ResponseOrder): Decision {
  return {
    action,
    dryRun: false,
    forMs,
    evidence: undefined,
    cutFirst: false,
    isOrder: true,
    otherwise: [],
    peers: peers ?? "all",
    cause: undefined,
    trigger: answers,
    decidedBy: `person ${by}`,
    reason,
    spared: undefined,
  };
}

function forChannel(ladder: Ladder | undefined, hit: ChannelHit, dryRun: boolean): Decision {
  const { indicator, remote, answered = [], confirmed = false } = hit;
  const found = new Set([remote.address, ...answered].filter((address) => address !== ""));
  const peers = [...found].slice(0, MAX_PEERS);
  const met = peers.length === 0 ? "a name" : peers.slice(0, MAX_NAMED).join(", ");
  const reason = `${peers.length === 0 ? "asked for" : "talked to"} ${met}, which ${indicator.source} lists as ${indicator.value}`;
  const decision = climbed(ladder, ladder?.channel, {
    dryRun,
    cause: causeOf(indicator),
    trigger: hit.id,
    reason,
    peers,
  });
  // The kernel has dropped the question; where nobody answered there is nobody to be cut from.
  const isNothing = peers.length === 0 && decision.action === "cut";
  return {
    ...decision,
    ...(isNothing && { action: "report" }),
    ...(confirmed && { cause: undefined, decidedBy: `${decision.decidedBy}, confirmed by a person` }),
  };
}

/** What the circuit breaker counts hits of an indicator by. */
export function causeOf({ source, kind, value }: Pick<Indicator, "source" | "kind" | "value">): string {
  return `indicator ${source} ${kind} ${value}`;
}

function forDetection(ladder: Ladder | undefined, detection: Detection, dryRun: boolean): Decision {
  const rung = ladder?.detections.find(
    ({ rules, tags, priority }) =>
      (rules?.some((pattern) => matchesGlob(pattern, detection.rule)) ?? true) &&
      (tags?.some((pattern) => detection.tags.some((tag) => matchesGlob(pattern, tag))) ?? true) &&
      (priority === undefined || priorities.indexOf(detection.priority) <= priorities.indexOf(priority)),
  )?.rung;
  return climbed(ladder, rung ?? ruleRung(ladder, detection), {
    dryRun,
    cause: `rule ${detection.rule}`,
    trigger: detection.id,
    reason: detection.output,
    peers: "all",
  });
}

/** What the rule itself asks for. `kill` and `deny` are the kernel's, and happened or did not when this is read. */
function ruleRung(ladder: Ladder | undefined, { action }: Detection): Rung | undefined {
  if (ladder === undefined || (action !== "cut" && action !== "pause" && action !== "stop")) return undefined;
  const { hardest, ...settings } = ladder.ruleActions;
  return { action: hardness(action) > hardness(hardest) ? hardest : action, ...settings };
}

function climbed(
  ladder: Ladder | undefined,
  rung: Rung | undefined,
  about: Pick<Decision, "dryRun" | "reason" | "peers" | "trigger"> & { readonly cause: string },
): Decision {
  return {
    ...about,
    action: rung?.action ?? "report",
    dryRun: about.dryRun || (rung?.dryRun ?? false),
    forMs: rung === undefined || rung.forMinutes === null ? undefined : rung.forMinutes * MINUTE_MS,
    evidence: rung?.evidence,
    cutFirst: rung?.cutFirst ?? false,
    isOrder: false,
    otherwise: rung?.otherwise,
    decidedBy: ladder === undefined ? "no ladder" : `ladder ${ladder.name}`,
    spared: undefined,
  };
}

function sparedBy(
  { spare }: ResponsePolicy,
  container: RuntimeContainer,
  isOwn: (container: RuntimeContainer) => boolean,
): string | undefined {
  if (isOwn(container)) return "it is a container of our own: the agent or its server runs in it";
  return isSpared({ spare }, container) ? "the policy spares it" : undefined;
}

type Selected = Pick<RuntimeContainer, "name" | "image" | "labels">;

/** Whether a policy lets nothing be done about a container. */
export function isSpared({ spare }: Pick<ResponsePolicy, "spare">, container: Selected): boolean {
  // A selector that says nothing would spare everything, which nobody means.
  return spare.some((selector) => Object.keys(selector).length > 0 && fits(selector, container));
}

function fits({ names, images, labels }: Selector, container: Selected): boolean {
  const { name, image } = container;
  return (
    (names?.some((pattern) => matchesGlob(pattern, name)) ?? true) &&
    (images?.some((pattern) => matchesGlob(pattern, image)) ?? true) &&
    Object.entries(labels ?? {}).every(([key, values]) => {
      const value = Object.hasOwn(container.labels, key) ? container.labels[key] : undefined;
      return value !== undefined && values.some((pattern) => matchesGlob(pattern, value));
    })
  );
}
