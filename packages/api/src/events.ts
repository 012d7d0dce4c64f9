import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { count, name } from "./scalars.ts";

/**
 * A change. It says what to read again, not what it became. `reset` means that changes were missed: read
 * everything again.
 */
export const changeEvent = z.strictObject({
  sequence: count,
  kind: z.enum(["image", "launch", "host", "reset"]),
  /** The image id, the launch id or the host's name; empty for `reset`. */
  subject: name,
});

export type ChangeEvent = z.output<typeof changeEvent>;

/** Streams changes. */
export const streamEvents = {
  id: "streamEvents",
  method: "GET",
  path: "/api/v1/events",
  summary: "Streams changes as server-sent events; resumes after the Last-Event-ID header",
  permission: "overview.read",
  audit: "none",
  stream: changeEvent,
} as const satisfies Endpoint;
