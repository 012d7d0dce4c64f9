import type { JsonObject, RuntimeContainer } from "@pratique/core";
import type { Evidence } from "../evidence/evidence.ts";
import { parseResponsePolicy, type ResponsePolicy } from "../policy/response-policy.ts";
import type { ChannelHit, ResponseOrder, Trigger } from "../trigger.ts";

export const PEER = "203.0.113.7";
export const OTHER = "198.51.100.1";

/** A policy with one ladder. */
export function laddered(ladder: JsonObject, more: JsonObject = {}): ResponsePolicy {
  return parseResponsePolicy({
    proofSeconds: 0.05,
    ladders: [{ name: "default", ...ladder }],
    limits: { shareOfHost: 0.5 },
    ...more,
  });
}

/** The container talks to a listed peer. */
export function hit(container: RuntimeContainer, address = PEER, more: Partial<ChannelHit> = {}): Trigger {
  const about: ChannelHit = {
    id: "hit-1",
    container,
    indicator: {
      kind: "address",
      value: address,
      port: 0,
      source: "feed",
      family: "",
      confidence: 90,
      firstSeen: 0,
      expiresAt: undefined,
    },
    remote: { address, port: 443 },
    protocol: "tcp",
    pid: 7,
    time: "2026-01-01T00:00:00.000Z",
    prevented: false,
    ...more,
  };
  return { kind: "channel", hit: about };
}

/** Anna asks for it. */
export function order(container: RuntimeContainer, more: Partial<ResponseOrder>): Trigger {
  const about: ResponseOrder = {
    container,
    action: "pause",
    by: "anna",
    reason: "she saw it",
    forMs: undefined,
    peers: undefined,
    answers: undefined,
  };
  return { kind: "order", order: { ...about, ...more } };
}

/** Where nothing could be gathered. */
export const NO_EVIDENCE: Evidence = {
  directory: "",
  manifestSha256: "",
  bytes: 0,
  complete: false,
  failure: "",
  atMs: 0,
  tookMs: 0,
};
