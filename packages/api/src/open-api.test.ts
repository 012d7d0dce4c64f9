import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  agentEndpoints,
  type Endpoint,
  fillPath,
  openApiDocument,
  operatorEndpoints,
  publicEndpoints,
} from "./index.ts";

const endpoints: readonly Endpoint[] = [...publicEndpoints, ...agentEndpoints, ...operatorEndpoints];
const known = { "#/components/schemas/Problem": true, "#/components/schemas/PendingApproval": true };
const document = JSON.parse(JSON.stringify(openApiDocument("1.2.3")));

it("is OpenAPI 3.1 with the version it was given", () => {
  expect(document.openapi).toBe("3.1.0");
  expect(document.info.version).toBe("1.2.3");
});

it("is valid by the specification's own schema", async () => {
  expect(await new Validator().validate(document)).toEqual({ valid: true });
  const { paths, ...rest } = document;
  const wrong = { ...rest, paths: { ...paths, "/x": { get: { parameters: [{ name: "y" }] } } } };
  expect(await new Validator().validate(wrong)).toMatchObject({ valid: false });
});

describe.each(endpoints)("$method $path", (endpoint) => {
  const path = fillPath(endpoint, (name) => `{${name}}`);
  const operation = document.paths[path]?.[endpoint.method.toLowerCase()];

  it("says what it needs and what it leaves in the record", () => {
    expect(operation).toMatchObject({
      operationId: endpoint.id,
      "x-permission": endpoint.permission,
      "x-audit": endpoint.audit,
    });
  });

  it("declares each parameter of its path", () => {
    const inPath = [...path.matchAll(/\{(?<name>\w+)\}/gu)].map(({ groups }) => groups?.name);
    expect(Object.keys(endpoint.params?.shape ?? {})).toEqual(inPath);
    const declared: { name: string; in: string; required: boolean }[] = operation.parameters ?? [];
    expect(declared.filter((parameter) => parameter.in === "path").map(({ name }) => name)).toEqual(inPath);
  });

  it("tells how it fails", () => {
    expect(Object.keys(operation.responses)).toContain("default");
  });

  it("refers to nothing outside of the document's components", () => {
    const references = [...JSON.stringify(operation).matchAll(/"\$ref":"(?<to>[^"]+)"/gu)];
    const foreign = references.map(({ groups }) => groups?.to).filter((to) => !(`${to}` in known));
    expect(foreign).toEqual([]);
  });
});

it("says of what is no JSON which media type it has", () => {
  const { get } = document.paths["/audit/v1/tile/entries/{bundle}"];
  expect(Object.keys(get.responses["200"].content)).toEqual(["application/octet-stream"]);
  expect(get.parameters).toMatchObject([
    { name: "bundle", description: expect.stringContaining("rest of the path") },
  ]);
  const silent = publicEndpoints.filter(
    ({ method, reply, stream, content }) =>
      method === "GET" && reply === undefined && stream === undefined && content === undefined,
  );
  expect(silent.map(({ id }) => id)).toEqual(["startOidc", "finishOidc"]);
});

it("names each operation once", () => {
  expect(new Set(endpoints.map(({ id }) => id)).size).toBe(endpoints.length);
});

it("leaves a record of every change that a person makes, but for what only checks a draft", () => {
  const unrecorded = publicEndpoints.filter(
    ({ method, permission, audit }) => method !== "GET" && permission !== "registry" && audit === "none",
  );
  expect(unrecorded.map(({ id }) => id)).toEqual([
    "dryRunPolicy",
    "lintPolicy",
    "lintRuleFile",
    "tryRuleFile",
  ]);
});

it("records who reads what is sensitive", () => {
  const read = publicEndpoints.filter(({ audit }) => audit === "read").map(({ id }) => id);
  expect(read).toEqual(
    expect.arrayContaining([
      "listAccounts",
      "listAuditEntries",
      "listGrants",
      "listTokens",
      "readAuditEntries",
      "showAccount",
    ]),
  );
});

it("asks for a session or a token of everybody who is no stranger and no registry", () => {
  const forPeople = publicEndpoints.filter(({ permission }) => permission !== "registry");
  const open = forPeople.filter((endpoint) => {
    const path = fillPath(endpoint, (name) => `{${name}}`);
    return document.paths[path][endpoint.method.toLowerCase()].security.length === 0;
  });
  expect(open.map(({ permission }) => permission)).toEqual(open.map(() => "public"));
});

it("lets nobody but who shows themselves in, except to sign in, to join, and to tell whether it is well", () => {
  const open = endpoints.filter(({ permission }) => permission === "public").map(({ id }) => id);
  expect(open.sort()).toEqual([
    "finishOidc",
    "joinHost",
    "listSignInMethods",
    "showLiveness",
    "showOpenApi",
    "showReadiness",
    "signIn",
    "signInWithPassword",
    "startOidc",
  ]);
});

it("names in the record only members that the body has", () => {
  const wrong = endpoints.filter(({ recorded = [], body }) => {
    const members = body instanceof z.ZodObject ? Object.keys(body.shape) : [];
    return recorded.some((member) => !members.includes(member));
  });
  expect(wrong.map(({ id }) => id)).toEqual([]);
});

it.each([/secret/iu, /password/iu, /^csr$/u, /^token$/u, /^settings$/u])("never records %s", (forbidden) => {
  expect(
    endpoints.flatMap(({ recorded = [] }) => recorded).filter((member) => forbidden.test(member)),
  ).toEqual([]);
});

it("gives the parameter by which what is acted upon is found", () => {
  const named = endpoints.filter(({ on }) => !["installation", "list", "self", "body"].includes(on));
  const parameter = (on: string) => (on === "host" ? "host" : `${on}Id`);
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter(({ on, path }) => !path.includes(`{${parameter(on)}}`)).map(({ id }) => id)).toEqual(
    [],
  );
});

it("sorts the operations, and keeps the listeners apart", () => {
  const order = ({ path, method }: Endpoint) => `${path} ${method}`;
  for (const list of [publicEndpoints, agentEndpoints]) {
    expect(list.map(order)).toEqual(list.map(order).sort());
  }
  expect(agentEndpoints.filter(({ path }) => !path.startsWith("/agent/v1/"))).toEqual([]);
  expect(operatorEndpoints.filter(({ path }) => !path.startsWith("/operator/v1/"))).toEqual([]);
  expect(publicEndpoints.filter(({ path }) => /^\/(?:agent|operator)\//u.test(path))).toEqual([]);
});
