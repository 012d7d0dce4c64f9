import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { pageOf, pageQuery } from "./paging.ts";
import { digest, identifier, instant, name, text } from "./scalars.ts";

const patterns = z.array(z.string().min(1).max(512)).min(1).max(100);

/** What an exception holds for, as core declares it. Every member that is given must fit. */
const exceptionScope = z.strictObject({
  images: patterns.exactOptional(),
  digests: patterns.exactOptional(),
  vulnerabilities: patterns.exactOptional(),
  secrets: patterns.exactOptional(),
  licenses: patterns.exactOptional(),
  hosts: patterns.exactOptional(),
});

const exceptionState = z.enum(["active", "expired", "withdrawn"]);

/** A person's decision that something may pass that a rule would refuse, for a while. */
const exception = z.strictObject({
  id: identifier,
  state: exceptionState,
  rules: z.array(name),
  scope: exceptionScope,
  reason: text,
  owner: name,
  expiresAt: instant,
  grantedBy: name,
  approvedBy: name.nullable(),
  grantedAt: instant,
  withdrawnBy: name.nullable(),
  withdrawnAt: instant.nullable(),
});

export type ExceptionEntry = z.output<typeof exception>;

export const listExceptions = {
  id: "listExceptions",
  method: "GET",
  path: "/api/v1/exceptions",
  on: "list",
  summary: "Lists the exceptions that were granted",
  permission: "exceptions.read",
  audit: "none",
  query: z.strictObject({
    ...pageQuery,
    state: exceptionState.exactOptional(),
    /** Only those that end before this moment. */
    endsBefore: instant.exactOptional(),
    text: z.string().max(256).exactOptional(),
  }),
  reply: pageOf(exception),
  csv: ["id", "state", "reason", "owner", "grantedBy", "approvedBy", "grantedAt", "expiresAt"],
} as const satisfies Endpoint;

export const showException = {
  id: "showException",
  method: "GET",
  path: "/api/v1/exceptions/{exceptionId}",
  on: "exception",
  summary: "Shows one exception",
  permission: "exceptions.read",
  audit: "none",
  params: z.strictObject({ exceptionId: identifier }),
  reply: exception,
} as const satisfies Endpoint;

/**
 * Grants an exception, or asks for it where the caller's role says that a second person must agree. Agents have it
 * within two seconds of being granted.
 */
export const createException = {
  id: "createException",
  method: "POST",
  path: "/api/v1/exceptions",
  on: "body",
  summary: "Grants an exception, or asks a second person for it",
  permission: "exceptions.grant",
  audit: "exception",
  recorded: ["rules", "scope", "reason", "owner", "expiresAt"],
  body: z.strictObject({
    rules: z.array(name.min(1)).min(1).max(100),
    scope: exceptionScope,
    reason: z.string().min(1).max(4096),
    owner: z.string().min(1).max(256),
    expiresAt: instant,
  }),
  reply: exception,
} as const satisfies Endpoint;

export const withdrawException = {
  id: "withdrawException",
  method: "POST",
  path: "/api/v1/exceptions/{exceptionId}/withdraw",
  on: "exception",
  summary: "Ends an exception before its time",
  permission: "exceptions.withdraw",
  audit: "exception",
  params: z.strictObject({ exceptionId: identifier }),
  reply: exception,
} as const satisfies Endpoint;

/** For whoever may open the server's socket. */
export const listImageExceptionsLocally = {
  id: "listImageExceptionsLocally",
  method: "GET",
  path: "/operator/v1/images/{imageId}/exceptions",
  on: "installation",
  summary: "Lists the exceptions that are in force for an image, on any host on which it lies",
  permission: "operator",
  audit: "none",
  params: z.strictObject({ imageId: digest }),
  reply: z.strictObject({ items: z.array(exception) }),
} as const satisfies Endpoint;
