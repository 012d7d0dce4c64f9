import { RecentMap } from "@pratique/core";
import { type DnsAnswer, type DnsMessage, parseDnsMessage } from "./dns-message.ts";

export interface PassiveDnsOptions {
  /** Of addresses, in all containers together. */
  readonly maxEntries?: number;
}

interface Learnt {
  readonly name: string;
  readonly untilNs: number;
}

const DEFAULT_MAX_ENTRIES = 65_536;
/** A client may go on using an address for a while after the time to live: at least as long as this. */
const MIN_TTL_SECONDS = 60;
/** No answer is believed for longer. */
const MAX_TTL_SECONDS = 86_400;
/** How many aliases lead from the name that was asked for to an address, at most. */
const MAX_ALIASES = 16;

/**
 * The names by which each container found the addresses that it talks to, out of the answers that it got. One address
 * may have many names in the world; what counts is which one this container asked for.
 */
export class PassiveDns {
  readonly #learnt: RecentMap<string, Learnt>;

  constructor({ maxEntries }: PassiveDnsOptions = {}) {
    this.#learnt = new RecentMap(maxEntries ?? DEFAULT_MAX_ENTRIES);
  }

  /**
   * Learns from a message as it was sent or received. `scope` is the container, empty for the host. Gives the
   * message; undefined where the bytes are none.
   */
  learn(scope: string, bytes: Buffer, { overTcp, timeNs }: DnsContext): DnsMessage | undefined {
    const message = parseDnsMessage(bytes, overTcp);
    if (message?.isResponse === true) {
      for (const answer of message.answers) {
        if (answer.kind !== "address") continue;
        const name = askedName(message.answers, answer.owner);
        const ttl = Math.min(Math.max(answer.ttlSeconds, MIN_TTL_SECONDS), MAX_TTL_SECONDS);
        this.#learnt.set(key(scope, answer.value), { name, untilNs: timeNs + ttl * 1e9 });
      }
    }
    return message;
  }

  /** The name that this container asked for last to find the address; undefined where it did not, or long ago. */
  nameOf(scope: string, address: string, timeNs: number): string | undefined {
    const learnt = this.#learnt.get(key(scope, address));
    return learnt === undefined || learnt.untilNs < timeNs ? undefined : learnt.name;
  }

  get size(): number {
    return this.#learnt.size;
  }
}

export interface DnsContext {
  readonly overTcp: boolean;
  /** CLOCK_BOOTTIME. */
  readonly timeNs: number;
}

/** Goes back along the aliases to the name that was asked for. */
function askedName(answers: readonly DnsAnswer[], owner: string): string {
  let name = owner;
  for (let left = MAX_ALIASES; left > 0; left--) {
    const alias = answers.find((answer) => answer.kind === "alias" && answer.value === name);
    if (alias === undefined) return name;
    name = alias.owner;
  }
  return name;
}

function key(scope: string, address: string): string {
  return `${scope} ${address}`;
}
