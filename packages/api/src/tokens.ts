import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { pageOf, pageQuery } from "./paging.ts";
import { identifier, instant, name } from "./scalars.ts";
import { permission, scope } from "./scope.ts";

/** A token lets a program act for its account, within what the token holds. Its secret is shown once. */
const token = z.strictObject({
  id: identifier,
  name,
  account: identifier,
  accountLogin: name,
  permissions: z.array(permission),
  scope,
  createdAt: instant,
  expiresAt: instant,
  lastUsedAt: instant.nullable(),
  lastUsedFrom: name.nullable(),
});

export type ApiToken = z.output<typeof token>;

/** Tokens begin with this, so that leaked ones can be found. */
export const TOKEN_PREFIX = "prq_";
export const MAX_TOKEN_DAYS = 366;

/** Lists the caller's own tokens. */
export const listOwnTokens = {
  id: "listOwnTokens",
  method: "GET",
  path: "/api/v1/session/tokens",
  on: "self",
  summary: "Lists your own tokens",
  permission: "session",
  audit: "none",
  reply: z.strictObject({ items: z.array(token) }),
  csv: ["name", "permissions", "scope", "createdAt", "expiresAt", "lastUsedAt", "lastUsedFrom"],
} as const satisfies Endpoint;

export const createToken = {
  id: "createToken",
  method: "POST",
  path: "/api/v1/session/tokens",
  on: "self",
  summary: "Makes a token for yourself; its secret is shown this once",
  permission: "session",
  audit: "account",
  recorded: ["name", "permissions", "scope", "days"],
  body: z.strictObject({
    name: z.string().min(1).max(128),
    permissions: z.array(permission).min(1).max(100),
    scope,
    days: z.int().min(1).max(MAX_TOKEN_DAYS).default(90),
  }),
  reply: z.strictObject({ token, secret: z.string() }),
} as const satisfies Endpoint;

export const revokeOwnToken = {
  id: "revokeOwnToken",
  method: "DELETE",
  path: "/api/v1/session/tokens/{tokenId}",
  on: "self",
  summary: "Revokes one of your own tokens at once",
  permission: "session",
  audit: "account",
  params: z.strictObject({ tokenId: identifier }),
} as const satisfies Endpoint;

export const listTokens = {
  id: "listTokens",
  method: "GET",
  path: "/api/v1/tokens",
  on: "installation",
  summary: "Lists everybody's tokens",
  permission: "tokens.read",
  audit: "read",
  query: z.strictObject({ ...pageQuery, account: identifier.exactOptional() }),
  reply: pageOf(token),
  csv: ["accountLogin", "name", "createdAt", "expiresAt", "lastUsedAt", "lastUsedFrom"],
} as const satisfies Endpoint;

export const revokeToken = {
  id: "revokeToken",
  method: "DELETE",
  path: "/api/v1/tokens/{tokenId}",
  on: "installation",
  summary: "Revokes anybody's token at once",
  permission: "tokens.write",
  audit: "account",
  params: z.strictObject({ tokenId: identifier }),
} as const satisfies Endpoint;
