import { type Detection, priorities, type RuntimeEvent, type RuntimeProcess } from "@pratique/core";

/** What a detection spoiled: a process and all that comes of it, or a whole container. */
export interface Taint {
  readonly container: string;
  /** Undefined for all of the container. */
  readonly pid: number | undefined;
  /** When it was detected: a later process may have the same number. */
  readonly at: number;
  readonly rule: string;
}

/** What has to be known of a detection: a {@link Detection} is one, and so is one that nobody is told of. */
export interface Spoiler extends Pick<Detection, "rule" | "priority" | "time"> {
  readonly container: Pick<NonNullable<Detection["container"]>, "id"> | undefined;
  /** The process first. */
  readonly processes: readonly Pick<Detection["processes"][number], "pid">[];
}

/** Who did something: a process, its ancestors within so many steps, and where. */
export interface Doer {
  readonly container: string;
  readonly time: number;
  /** The process first. */
  readonly chain: readonly { readonly pid: number; readonly startedAt: number }[];
}

export const MOST_RULE = 400;
export const MOST_TAINTS = 256;
export const MOST_CHAIN = 16;

/** From this priority on nothing is learned from what a detection touched. */
const TAINTS_PROCESS = priorities.indexOf("warning");
/** From this one on nothing is learned from its container. */
const TAINTS_CONTAINER = priorities.indexOf("critical");

/**
 * Keeps an attack from becoming what is normal. A detection spoils its process and all that descends from it; an
 * urgent one, or too many, its container; when too many are spoiled, nothing is learned any more.
 */
export class Guard {
  readonly #taints: Taint[] = [];

  /** Gives what the detection spoils; undefined where it is not urgent enough, or of no container. */
  taintOf({ priority, container, processes, time, rule }: Spoiler): Taint | undefined {
    const urgency = priorities.indexOf(priority);
    if (urgency > TAINTS_PROCESS || container === undefined) return undefined;
    const pid = urgency > TAINTS_CONTAINER ? processes[0]?.pid : undefined;
    // The time has no fractions of milliseconds, those of processes do.
    const at = Date.parse(time) + 1;
    return {
      container: container.id,
      pid,
      at: Number.isNaN(at) ? Number.MAX_SAFE_INTEGER : at,
      rule: rule.slice(0, MOST_RULE),
    };
  }

  add(taint: Taint): void {
    if (this.#taints.length < MOST_TAINTS && !this.#taints.some((one) => sameTaint(one, taint))) {
      this.#taints.push(taint);
    }
  }

  /** True once there were more detections than can be told apart. */
  get isFull(): boolean {
    return this.#taints.length >= MOST_TAINTS;
  }

  get taints(): readonly Taint[] {
    return this.#taints;
  }

  /** The rule by which a doer is spoiled. */
  spoils(doer: Doer): string | undefined {
    if (this.#taints.length === 0) return undefined;
    if (this.isFull) return "too many detections";
    return this.#taints.find((taint) => isTouched(taint, doer))?.rule;
  }

  clear(): void {
    this.#taints.length = 0;
  }
}

export function isTouched({ container, pid, at }: Taint, doer: Doer): boolean {
  if (container !== doer.container) return false;
  return pid === undefined || doer.chain.some((link) => link.pid === pid && link.startedAt <= at);
}

/** Undefined for what happens on the host itself. */
export function doerOf({ container, process, time }: RuntimeEvent): Doer | undefined {
  if (container === undefined) return undefined;
  const chain = [];
  let link: RuntimeProcess | undefined = process;
  while (link !== undefined && chain.length < MOST_CHAIN) {
    chain.push({ pid: link.pid, startedAt: link.startedAt });
    link = link.parent;
  }
  return { container: container.id, time, chain };
}

function sameTaint(left: Taint, right: Taint): boolean {
  return left.container === right.container && left.pid === right.pid && left.rule === right.rule;
}
