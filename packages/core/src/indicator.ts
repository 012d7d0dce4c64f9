/** What an indicator names. */
export const indicatorKinds = ["address", "network", "domain", "url", "hash"] as const;
export type IndicatorKind = (typeof indicatorKinds)[number];

/** Something that is known to belong to an attacker, by the word of a source. */
export interface Indicator {
  readonly kind: IndicatorKind;
  /**
   * Canonical: addresses and networks as RFC 5952 has them, networks with their length, domains lower case in
   * A-labels without the last dot.
   */
  readonly value: string;
  /** 0 where the indicator is good for any port. */
  readonly port: number;
  /** The feed that says so. */
  readonly source: string;
  /** The family of malware, or the campaign; empty where the source names none. */
  readonly family: string;
  /** 0 to 100. */
  readonly confidence: number;
  /** Milliseconds since 1970. */
  readonly firstSeen: number;
  /** Milliseconds since 1970; undefined where it does not end by itself. */
  readonly expiresAt: number | undefined;
}

/** What is done about a container that talks to a listed peer, from the mildest to the hardest. */
export const channelActions = ["report", "cut", "pause", "stop", "kill", "quarantine"] as const;
export type ChannelAction = (typeof channelActions)[number];
