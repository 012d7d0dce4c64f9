import type { Endpoint } from "./endpoint.ts";

/** What there is to call, for programs: the same for everybody, and nothing of the installation. */
export const showOpenApi = {
  id: "showOpenApi",
  method: "GET",
  path: "/api/v1/openapi.json",
  on: "installation",
  summary: "Gives the OpenAPI 3.1 document of this API",
  permission: "public",
  audit: "none",
  content: "application/json",
} as const satisfies Endpoint;
