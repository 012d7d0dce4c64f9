import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { count, name } from "./scalars.ts";

/**
 * A change. It says what to read again, not what it became. `reset` means that changes were missed: read
 * everything again.
 */
export const changeEvent = z.strictObject({
  sequence: count,
  kind: z.enum([
    "image",
    "newly-affected",
    "launch",
    "host",
    "containers",
    "detection",
    "runtime",
    "policy",
    "exception",
    "approval",
    "access",
    "settings",
    "registry",
    "reset",
  ]),
  /** The id of what changed, for `containers` the host's name; empty for `reset`, and where it is everything. */
  subject: name,
});

export type ChangeEvent = z.output<typeof changeEvent>;

/** Streams changes. Those outside of the caller's scopes are left out. */
export const streamEvents = {
  id: "streamEvents",
  method: "GET",
  path: "/api/v1/events",
  summary: "Streams changes as server-sent events; resumes after the Last-Event-ID header",
  permission: "overview.read",
  on: "list",
  audit: "none",
  stream: changeEvent,
} as const satisfies Endpoint;
