import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";

const healthy = z.strictObject({ status: z.literal("ok") });

/** The process answers. */
export const showLiveness = {
  id: "showLiveness",
  method: "GET",
  path: "/healthz",
  summary: "Answers while the process runs",
  permission: "public",
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
  audit: "none",
  reply: healthy,
} as const satisfies Endpoint;
