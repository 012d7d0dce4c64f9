import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { pageOf, pageQuery } from "./paging.ts";
import { identifier, instant, name } from "./scalars.ts";
import { scope } from "./scope.ts";
import { openSession } from "./session.ts";

/** Somebody who may sign in. */
const account = z.strictObject({
  id: identifier,
  /** What the person types to sign in; unique, case ignored. */
  login: name,
  displayName: name,
  email: name.exactOptional(),
  /** `local` has a password here; another is the id of the identity provider. */
  source: name,
  state: z.enum(["invited", "active", "disabled"]),
  /** For when nothing else works: each use is reported. */
  breakGlass: z.boolean(),
  createdAt: instant,
  lastSignInAt: instant.nullable(),
  groups: z.array(name),
});

export type Account = z.output<typeof account>;

const login = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/u, "expected letters, digits and any of ._@+-");
const oneTimeLink = z.strictObject({ url: z.string(), expiresAt: instant });

export const listAccounts = {
  id: "listAccounts",
  method: "GET",
  path: "/api/v1/accounts",
  on: "installation",
  summary: "Lists the accounts",
  permission: "accounts.read",
  audit: "read",
  unrecorded: ["text"],
  query: z.strictObject({ ...pageQuery, text: z.string().max(256).exactOptional() }),
  reply: pageOf(account),
  csv: ["login", "displayName", "email", "source", "state", "lastSignInAt"],
} as const satisfies Endpoint;

/** Makes a local account. It has no password: its owner sets one with the link, which works once. */
export const createAccount = {
  id: "createAccount",
  method: "POST",
  path: "/api/v1/accounts",
  on: "installation",
  summary: "Makes a local account, and a link with which its owner sets a password, once",
  permission: "accounts.write",
  audit: "account",
  recorded: ["login", "displayName", "breakGlass"],
  body: z.strictObject({
    login,
    displayName: z.string().min(1).max(128),
    email: z.email().max(254).exactOptional(),
    breakGlass: z.boolean().default(false),
  }),
  reply: z.strictObject({ account, link: oneTimeLink }),
} as const satisfies Endpoint;

export const showAccount = {
  id: "showAccount",
  method: "GET",
  path: "/api/v1/accounts/{accountId}",
  on: "installation",
  summary: "Shows one account",
  permission: "accounts.read",
  audit: "read",
  params: z.strictObject({ accountId: identifier }),
  reply: account,
} as const satisfies Endpoint;

/** Disabling an account ends its sessions and its tokens at once. */
export const updateAccount = {
  id: "updateAccount",
  method: "PUT",
  path: "/api/v1/accounts/{accountId}",
  on: "installation",
  summary: "Changes an account; a disabled one is signed out everywhere at once",
  permission: "accounts.write",
  audit: "account",
  recorded: ["displayName", "state"],
  params: z.strictObject({ accountId: identifier }),
  body: z.strictObject({
    displayName: z.string().min(1).max(128),
    email: z.email().max(254).exactOptional(),
    state: z.enum(["active", "disabled"]),
  }),
  reply: account,
} as const satisfies Endpoint;

/** A link with which the owner of a local account sets a new password. The old one ends with it. */
export const createAccountLink = {
  id: "createAccountLink",
  method: "POST",
  path: "/api/v1/accounts/{accountId}/link",
  on: "installation",
  summary:
    "Makes a link with which the owner sets a new password, once; ends the password, links, sessions and tokens they have",
  permission: "accounts.write",
  audit: "account",
  params: z.strictObject({ accountId: identifier }),
  reply: oneTimeLink,
} as const satisfies Endpoint;

/** Lists where somebody is signed in. */
export const listAccountSessions = {
  id: "listAccountSessions",
  method: "GET",
  path: "/api/v1/accounts/{accountId}/sessions",
  on: "installation",
  summary: "Lists where an account is signed in",
  permission: "accounts.read",
  audit: "read",
  params: z.strictObject({ accountId: identifier }),
  reply: z.strictObject({ items: z.array(openSession) }),
  csv: ["method", "address", "startedAt", "lastSeenAt", "expiresAt"],
} as const satisfies Endpoint;

export const endAccountSessions = {
  id: "endAccountSessions",
  method: "DELETE",
  path: "/api/v1/accounts/{accountId}/sessions",
  on: "installation",
  summary: "Signs an account out everywhere",
  permission: "accounts.write",
  audit: "access",
  params: z.strictObject({ accountId: identifier }),
} as const satisfies Endpoint;

/** A role that an account or a group of an identity provider holds in a part of the fleet. */
const grant = z.strictObject({
  id: identifier,
  holder: z.strictObject({ kind: z.enum(["account", "group"]), id: name }),
  role: name,
  scope,
  createdAt: instant,
  createdBy: name,
  /** From then on it gives nothing. */
  expiresAt: instant.nullable(),
});

export type Grant = z.output<typeof grant>;

export const listGrants = {
  id: "listGrants",
  method: "GET",
  path: "/api/v1/grants",
  on: "installation",
  summary: "Lists who holds which role where",
  permission: "roles.read",
  audit: "read",
  query: z.strictObject({ ...pageQuery, account: identifier.exactOptional(), role: name.exactOptional() }),
  reply: pageOf(grant),
  csv: ["holder.kind", "holder.id", "role", "createdAt", "createdBy", "expiresAt"],
} as const satisfies Endpoint;

/** Gives a role away. Refused with `MORE_THAN_HELD` where the caller does not hold all of it there, and as long. */
export const createGrant = {
  id: "createGrant",
  method: "POST",
  path: "/api/v1/grants",
  on: "installation",
  summary: "Gives a role in a part of the fleet; nobody gives what they do not hold",
  permission: "roles.write",
  audit: "account",
  recorded: ["holder", "role", "scope", "expiresAt"],
  body: z.strictObject({
    holder: z.strictObject({ kind: z.enum(["account", "group"]), id: name.min(1) }),
    role: name,
    scope,
    expiresAt: instant.nullable().default(null),
  }),
  reply: grant,
} as const satisfies Endpoint;

export const deleteGrant = {
  id: "deleteGrant",
  method: "DELETE",
  path: "/api/v1/grants/{grantId}",
  on: "installation",
  summary: "Takes a role away",
  permission: "roles.write",
  audit: "account",
  params: z.strictObject({ grantId: identifier }),
} as const satisfies Endpoint;
