import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { identifier, instant, name } from "./scalars.ts";
import { permission } from "./scope.ts";

/** Who is signed in, how, and what they may do. */
const session = z.strictObject({
  account: z.strictObject({ id: identifier, login: name, displayName: name }),
  method: z.enum(["link", "password", "oidc", "token"]),
  expiresAt: instant,
  /** What is held anywhere: the console shows no way to what is not. Where it is held, the server decides. */
  permissions: z.partialRecord(permission, z.enum(["allow", "needs-approval"])),
  /** Whether a local password can be set, and whether there is one. */
  password: z.enum(["set", "unset", "elsewhere"]),
  /** The first administrator has to give the account a password before anything else. */
  mustSetPassword: z.boolean(),
});

export type Session = z.output<typeof session>;

const PATH = "/api/v1/session";

/**
 * Why a browser that was led through a sign-in comes back without a session: `/signin?refused=CODE` of the console. The
 * address carries the code only: nobody can put words into the page.
 */
export const signInRefusals = [
  "TOKEN_REFUSED",
  "SIGN_IN_REFUSED",
  "PROVIDER_UNREACHABLE",
  "TOO_MANY_REQUESTS",
  "FAILED",
] as const;

export type SignInRefusal = (typeof signInRefusals)[number];

/**
 * Where to go once signed in: a place of the console, and of no other site, in the characters of an address. Browsers
 * leave out line ends and tabs, and read a backslash as a slash, so that none of them may stand in it.
 */
export const placeOfConsole = z
  .string()
  .regex(/^\/(?!\/)[!-[\]-~]*$/u)
  .max(2048);

/** Redeems a sign-in token. It works once. */
export const signIn = {
  id: "signIn",
  method: "POST",
  path: PATH,
  summary: "Redeems a sign-in token, once, and sets the session cookie",
  permission: "public",
  on: "self",
  audit: "access",
  body: z.strictObject({ token: z.string().min(1).max(256) }),
  reply: session,
} as const satisfies Endpoint;

/** Shows who is signed in. */
export const showSession = {
  id: "showSession",
  method: "GET",
  path: PATH,
  summary: "Shows who is signed in",
  permission: "session",
  on: "self",
  audit: "none",
  reply: session,
} as const satisfies Endpoint;

/** Signs out. */
export const signOut = {
  id: "signOut",
  method: "DELETE",
  path: PATH,
  summary: "Ends the session",
  permission: "session",
  on: "self",
  audit: "access",
} as const satisfies Endpoint;

const signInMethods = z.strictObject({
  /** Local accounts may sign in. */
  password: z.boolean(),
  providers: z.array(z.strictObject({ id: identifier, name })),
});

/** Tells how one may sign in. */
export const listSignInMethods = {
  id: "listSignInMethods",
  method: "GET",
  path: "/api/v1/sign-in-methods",
  on: "self",
  summary: "Tells how one may sign in",
  permission: "public",
  audit: "none",
  reply: signInMethods,
} as const satisfies Endpoint;

/** The least length of a password (NIST SP 800-63B-4, 3.1.1.2: 15 where it is the only factor). */
export const MIN_PASSWORD_LENGTH = 15;
const password = z.string().min(1).max(1024);

/** Signs in with a local account. Wrong logins and wrong passwords are answered alike. */
export const signInWithPassword = {
  id: "signInWithPassword",
  method: "POST",
  path: "/api/v1/session/password",
  on: "self",
  summary: "Signs in with a login and a password",
  permission: "public",
  audit: "access",
  recorded: ["login"],
  body: z.strictObject({ login: z.string().min(1).max(128), password }),
  reply: session,
} as const satisfies Endpoint;

/** Sends the browser to an identity provider (OpenID Connect Core 1.0, 3.1, with PKCE). */
export const startOidc = {
  id: "startOidc",
  method: "GET",
  path: "/api/v1/session/oidc/{provider}",
  on: "self",
  summary:
    "Sends the browser to an identity provider, and back to the console with the reason where that fails",
  permission: "public",
  audit: "none",
  params: z.strictObject({ provider: identifier }),
  query: z.strictObject({
    /** Where the browser goes once somebody is signed in; the overview where it is absent. */
    to: placeOfConsole.exactOptional(),
  }),
} as const satisfies Endpoint;

/** Takes the browser back from an identity provider, and sends it to the console. */
export const finishOidc = {
  id: "finishOidc",
  method: "GET",
  path: "/api/v1/session/oidc/{provider}/callback",
  on: "self",
  summary: "Takes the browser back from an identity provider",
  permission: "public",
  audit: "access",
  params: z.strictObject({ provider: identifier }),
} as const satisfies Endpoint;

/** Sets the password of one's own account; all other sessions of it end. */
export const setPassword = {
  id: "setPassword",
  method: "PUT",
  path: "/api/v1/session/password",
  on: "self",
  summary: "Sets your password; your other sessions end",
  permission: "session",
  audit: "account",
  body: z.strictObject({
    /** Needed where there is one already, unless one signed in with a link and has set none since. */
    current: password.exactOptional(),
    next: z.string().min(MIN_PASSWORD_LENGTH).max(1024),
  }),
} as const satisfies Endpoint;

/** Somebody's being signed in, in one browser. What it is shown by is known to that browser alone. */
export const openSession = z.strictObject({
  /** Names it, and lets nobody in. */
  id: identifier,
  method: z.enum(["link", "password", "oidc"]),
  /** Where it began. */
  address: name,
  startedAt: instant,
  /** To the minute or so. */
  lastSeenAt: instant,
  /** When it ends at the latest; one that nobody uses ends sooner. */
  expiresAt: instant,
  /** Whether it is the one that asks. */
  current: z.boolean(),
});

export type OpenSession = z.output<typeof openSession>;

/** Lists where the caller is signed in. */
export const listOwnSessions = {
  id: "listOwnSessions",
  method: "GET",
  path: "/api/v1/session/sessions",
  on: "self",
  summary: "Lists where you are signed in",
  permission: "session",
  audit: "none",
  reply: z.strictObject({ items: z.array(openSession) }),
  csv: ["method", "address", "startedAt", "lastSeenAt", "expiresAt", "current"],
} as const satisfies Endpoint;

/** Signs the caller out in one browser, this one or another. */
export const endOwnSession = {
  id: "endOwnSession",
  method: "DELETE",
  path: "/api/v1/session/sessions/{sessionId}",
  on: "self",
  summary: "Signs you out in one browser",
  permission: "session",
  audit: "access",
  params: z.strictObject({ sessionId: identifier }),
} as const satisfies Endpoint;
