import { z } from "zod";
import { auditRecord } from "./audit-record.ts";
import { containerReport } from "./containers.ts";
import type { Endpoint } from "./endpoint.ts";
import { hostStatus } from "./host.ts";
import { ordered } from "./orders.ts";
import { profileCommands } from "./profiles.ts";
import { count, digest, identifier, instant, name, policyFile, text } from "./scalars.ts";
import { scanReport } from "./scan-report.ts";

/** The most records in one batch: even of the largest that a log takes (256 KiB), they fit into one body. */
export const MAX_RECORDS_PER_BATCH = 200;

/** The largest body that the agent's socket takes, in bytes. */
export const MAX_AGENT_BODY_BYTES = 64 * 1024 * 1024;

/** Names one log for ever: a log that begins anew takes a new one. */
const logId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/u);

const acknowledged = z.strictObject({ acknowledged: count });

/**
 * Takes records in order. Those that the server holds already are passed over. The reply names the last one that
 * is safely stored: the agent goes on from the next. With `collectMs`, the agent collects for so many milliseconds
 * what nobody waits for: a server of many hosts takes fewer and larger batches. A batch that leaves a gap is refused
 * with `RECORDS_GAP`, one that contradicts what is held with `RECORDS_FORKED`; both say `acknowledged`. One with a record
 * that is not what its hash was taken over is refused with `RECORDS_ALTERED`.
 */
export const putRecords = {
  id: "putRecords",
  method: "POST",
  path: "/agent/v1/records",
  summary: "Takes records in order; may be repeated",
  on: "self",
  permission: "agent",
  audit: "none",
  body: z.strictObject({
    logId,
    host: name,
    records: z.array(auditRecord).min(1).max(MAX_RECORDS_PER_BATCH),
  }),
  reply: acknowledged.extend({ collectMs: count.optional() }),
} as const satisfies Endpoint;

/** Tells how far a log has been taken; 0 where nothing of it has. */
export const showAcknowledged = {
  id: "showAcknowledged",
  method: "GET",
  path: "/agent/v1/acknowledged",
  summary: "Tells how far a log has been taken",
  on: "self",
  permission: "agent",
  audit: "none",
  query: z.strictObject({ logId }),
  reply: acknowledged,
} as const satisfies Endpoint;

/** Takes the newest report of an image. The report's own image id must be the one in the path. */
export const putImage = {
  id: "putImage",
  method: "PUT",
  path: "/agent/v1/images/{imageId}",
  summary: "Takes the newest report of an image; may be repeated",
  on: "self",
  permission: "agent",
  audit: "none",
  params: z.strictObject({ imageId: digest }),
  body: scanReport,
} as const satisfies Endpoint;

/** Takes the status of the host. */
export const putHost = {
  id: "putHost",
  method: "PUT",
  path: "/agent/v1/host",
  summary: "Takes the status of the host; may be repeated",
  on: "self",
  permission: "agent",
  audit: "none",
  body: hostStatus,
} as const satisfies Endpoint;

/** Makes a link that signs in, once. */
export const createSignInLink = {
  id: "createSignInLink",
  method: "POST",
  path: "/operator/v1/sign-in-link",
  summary: "Makes a link that signs in to the console, once",
  on: "self",
  permission: "operator",
  audit: "access",
  reply: z.strictObject({ url: z.string(), expiresAt: instant }),
} as const satisfies Endpoint;

/** The largest number of containers that a host reports. */
export const MAX_CONTAINERS = 10_000;

/** Takes the containers of the host, all of them: those that are not named are gone. */
export const putContainers = {
  id: "putContainers",
  method: "PUT",
  path: "/agent/v1/containers",
  on: "self",
  summary: "Takes the containers of the host, all of them; may be repeated",
  permission: "agent",
  audit: "none",
  body: z.strictObject({ takenAt: instant, containers: z.array(containerReport).max(MAX_CONTAINERS) }),
} as const satisfies Endpoint;

/** The longest that a host may wait for work, in seconds. */
const MAX_WORK_WAIT_SECONDS = 30;

/** The most files of rules that a host is given. */
export const MAX_RULE_FILES = 200;

