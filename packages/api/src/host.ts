import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { pageOf, pageQuery } from "./paging.ts";
import { count, hash, identifier, instant, name, text } from "./scalars.ts";
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

/** How a host's certificate stands. `cloned`: two programs use one key, so one of them is not the agent. */
const identityState = z.enum(["local", "valid", "expiring", "expired", "revoked", "cloned"]);

/** A host as the server knows it. */
const hostEntry = z.strictObject({
  name,
  /** `never`: no agent has reported yet. */
  agent: z.enum(["reporting", "silent", "never"]),
  heardAt: instant.nullable(),
  joinedAt: instant.nullable(),
  /** `local` is the server's own host, whose agent speaks through a socket. */
  identity: z.strictObject({ state: identityState, serial: name.nullable(), expiresAt: instant.nullable() }),
  /** The last record of the host's log that the server holds. */
  acknowledged: count,
  containers: count,
  running: count,
  /** The policies that the server wants in force there; the status says which are. */
  wantedPolicies: name,
  status: hostStatus.nullable(),
});

export type HostEntry = z.output<typeof hostEntry>;

export const listHosts = {
  id: "listHosts",
  method: "GET",
  path: "/api/v1/hosts",
  on: "list",
  summary: "Lists the hosts: agent, engine, gate, policies in force, and what is not covered",
  permission: "hosts.read",
  audit: "none",
  query: z.strictObject({
    ...pageQuery,
    text: z.string().max(256).exactOptional(),
    /** What its gate does; `not-enforcing` is `observing` or `not-installed`. */
    gate: z.enum([...gateState.options, "not-enforcing"]).exactOptional(),
    agent: z.enum(["reporting", "silent", "never"]).exactOptional(),
    /** How its certificate stands; `not-renewed` is one that ends soon or has ended, `not-revoked` any but `revoked`. */
    identity: z.enum([...identityState.options, "not-renewed", "not-revoked"]).exactOptional(),
    /** Only those with policies that they cannot read, or only those without. */
    policyErrors: z.stringbool().exactOptional(),
    /** Only those that judge by old advisories, or only the others. */
    advisories: z.enum(["stale", "fresh"]).exactOptional(),
    /** Only those whose sensor failed or is not told of any more, though they report, or only those whose sensor runs. */
    sensor: z.enum(["down", "running"]).exactOptional(),
  }),
  reply: pageOf(hostEntry),
  csv: [
    "name",
    "agent",
    "heardAt",
    "identity.state",
    "identity.expiresAt",
    "status.gate.state",
    "status.engine.state",
    "status.host.engineVersion",
    "status.host.kernel",
    "running",
  ],
} as const satisfies Endpoint;

export const showHost = {
  id: "showHost",
  method: "GET",
  path: "/api/v1/hosts/{host}",
  on: "host",
  summary: "Shows one host: engine, gate, agent, advisories, policies, record, and what is not covered",
  permission: "hosts.read",
  audit: "none",
  params: z.strictObject({ host: name }),
  reply: hostEntry,
} as const satisfies Endpoint;

/** From then on the host's certificate opens nothing; its agent goes on deciding from what it has. */
export const revokeHost = {
  id: "revokeHost",
  method: "POST",
  path: "/api/v1/hosts/{host}/revoke",
  on: "host",
  summary: "Revokes a host: its certificate opens nothing from now on",
  permission: "hosts.revoke",
  audit: "host",
  recorded: ["reason"],
  params: z.strictObject({ host: name }),
  body: z.strictObject({ reason: z.string().min(1).max(4096) }),
} as const satisfies Endpoint;

/** Has the host's agent change what its gate does. */
export const setGateMode = {
  id: "setGateMode",
  method: "POST",
  path: "/api/v1/hosts/{host}/gate",
  on: "host",
  summary: "Has a host's gate enforce, or only observe",
  permission: "gates.set-mode",
  audit: "gate",
  recorded: ["mode", "reason"],
  params: z.strictObject({ host: name }),
  body: z.strictObject({ mode: z.enum(["enforce", "observe"]), reason: z.string().min(1).max(4096) }),
  reply: z.strictObject({ commandId: name }),
} as const satisfies Endpoint;

/** Lets one host join, once, while it is good. */
const joinToken = z.strictObject({
  id: identifier,
  /** The name that the host must have; any where it is empty. */
  host: name,
  /** Labels that the host gets, whatever it says of itself. */
  labels: z.record(name, name),
  createdBy: name,
  createdAt: instant,
  expiresAt: instant,
  usedAt: instant.nullable(),
  usedBy: name.nullable(),
});

export type JoinToken = z.output<typeof joinToken>;

export const listJoinTokens = {
  id: "listJoinTokens",
  method: "GET",
  path: "/api/v1/join-tokens",
  on: "installation",
  summary: "Lists the tokens with which hosts can join",
  permission: "hosts.join",
  audit: "none",
  reply: z.strictObject({ items: z.array(joinToken) }),
  csv: ["id", "host", "labels", "createdBy", "createdAt", "expiresAt", "usedAt", "usedBy"],
} as const satisfies Endpoint;

const newJoinToken = z.strictObject({
  host: z.string().max(255).default(""),
  labels: z.record(z.string().min(1).max(128), z.string().max(512)).default({}),
  minutes: z.int().min(1).max(10_080).default(60),
});

const joinTokenSecret = z.strictObject({
  token: joinToken,
  secret: z.string(),
  /** What to run on the host. */
  command: text,
});

export const createJoinToken = {
  id: "createJoinToken",
  method: "POST",
  path: "/api/v1/join-tokens",
  on: "installation",
  summary: "Makes a token with which one host can join, once; it is shown this once",
  permission: "hosts.join",
  audit: "host",
  recorded: ["host", "labels", "minutes"],
  body: newJoinToken,
  reply: joinTokenSecret,
} as const satisfies Endpoint;

/** The same for whoever sits at the server's own machine. */
export const createJoinTokenLocally = {
  id: "createJoinTokenLocally",
  method: "POST",
  path: "/operator/v1/join-token",
  on: "installation",
  summary: "Makes a token with which one host can join, once; it is shown this once",
  permission: "operator",
  audit: "host",
  recorded: ["host", "labels", "minutes"],
  body: newJoinToken,
  reply: joinTokenSecret,
} as const satisfies Endpoint;

export const revokeJoinToken = {
  id: "revokeJoinToken",
  method: "DELETE",
  path: "/api/v1/join-tokens/{joinToken}",
  on: "installation",
  summary: "Revokes a token that no host has used",
  permission: "hosts.join",
  audit: "host",
  params: z.strictObject({ joinToken: identifier }),
} as const satisfies Endpoint;
