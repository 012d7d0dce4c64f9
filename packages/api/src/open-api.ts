import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { agentEndpoints, operatorEndpoints, publicEndpoints } from "./endpoints.ts";
import { PROBLEM_TYPE, problem } from "./problem.ts";

/** A node of an OpenAPI document. */
export interface OpenApiObject {
  readonly [key: string]: unknown;
}

/**
 * The OpenAPI 3.1 document of the API, made from the contract. Each operation says what it needs in
 * `x-permission`, and what it leaves in the record in `x-audit`.
 */
export function openApiDocument(version: string): OpenApiObject {
  const paths: Record<string, Record<string, OpenApiObject>> = {};
  for (const endpoint of [...publicEndpoints, ...agentEndpoints, ...operatorEndpoints]) {
    paths[endpoint.path] = {
      ...paths[endpoint.path],
      [endpoint.method.toLowerCase()]: operationOf(endpoint),
    };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Pratique",
      version,
      description:
        "What the console and the agent say to the server. Paths under /agent are answered on the agent's socket only.",
    },
    paths,
    components: {
      schemas: { Problem: schemaOf(problem) },
      securitySchemes: { session: { type: "apiKey", in: "cookie", name: "__Host-session" } },
    },
  };
}

function operationOf(endpoint: Endpoint): OpenApiObject {
  const parameters = [
    ...parametersOf("path", endpoint.params),
    ...parametersOf("query", endpoint.query),
    ...(endpoint.stream === undefined ? [] : [LAST_EVENT_ID]),
  ];
  return {
    operationId: endpoint.id,
    summary: endpoint.summary,
    tags: [endpoint.path.startsWith("/agent/") ? "agent" : "console"],
    "x-permission": endpoint.permission,
    "x-audit": endpoint.audit,
    security: needsSession(endpoint) ? [{ session: [] }] : [],
    ...(parameters.length > 0 && { parameters }),
    ...(endpoint.body !== undefined && {
      requestBody: { required: true, content: { "application/json": { schema: schemaOf(endpoint.body) } } },
    }),
    responses: { ...successOf(endpoint), default: FAILURE },
  };
}

const LAST_EVENT_ID: OpenApiObject = {
  name: "Last-Event-ID",
  in: "header",
  required: false,
  description: "The id of the last event that was seen",
  schema: { type: "string" },
};

const FAILURE: OpenApiObject = {
  description: "It could not be done; the code says why",
  content: { [PROBLEM_TYPE]: { schema: { $ref: "#/components/schemas/Problem" } } },
};

function needsSession({ permission }: Endpoint): boolean {
  return permission !== "public" && !permission.startsWith("agent.");
}

function successOf({ reply, stream }: Endpoint): OpenApiObject {
  if (stream !== undefined) {
    return { 200: { description: "Events", content: { "text/event-stream": { schema: schemaOf(stream) } } } };
  }
  if (reply === undefined) return { 204: { description: "Done" } };
  return { 200: { description: "The answer", content: { "application/json": { schema: schemaOf(reply) } } } };
}

function parametersOf(place: "path" | "query", schema: z.ZodObject | undefined): readonly OpenApiObject[] {
  if (schema === undefined) return [];
  return Object.entries(schema.shape).map(([name, member]) => ({
    name,
    in: place,
    required: place === "path" || !member.safeParse(undefined).success,
    schema: schemaOf(member),
  }));
}

/** JSON Schema 2020-12, which OpenAPI 3.1 takes as it is. */
function schemaOf(schema: z.core.$ZodType): OpenApiObject {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input" });
  return rest;
}
