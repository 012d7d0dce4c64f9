import type {
  ChannelAction,
  Detection,
  Indicator,
  RuntimeContainer,
  RuntimeEndpoint,
  RuntimeProtocol,
} from "@pratique/core";

/** A container talked, or tried to talk, to a listed peer. */
export interface ChannelHit {
  /** Unique on its host. */
  readonly id: string;
  readonly container: RuntimeContainer;
  readonly indicator: Indicator;
  /** With an empty address where a listed name was met, and nobody answered for it yet. */
  readonly remote: RuntimeEndpoint;
  /** What a listed name was answered with: it is cut together with `remote`. */
  readonly answered?: readonly string[];
  /** A person has said that the indicator is right: the circuit breaker does not count by it. */
  readonly confirmed?: boolean;
  readonly protocol: RuntimeProtocol;
  readonly pid: number;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** The kernel refused it: no packet left. */
  readonly prevented: boolean;
}

/** What a person wants done about a container. */
export interface ResponseOrder {
  readonly container: RuntimeContainer;
  readonly action: ChannelAction;
  /** An account of the console, or `uid:0`. */
  readonly by: string;
  readonly reason: string;
  /** Undefined where a person will end it. */
  readonly forMs: number | undefined;
  /** For a cut: from whom; undefined for everybody. */
  readonly peers: readonly string[] | undefined;
  /** The id of the detection or hit that it answers; undefined where it answers none. */
  readonly answers: string | undefined;
}

/** What is responded to. */
export type Trigger =
  | { readonly kind: "detection"; readonly detection: Detection }
  | { readonly kind: "channel"; readonly hit: ChannelHit }
  | { readonly kind: "order"; readonly order: ResponseOrder };

/** Undefined for what the host's own processes did. */
export function containerOf(trigger: Trigger): RuntimeContainer | undefined {
  switch (trigger.kind) {
    case "detection":
      return trigger.detection.container;
    case "channel":
      return trigger.hit.container;
    case "order":
      return trigger.order.container;
  }
}
