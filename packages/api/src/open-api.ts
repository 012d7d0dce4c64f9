import { z } from "zod";
import { pendingApproval } from "./approvals.ts";
import { type Endpoint, fillPath } from "./endpoint.ts";
import { agentEndpoints, operatorEndpoints, publicEndpoints } from "./endpoints.ts";
import { PROBLEM_TYPE, problem } from "./problem.ts";
import { TOKEN_PREFIX } from "./tokens.ts";

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
    const path = fillPath(endpoint, (name) => `{${name}}`);
    paths[path] = {
      ...paths[path],
      [endpoint.method.toLowerCase()]: operationOf(endpoint),
    };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Pratique",
      version,
      description:
        "What the console, agents and programs say to the server. Paths under /agent are answered on the agents' listener and on the server's socket, those under /operator on the socket only.",
    },
    paths,
    components: {
      schemas: { PendingApproval: schemaOf(pendingApproval), Problem: schemaOf(problem) },
      securitySchemes: {
        session: { type: "apiKey", in: "cookie", name: "__Host-session" },
        token: { type: "http", scheme: "bearer", description: `An API token, ${TOKEN_PREFIX}…` },
        hostCertificate: { type: "mutualTLS" },
      },
    },
  };
}

function operationOf(endpoint: Endpoint): OpenApiObject {
  const parameters = [
    ...parametersOf("path", endpoint.params).map((parameter) => withRest(endpoint, parameter)),
    ...parametersOf("query", endpoint.query),
    ...(endpoint.stream === undefined ? [] : [LAST_EVENT_ID]),
    ...(endpoint.conditional === undefined ? [] : [IF_MATCH]),
    ...(endpoint.method === "POST" && isForPeople(endpoint) ? [IDEMPOTENCY_KEY] : []),
  ];
  return {
    operationId: endpoint.id,
    summary: endpoint.summary,
    tags: [tagOf(endpoint)],
    "x-permission": endpoint.permission,
    "x-audit": endpoint.audit,
    "x-acts-on": endpoint.on,
    security: securityOf(endpoint),
    ...(parameters.length > 0 && { parameters }),
    ...(endpoint.body !== undefined && {
      requestBody: { required: true, content: bodyOf(endpoint.body, endpoint) },
    }),
    responses: { ...successOf(endpoint), ...(mayWait(endpoint) && { 202: PENDING }), default: FAILURE },
  };
}

/** Bytes of any form have no schema in OpenAPI 3.1. */
function bodyOf(body: z.ZodType, { bodyBytes }: Endpoint): OpenApiObject {
  return bodyBytes === undefined ? { "application/json": { schema: schemaOf(body) } } : { "*/*": {} };
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

const IF_MATCH: OpenApiObject = {
  name: "If-Match",
  in: "header",
  required: false,
  description: "The ETag of what is changed; If-None-Match: * where nothing may be there yet",
  schema: { type: "string" },
};

const IDEMPOTENCY_KEY: OpenApiObject = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: "A call that is repeated with the same key is done once, and answered alike, for a day",
  schema: { type: "string", maxLength: 255 },
};

const PENDING: OpenApiObject = {
  description: "The caller's role says that a second person must agree; it waits for them",
  content: { "application/json": { schema: { $ref: "#/components/schemas/PendingApproval" } } },
};

function isForPeople({ permission }: Endpoint): boolean {
  return !["public", "agent", "operator", "registry"].includes(permission);
}

function securityOf(endpoint: Endpoint): readonly OpenApiObject[] {
  if (isForPeople(endpoint)) return [{ session: [] }, { token: [] }];
  return endpoint.permission === "agent" ? [{ hostCertificate: [] }] : [];
}

function tagOf({ path }: Endpoint): string {
  if (path.startsWith("/agent/")) return "agent";
  return path.startsWith("/operator/") ? "operator" : "console";
}

/** Whether a role may say that a second person must agree. */
function mayWait(endpoint: Endpoint): boolean {
  return isForPeople(endpoint) && endpoint.permission !== "session" && endpoint.method !== "GET";
}

function successOf({ reply, stream, content: mediaType, csv }: Endpoint): OpenApiObject {
  if (stream !== undefined) {
    return { 200: { description: "Events", content: { "text/event-stream": { schema: schemaOf(stream) } } } };
  }
  if (mediaType !== undefined) return { 200: { description: "The answer", content: { [mediaType]: {} } } };
  if (reply === undefined) return { 204: { description: "Done" } };
  const content = {
    "application/json": { schema: schemaOf(reply) },
    ...(csv !== undefined && { "text/csv": { schema: { type: "string" } } }),
  };
  return { 200: { description: "The answer", content } };
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

/** OpenAPI knows no parameter that holds slashes: what does is said in words. */
function withRest({ path }: Endpoint, parameter: OpenApiObject): OpenApiObject {
  if (!path.includes(`{+${String(parameter.name)}}`)) return parameter;
  return { ...parameter, description: "The rest of the path, with the slashes that it holds" };
}

/** JSON Schema 2020-12, which OpenAPI 3.1 takes as it is. */
function schemaOf(schema: z.core.$ZodType): OpenApiObject {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input" });
  return rest;
}