/** What a host is to do, once. It happens again only where the outcome was not heard. */
const command = z.discriminatedUnion("kind", [
  z.strictObject({
    id: identifier,
    kind: z.literal("respond"),
    containerId: name,
    ...ordered,
    /** Who asks, as the record names people. */
    by: z.string().min(1).max(256),
    /** The host's own id of the detection that it answers. */
    answers: name.exactOptional(),
    expiresAt: instant,
  }),
  z.strictObject({ id: identifier, kind: z.literal("scan-image"), imageId: digest, expiresAt: instant }),
  z.strictObject({
    id: identifier,
    kind: z.literal("set-gate-mode"),
    mode: z.enum(["enforce", "observe"]),
    expiresAt: instant,
  }),
  z.strictObject({
    id: identifier,
    kind: z.literal("release-response"),
    containerId: name,
    /** One act of those that are in force; all of them where it is absent. */
    act: name.exactOptional(),
    /** Who asks, as the record names people; "server" where an earlier server does not say. */
    by: z.string().min(1).max(256).exactOptional(),
    expiresAt: instant,
  }),
  // Told only to agents that have told of the profile.
  ...profileCommands,
]);

export type AgentCommand = z.output<typeof command>;

/**
 * More than a host puts in force: of too many policies and exceptions it says so, and goes on with those that it has. Where
 * they could not be read at all, no order would be either.
 */
const MAX_DOCUMENTS = 100_000;

const work = z.strictObject({
  /** The revision of what follows; ask for what comes after it. */
  revision: name,
  /** Policies and exceptions, whole; absent where the host has this revision. */
  policies: z
    .strictObject({
      documents: z.array(z.strictObject({ path: name, text: policyFile })).max(MAX_DOCUMENTS),
      /** Labels that the server gives the host, over its own. */
      labels: z.record(name, name),
    })
    .exactOptional(),
  /** Files of rules for running containers, whole; absent where the host has this revision, or did not ask. */
  rules: z
    .strictObject({
      revision: name,
      files: z.array(z.strictObject({ name: identifier, text: policyFile })).max(MAX_RULE_FILES),
    })
    .exactOptional(),
  commands: z.array(command).max(100),
});

export type AgentWork = z.output<typeof work>;

/** Waits until there is something new, or until the time is over. */
export const awaitWork = {
  id: "awaitWork",
  method: "GET",
  path: "/agent/v1/work",
  on: "self",
  summary: "Waits for policies and commands: answers as soon as there are any",
  permission: "agent",
  audit: "none",
  query: z.strictObject({
    revision: name.default(""),
    /** The revision of the rules that the host has; absent where it watches no containers. */
    rules: name.exactOptional(),
    waitSeconds: z.coerce.number().int().min(0).max(MAX_WORK_WAIT_SECONDS).default(0),
  }),
  reply: work,
} as const satisfies Endpoint;

/** Tells what came of a command. */
export const putOutcome = {
  id: "putOutcome",
  method: "PUT",
  path: "/agent/v1/commands/{commandId}/outcome",
  on: "self",
  summary: "Tells what came of a command; may be repeated",
  permission: "agent",
  audit: "none",
  params: z.strictObject({ commandId: identifier }),
  body: z.strictObject({ state: z.enum(["done", "failed", "expired"]), detail: text }),
} as const satisfies Endpoint;

/** A certificate signing request (RFC 2986) in PEM. */
const csr = z.string().max(16_384);

const issued = z.strictObject({
  host: name,
  /** The host's certificate, in PEM. */
  certificate: z.string(),
  /** The authority that agents and servers of this installation trust, in PEM; two while it is being changed. */
  authorities: z.string(),
  expiresAt: instant,
  /** Ask for the next certificate from then on. */
  renewAt: instant,
});

export type IssuedCertificate = z.output<typeof issued>;

/** Joins a host: the token is used up, and the host gets a certificate for the key that it made itself. */
export const joinHost = {
  id: "joinHost",
  method: "POST",
  path: "/agent/v1/join",
  on: "self",
  summary: "Joins a host with a one-time token",
  permission: "public",
  audit: "host",
  recorded: ["host", "version"],
  body: z.strictObject({
    secret: z.string().min(1).max(256),
    host: z.string().min(1).max(255),
    version: name,
    csr,
  }),
  reply: issued,
} as const satisfies Endpoint;

/** Gives the next certificate to a host whose current one is good. */
export const renewCertificate = {
  id: "renewCertificate",
  method: "POST",
  path: "/agent/v1/certificate",
  on: "self",
  summary: "Gives the host its next certificate",
  permission: "agent",
  audit: "host",
  body: z.strictObject({ csr }),
  reply: issued,
} as const satisfies Endpoint;

/**
 * The header in which an agent says which start of itself is calling: 128 random bits in hex, new with each start. A
 * start that is heard again after a later one means that two programs use one key.
 */
export const AGENT_RUN_HEADER = "pratique-run";
