import { addressKey } from "./address-key.ts";

/** A connection that the kernel tracks: its first two ends are the original direction. */
export interface TrackedConnection {
  /** `tcp`, `udp`, `icmp`… */
  readonly protocol: string;
  /** `ESTABLISHED`; empty where the protocol has none. */
  readonly state: string;
  /** Keys of all addresses in it, of both directions. */
  readonly addresses: ReadonlySet<string>;
}

/** Over it already: nothing passes any more. */
const endedStates: ReadonlySet<string> = new Set(["TIME_WAIT", "CLOSE"]);

/** Reads a line of `/proc/net/nf_conntrack`; undefined for what is none. */
export function parseConntrackLine(line: string): TrackedConnection | undefined {
  const [, , protocol = "", , ...rest] = line.split(/\s+/u);
  const addresses = new Set<string>();
  for (const word of rest) {
    const key = /^(?:src|dst)=/u.test(word) ? addressKey(word.slice(4)) : undefined;
    if (key !== undefined) addresses.add(key);
  }
  if (addresses.size === 0) return undefined;
  return { protocol, state: rest.find((word) => /^[A-Z_]+$/u.test(word)) ?? "", addresses };
}

export function isTrackedLive({ state }: TrackedConnection): boolean {
  return !endedStates.has(state);
}
