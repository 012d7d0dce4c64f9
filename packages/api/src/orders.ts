import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { identifier, instant, name, text } from "./scalars.ts";

/** What a person may have done about a container. */
export const orderedActions = ["cut", "pause", "stop", "kill", "quarantine"] as const;
const orderedAction = z.enum(orderedActions);

export type OrderedAction = z.output<typeof orderedAction>;

const MAX_PEERS = 64;
/** Whoever wants it for longer leaves the end to a person. */
const MAX_FOR_SECONDS = 30 * 86_400;

/** `0.0.0.0` and `::`, however they are written; of a mapped one, without the mark of that. */
const unspecified = /^[0:.]*$/u;

/**
 * Whether somebody may have an address. A cut from `0.0.0.0` would be done and proved, and leave open all that whoever wrote it
 * meant: to be cut from everybody is to name no peer.
 */
export function isSomebodys(address: string): boolean {
  return !unspecified.test(address.replace(/ffff:/iu, ""));
}

/** What is ordered, as both the person and the host's agent say it. */
export const ordered = {
  action: orderedAction,
  /** For `cut`: the addresses of whom it is cut from; everybody but itself where it is absent. */
  peers: z
    .array(z.union([z.ipv4(), z.ipv6()]).refine(isSomebodys, "no peer has this address"))
    .min(1)
    .max(MAX_PEERS)
    .exactOptional(),
  /** It ends by itself then; a person has to end it where it is absent. */
  forSeconds: z.int().min(1).max(MAX_FOR_SECONDS).exactOptional(),
  reason: z.string().min(1).max(1000),
};

/** Has the host's agent act on a container. The reply names the order; what came of it is among the container's orders. */
export const respondToContainer = {
  id: "respondToContainer",
  method: "POST",
  path: "/api/v1/containers/{containerId}/respond",
  on: "container",
  summary: "Acts on a running container; cuts, pauses, stops, kills or quarantines it",
  permission: "containers.respond",
  audit: "response",
  recorded: ["action", "peers", "forSeconds", "reason", "detection"],
  params: z.strictObject({ containerId: name }),
  body: z
    .strictObject({
      ...ordered,
      /** The detection of this container that it answers: what is done stands with it. */
      detection: name.exactOptional(),
    })
    .refine(({ action, peers }) => action === "cut" || peers === undefined, "only a cut has peers"),
  reply: z.strictObject({ commandId: name }),
} as const satisfies Endpoint;

const order = z.strictObject({
  id: identifier,
  kind: z.enum(["respond", "release"]),
  /** Absent where something is undone. */
  action: orderedAction.exactOptional(),
  peers: z.array(name).exactOptional(),
  /** Empty where something is undone: the record has it. */
  reason: text,
  askedBy: name,
  askedAt: instant,
  /**
   * `queued`: its host has not taken it yet. `delivered`: it has, and has not said what came of it. `expired`: its host
   * did not take it in time, and does nothing by it any more.
   */
  state: z.enum(["queued", "delivered", "done", "failed", "expired"]),
  /** What came of it, or why nothing did; empty while nobody knows. */
  detail: text,
  finishedAt: instant.nullable(),
});

export type ContainerOrder = z.output<typeof order>;

/** Shows what can be done about a container by hand, and what became of the latest orders of people about it. */
export const showContainerOrders = {
  id: "showContainerOrders",
  method: "GET",
  path: "/api/v1/containers/{containerId}/orders",
  on: "container",
  summary: "Shows what can be done about a container by hand, and what became of the latest orders",
  permission: "detections.read",
  audit: "none",
  params: z.strictObject({ containerId: name }),
  reply: z.strictObject({
    actions: z.array(
      z.strictObject({
        action: orderedAction,
        /** Why it cannot be done there, as far as is known here; empty where it can. */
        obstacle: text,
      }),
    ),
    /** The newest first. */
    orders: z.array(order),
  }),
} as const satisfies Endpoint;
