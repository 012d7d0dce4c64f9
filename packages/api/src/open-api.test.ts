import { describe, expect, it } from "vitest";
import { agentEndpoints, type Endpoint, openApiDocument, publicEndpoints } from "./index.ts";

const endpoints: readonly Endpoint[] = [...publicEndpoints, ...agentEndpoints];
const document = JSON.parse(JSON.stringify(openApiDocument("1.2.3")));

it("is OpenAPI 3.1 with the version it was given", () => {
  expect(document.openapi).toBe("3.1.0");
  expect(document.info.version).toBe("1.2.3");
});

describe.each(endpoints)("$method $path", (endpoint) => {
  const operation = document.paths[endpoint.path]?.[endpoint.method.toLowerCase()];

  it("says what it needs and what it leaves in the record", () => {
    expect(operation).toMatchObject({
      operationId: endpoint.id,
      "x-permission": endpoint.permission,
      "x-audit": endpoint.audit,
    });
  });

  it("declares each parameter of its path", () => {
    const inPath = [...endpoint.path.matchAll(/\{(?<name>\w+)\}/gu)].map(({ groups }) => groups?.name);
    expect(Object.keys(endpoint.params?.shape ?? {})).toEqual(inPath);
    const declared: { name: string; in: string; required: boolean }[] = operation.parameters ?? [];
    expect(declared.filter((parameter) => parameter.in === "path").map(({ name }) => name)).toEqual(inPath);
  });

  it("tells how it fails", () => {
    expect(Object.keys(operation.responses)).toContain("default");
  });

  it("refers to nothing outside of the document's components", () => {
    const references = [...JSON.stringify(operation).matchAll(/"\$ref":"(?<to>[^"]+)"/gu)];
    expect(new Set(references.map(({ groups }) => groups?.to))).toEqual(
      new Set(["#/components/schemas/Problem"]),
    );
  });
});

it("names each operation once", () => {
  expect(new Set(endpoints.map(({ id }) => id)).size).toBe(endpoints.length);
});

it("leaves a record of every change that a person makes", () => {
  const changes = publicEndpoints.filter(({ method }) => method !== "GET");
  expect(changes.map(({ audit }) => audit)).not.toContain("none");
});

it("asks for a session wherever it is not public, except on the agent's socket", () => {
  const wrong = endpoints.filter(({ path, method, permission }) => {
    const needsSession = permission !== "public" && !path.startsWith("/agent/");
    return document.paths[path][method.toLowerCase()].security.length !== (needsSession ? 1 : 0);
  });
  expect(wrong).toEqual([]);
});

it("keeps the two listeners apart", () => {
  expect(
    agentEndpoints.every(
      ({ path, permission }) => path.startsWith("/agent/v1/") && permission.startsWith("agent."),
    ),
  ).toBe(true);
  expect(
    publicEndpoints.some(
      ({ path, permission }) => path.startsWith("/agent/") || permission.startsWith("agent."),
    ),
  ).toBe(false);
});
