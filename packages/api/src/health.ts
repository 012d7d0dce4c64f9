import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { instant, name, text } from "./scalars.ts";

const healthy = z.strictObject({ status: z.literal("ok") });

/** The process answers. */
export const showLiveness = {
  id: "showLiveness",
  method: "GET",
  path: "/healthz",
  summary: "Answers while the process runs",
  permission: "public",
  on: "self",
  audit: "none",
  reply: healthy,
} as const satisfies Endpoint;

/** The process can do its work. */
export const showReadiness = {
  id: "showReadiness",
  method: "GET",
  path: "/readyz",
  summary: "Answers while the server can read its store; 503 otherwise",
  permission: "public",
  on: "self",
  audit: "none",
  reply: healthy,
} as const satisfies Endpoint;

const component = z.strictObject({
  /** `store`, `jobs`, `audit`, `notifications`, `agents`, `certificates`, `encryption`, `bus`, `sensors`, `layers`. */
  name,
  state: z.enum(["ok", "degraded", "down"]),
  detail: text,
  values: z.record(name, z.union([z.number(), text])),
});

/** Shows how the parts of the installation are. */
export const showHealth = {
  id: "showHealth",
  method: "GET",
  path: "/api/v1/health",
  on: "installation",
  summary:
    "Shows how the parts of the installation are, each with its numbers, and which servers and workers there are",
  permission: "health.read",
  audit: "none",
  reply: z.strictObject({
    version: name,
    /** All that share the store. */
    servers: z.array(
      z.strictObject({
        name,
        /** A `worker` scans registries for the others. */
        kind: z.enum(["server", "worker"]),
        /** Where it listens: `https://127.0.0.1:8443`; null for a worker, which listens nowhere. */
        address: name.nullable(),
        version: name,
        startedAt: instant,
        /** When it last said that it is there. */
        seenAt: instant,
        state: z.enum(["running", "silent"]),
        /** Whether agents of other hosts can speak to it. */
        listensForAgents: z.boolean(),
      }),
    ),
    components: z.array(component),
    jobs: z.array(
      z.strictObject({
        id: name,
        name,
        state: z.enum(["queued", "running", "failed", "done"]),
        attempts: z.int().nonnegative(),
        runAt: instant,
        error: text.nullable(),
      }),
    ),
  }),
} as const satisfies Endpoint;

/** Metrics in Prometheus' text format; a scraper uses an API token. */
export const showMetrics = {
  id: "showMetrics",
  method: "GET",
  path: "/metrics",
  on: "installation",
  summary: "Gives metrics in Prometheus' text format",
  permission: "health.read",
  audit: "none",
  content: "text/plain",
} as const satisfies Endpoint;
