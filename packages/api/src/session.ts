import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { instant, name } from "./scalars.ts";

/** Who is signed in. */
const session = z.strictObject({ account: name, expiresAt: instant });

export type Session = z.output<typeof session>;

const PATH = "/api/v1/session";

/** Redeems a sign-in token. It works once. */
export const signIn = {
  id: "signIn",
  method: "POST",
  path: PATH,
  summary: "Redeems a sign-in token, once, and sets the session cookie",
  permission: "public",
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
  audit: "access",
} as const satisfies Endpoint;
