import { type ChannelAction, channelActions, type JsonObject, type JsonValue } from "@pratique/core";
import { z } from "zod";
import type { ContainerReference } from "./ports.ts";

const MAX_TEXT = 1000;
const MAX_PEERS = 256;
/** Of one host. */
export const MAX_ACTS = 5000;

const text = z.string().max(MAX_TEXT);
const json: z.ZodType<JsonValue> = z.lazy(() =>
  z.union([z.null(), z.boolean(), z.number(), z.string(), z.array(json), z.record(z.string(), json)]),
);
const jsonObject: z.ZodType<JsonObject> = z.record(z.string(), json);

/**
 * `planned`: it was decided, and what it will change was noted. `superseded`: a harder act stands over it, and it
 * comes back into force when that one ends.
 */
const actStates = ["planned", "in-force", "superseded"] as const;

const actSchema = z.strictObject({
  id: z.string().min(1).max(100),
  containerId: z.string().min(1).max(200),
  runtime: z.enum(["docker", "podman", "containerd", "cri-o", "lxc", "other"]),
  containerName: text,
  image: text,
  action: z.enum(channelActions),
  state: z.enum(actStates),
  supersededBy: z.string().max(100).nullable(),
  /** Whose end the container may not talk to; null for everybody's. */
  peers: z.array(z.string().max(100)).max(MAX_PEERS).nullable(),
  /** What it is counted by: one rule, or one indicator. */
  cause: text,
  decidedBy: text,
  reason: text,
  /** Milliseconds since 1970. */
  decidedAt: z.number(),
  /** Milliseconds since 1970; null where a person has to end it. */
  expiresAt: z.number().nullable(),
  /** What the responder needs to undo it. */
  undo: jsonObject,
  /** How often it could not be undone, and when that is tried again. */
  failedReleases: z.number().int().min(0),
  retryAt: z.number(),
});

/** Something that was done about a container and is not undone yet. */
export type Act = Readonly<Omit<z.output<typeof actSchema>, "peers">> & {
  readonly peers: readonly string[] | null;
};

export const actsSchema = z.array(actSchema).max(MAX_ACTS);

export function referenceOf({ containerId, runtime, containerName, image }: Act): ContainerReference {
  return { id: containerId, runtime, name: containerName, image };
}

/** 0 for the mildest. */
export function hardness(action: ChannelAction): number {
  return channelActions.indexOf(action);
}

/** The act, and whether a part of it is still to be done: nobody has undone what never was. */
export function withUnfinished(act: Act, unfinished: boolean): Act {
  return { ...act, undo: { ...act.undo, unfinished } };
}

export function isUnfinished({ undo }: Act): boolean {
  return undo.unfinished === true;
}

/** For the audit log: which act it is, and about what. */
export function actPlace(act: Act): JsonObject {
  return { act: act.id, container: { ...referenceOf(act) }, action: act.action };
}

/** For the audit log. */
export function actRecord(act: Act): JsonObject {
  const { cause, decidedBy, reason } = act;
  return {
    ...actPlace(act),
    peers: act.peers ?? "all",
    cause,
    decidedBy,
    reason,
    decidedAt: new Date(act.decidedAt).toISOString(),
    expiresAt: act.expiresAt === null ? null : new Date(act.expiresAt).toISOString(),
    undo: act.undo,
  };
}

/** Its time is over, also where it could not be undone yet. */
export function isOver({ expiresAt }: Act, now: number): boolean {
  return expiresAt !== null && expiresAt <= now;
}

/** It is to be undone now. What stands under another act waits for that one. */
export function isDue(act: Act, now: number): boolean {
  return act.state !== "superseded" && isOver(act, now) && act.retryAt <= now;
}
