import { z } from "zod";
import { auditRecord } from "./audit-record.ts";
import type { Endpoint } from "./endpoint.ts";
import { hostStatus } from "./host.ts";
import { count, digest, instant, name } from "./scalars.ts";
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
 * is safely stored: the agent goes on from the next. A batch that leaves a gap is refused with `RECORDS_GAP`, one
 * that contradicts what is held with `RECORDS_FORKED`; both say `acknowledged`.
 */
export const putRecords = {
  id: "putRecords",
  method: "POST",
  path: "/agent/v1/records",
  summary: "Takes records in order; may be repeated",
  permission: "agent.ingest",
  audit: "none",
  body: z.strictObject({
    logId,
    host: name,
    records: z.array(auditRecord).min(1).max(MAX_RECORDS_PER_BATCH),
  }),
  reply: acknowledged,
} as const satisfies Endpoint;

/** Tells how far a log has been taken; 0 where nothing of it has. */
export const showAcknowledged = {
  id: "showAcknowledged",
  method: "GET",
  path: "/agent/v1/acknowledged",
  summary: "Tells how far a log has been taken",
  permission: "agent.ingest",
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
  permission: "agent.ingest",
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
  permission: "agent.ingest",
  audit: "none",
  body: hostStatus,
} as const satisfies Endpoint;

/** Makes a link that signs in, once. */
export const createSignInLink = {
  id: "createSignInLink",
  method: "POST",
  path: "/agent/v1/sign-in-link",
  summary: "Makes a link that signs in to the console, once",
  permission: "agent.sign-in-link",
  audit: "access",
  reply: z.strictObject({ url: z.string(), expiresAt: instant }),
} as const satisfies Endpoint;
