import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { pageOf, pageQuery } from "./paging.ts";
import { identifier, instant, name, text } from "./scalars.ts";
import { permission } from "./scope.ts";

const approvalState = z.enum(["pending", "approved", "rejected", "withdrawn", "expired", "failed"]);

/** An act that waits for a second person. It happens once, when somebody else approves it in time. */
const approval = z.strictObject({
  id: identifier,
  state: approvalState,
  /** The endpoint that was called, and what it does. */
  endpoint: name,
  summary: name,
  permission,
  /** What it acts upon: a host's name, an image, a container. */
  subject: z.strictObject({ kind: name, id: name }),
  /** The members of the call that may be shown. */
  details: z.record(z.string(), z.unknown()),
  reason: text,
  requestedBy: z.strictObject({ id: identifier, login: name }),
  requestedAt: instant,
  expiresAt: instant,
  decidedBy: z.strictObject({ id: identifier, login: name }).nullable(),
  decidedAt: instant.nullable(),
  comment: text,
  /** What came of it, where it was approved and failed. */
  failure: text.exactOptional(),
  /** Whether the caller may decide on it, and why not. */
  mayDecide: z.boolean(),
  whyNot: text.exactOptional(),
});

export type Approval = z.output<typeof approval>;

/** What a call that waits for a second person is answered with, under status 202. */
export const pendingApproval = z.strictObject({
  approvalId: identifier,
  state: z.literal("pending"),
  expiresAt: instant,
});

export type PendingApproval = z.output<typeof pendingApproval>;

export const listApprovals = {
  id: "listApprovals",
  method: "GET",
  path: "/api/v1/approvals",
  on: "list",
  summary: "Lists what waits for a second person, and what came of the rest; your own always",
  permission: "session",
  audit: "none",
  query: z.strictObject({ ...pageQuery, state: approvalState.exactOptional() }),
  reply: pageOf(approval),
  csv: [
    "state",
    "summary",
    "subject.kind",
    "subject.id",
    "requestedBy.login",
    "requestedAt",
    "decidedBy.login",
  ],
} as const satisfies Endpoint;

export const showApproval = {
  id: "showApproval",
  method: "GET",
  path: "/api/v1/approvals/{approvalId}",
  on: "approval",
  summary: "Shows one approval",
  permission: "session",
  audit: "none",
  params: z.strictObject({ approvalId: identifier }),
  reply: approval,
} as const satisfies Endpoint;

const decision = z.strictObject({ comment: z.string().max(4096).default("") });

/** Approves an act, which then happens. Refused with `APPROVAL_OWN` to whoever asked for it. */
export const approve = {
  id: "approve",
  method: "POST",
  path: "/api/v1/approvals/{approvalId}/approve",
  on: "approval",
  summary: "Approves an act that somebody else asked for; it happens now, once",
  permission: "approvals.decide",
  audit: "approval",
  recorded: ["comment"],
  params: z.strictObject({ approvalId: identifier }),
  body: decision,
  reply: approval,
} as const satisfies Endpoint;

export const reject = {
  id: "reject",
  method: "POST",
  path: "/api/v1/approvals/{approvalId}/reject",
  on: "approval",
  summary: "Rejects an act that somebody else asked for",
  permission: "approvals.decide",
  audit: "approval",
  recorded: ["comment"],
  params: z.strictObject({ approvalId: identifier }),
  body: decision,
  reply: approval,
} as const satisfies Endpoint;

export const withdrawApproval = {
  id: "withdrawApproval",
  method: "POST",
  path: "/api/v1/approvals/{approvalId}/withdraw",
  on: "approval",
  summary: "Takes back what you asked for yourself",
  permission: "session",
  audit: "approval",
  params: z.strictObject({ approvalId: identifier }),
  reply: approval,
} as const satisfies Endpoint;
