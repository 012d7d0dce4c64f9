import type { ChannelAction } from "@pratique/core";
import { hardness } from "../act.ts";
import { CircuitBreaker } from "../circuit-breaker.ts";
import type { ChannelHit } from "../trigger.ts";
import { decide } from "./decide.ts";
import type { ResponsePolicy } from "./response-policy.ts";

/** What a policy would have done about one hit. */
export interface RehearsedResponse {
  /** What would have been done: `report` where the policy, a dry run or the breaker says so. */
  readonly action: ChannelAction;
  /** What the policy asks for. */
  readonly asked: ChannelAction;
  readonly decidedBy: string;
  readonly dryRun: boolean;
  /** Why the container is never acted on; undefined where it may be. */
  readonly spared: string | undefined;
  /** Why the circuit breaker would have let nothing be done; undefined where it would not have stopped it. */
  readonly stoppedBy: string | undefined;
}

interface Standing {
  readonly action: ChannelAction;
  readonly peer: string;
  readonly until: number;
}

/**
 * Says what a policy would have done about hits of the past, and where its circuit breaker would have ended it. What the
 * host could not have done, how many containers ran, and what happens because a channel was cut is not rehearsed.
 */
export class ResponseRehearsal {
  readonly #policy: ResponsePolicy;
  readonly #breaker: CircuitBreaker;
  readonly #standing = new Map<string, readonly Standing[]>();
  #now = 0;

  constructor(policy: ResponsePolicy) {
    this.#policy = policy;
    this.#breaker = new CircuitBreaker({
      limits: () => policy.limits,
      now: () => this.#now,
      state: { counted: [], trips: [] },
    });
  }

  /** To be asked in the order of time. `isOwn` tells a container of our own. */
  rehearse(hit: ChannelHit, { isOwn }: { readonly isOwn: boolean }): RehearsedResponse {
    this.#now = Date.parse(hit.time);
    const {
      action: asked,
      dryRun,
      decidedBy,
      spared,
      cause,
      forMs,
    } = decide(this.#policy, { kind: "channel", hit }, () => isOwn);
    const response = { action: asked, asked, decidedBy, dryRun, spared, stoppedBy: undefined };
    if (asked === "report") return response;
    if (dryRun) return { ...response, action: "report" };
    const { id } = hit.container;
    const peer = hit.remote.address;
    const standing = (this.#standing.get(id) ?? []).filter(({ until }) => until > this.#now);
    if (standing.some((act) => covers(act, asked, peer))) return response;
    const admission = this.#breaker.admit(cause ?? decidedBy, id, { held: new Set(), running: undefined });
    if (!admission.admitted) return { ...response, action: "report", stoppedBy: admission.because };
    const until = this.#now + (forMs ?? Number.POSITIVE_INFINITY);
    this.#standing.set(id, [...standing, { action: asked, peer, until }].slice(-MAX_STANDING));
    return response;
  }
}

/** As many as are in force about one container at most. */
const MAX_STANDING = 100;

/** Whether an act that stands does already what is asked. */
function covers(act: Standing, asked: ChannelAction, peer: string): boolean {
  if (hardness(act.action) !== hardness(asked)) return hardness(act.action) > hardness(asked);
  return asked !== "cut" || act.peer === peer;
}
