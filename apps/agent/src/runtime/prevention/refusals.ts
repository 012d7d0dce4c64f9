import type { KernelHook } from "@pratique/rules";
import type { SensorEvent, TrackedContainer, TrackedProcess } from "@pratique/sensor";

/** Something that the kernel refused, or ended a process for, by a rule. */
export interface Refusal {
  /** Milliseconds on a clock that never goes back. */
  readonly at: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly pid: number;
  readonly tid: number;
  readonly hook: KernelHook;
  readonly rules: readonly string[];
  /** What was refused: a file, a switch of the kernel, a socket, an address. */
  readonly what: string;
  /** The call had its effect, and the process ended with it. */
  readonly killed: boolean;
  readonly container: TrackedContainer | undefined;
  readonly process: TrackedProcess | undefined;
}

/** A refusal is told before the event that it belongs to. After so long there will be none. */
const EVENT_WITHIN_MS = 1500;
/** Events wait for the details of their container. */
const UNKNOWN_WITHIN_MS = 8000;
const MAX_WAITING = 4096;
const EPERM = -1;

/**
 * Refusals that wait for their event. The kernel tells both: the event, by which the whole rule is explained, is the
 * detection; a refusal whose event no rule matches, since what it asks for is what was refused, is one by itself.
 */
export class Refusals {
  readonly #waiting = new Set<Refusal>();

  note(refusal: Refusal): void {
    if (this.#waiting.size >= MAX_WAITING) {
      for (const oldest of this.#waiting) {
        this.#waiting.delete(oldest);
        break;
      }
    }
    this.#waiting.add(refusal);
  }

  /** What was refused of an event. */
  of(event: SensorEvent): Refusal | undefined {
    const hooks = hooksOf(event);
    for (const refusal of this.#waiting) {
      if (!hooks.includes(refusal.hook) || refusal.pid !== event.record.pid) continue;
      if (refusal.hook === "exec") return refusal;
      const isRefused = refusal.killed || event.result === EPERM;
      if (isRefused && refusal.tid === event.record.tid) return refusal;
    }
    return undefined;
  }

  /** Whether something was refused to a container; it has been told then. */
  take(containerId: string, what: string): boolean {
    for (const refusal of this.#waiting) {
      if (refusal.container?.identity.id !== containerId || refusal.what !== what) continue;
      this.#waiting.delete(refusal);
      return true;
    }
    return false;
  }

  /** It has been told. */
  settle(refusal: Refusal): void {
    this.#waiting.delete(refusal);
  }

  /** Those for which no event came. */
  overdue(now: number): readonly Refusal[] {
    const found = [...this.#waiting].filter(({ at, container }) => {
      const isKnown = container === undefined || (container.details !== undefined && container.naming === 0);
      return now - at > (isKnown ? EVENT_WITHIN_MS : UNKNOWN_WITHIN_MS);
    });
    for (const refusal of found) this.#waiting.delete(refusal);
    return found;
  }
}

function hooksOf({ type }: SensorEvent): readonly KernelHook[] {
  switch (type) {
    case "execve":
    case "execveat":
      return ["exec"];
    case "open":
    case "openat":
    case "openat2":
    case "creat":
      return ["open"];
    case "connect":
    case "sendto":
    case "sendmsg":
    case "sendmmsg":
      return ["connect", "connect-unix"];
    default:
      return [];
  }
}
