import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { count, hash, instant, name, text } from "./scalars.ts";
import { advisorySource } from "./scan-report.ts";

/** `enforcing` refuses; `observing` records what it would have refused. */
const gateState = z.enum(["enforcing", "observing", "not-installed", "down"]);

export type GateState = z.output<typeof gateState>;

/** What an agent says of its host. It is sent whole, whenever something changes and at least once a minute. */
export const hostStatus = z.strictObject({
  schemaVersion: z.literal(1),
  reportedAt: instant,
  host: z.strictObject({
    name: name.min(1),
    labels: z.record(name, name),
    kernel: name,
    engineVersion: name,
  }),
  engine: z.strictObject({
    /** `docker`; later `podman`… */
    name,
    state: z.enum(["up", "down"]),
    socket: name,
    detail: text.exactOptional(),
  }),
  gate: z.strictObject({
    state: gateState,
    since: instant.exactOptional(),
    /** How often it had to be started anew since the agent started. */
    restarts: count,
    detail: text.exactOptional(),
  }),
  agent: z.strictObject({ version: name, startedAt: instant }),
  advisories: z.strictObject({ revision: name, sources: z.array(advisorySource) }),
  policies: z.strictObject({
    revision: name,
    names: z.array(name),
    exceptions: count,
    /** What is wrong with the files; the last good set stays in force. */
    errors: z.array(text),
  }),
  record: z.strictObject({
    logId: name,
    length: count,
    /** 64 zeros where the log is empty. */
    lastHash: hash,
  }),
  /** What this host does not cover, and how to change it. */
  notCovered: z.array(z.strictObject({ what: text, why: text, fix: text })),
});

export type HostStatus = z.output<typeof hostStatus>;

/** An agent that has not been heard of for this long is called silent. */
export const AGENT_SILENT_AFTER_MS = 90_000;

/** The host as the server knows it. */
const hostReply = z.strictObject({
  /** `never`: no agent has reported yet. */
  agent: z.enum(["reporting", "silent", "never"]),
  heardAt: instant.nullable(),
  /** The last record of the host's log that the server holds. */
  acknowledged: count,
  status: hostStatus.nullable(),
});

export type HostReply = z.output<typeof hostReply>;

/** Shows the host. */
export const showHost = {
  id: "showHost",
  method: "GET",
  path: "/api/v1/host",
  summary: "Shows the host: engine, gate, agent, advisories, policies, record, and what is not covered",
  permission: "host.read",
  audit: "none",
  reply: hostReply,
} as const satisfies Endpoint;
