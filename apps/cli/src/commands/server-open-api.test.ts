import { agentEndpoints, fillPath, openApiDocument, operatorEndpoints, publicEndpoints } from "@pratique/api";
import { expect, it } from "vitest";
import { exitCodes } from "../exit-codes.ts";
import { recordedConsole } from "../testdata/recorded-console.ts";
import { serverOpenApi } from "./server-open-api.ts";

it("prints the document and nothing else, with every operation and what it needs", () => {
  const console = recordedConsole();
  expect(serverOpenApi({ console, version: "1.2.3" })).toBe(exitCodes.fine);
  const document = JSON.parse(console.printed.join(""));
  expect(document).toEqual(JSON.parse(JSON.stringify(openApiDocument("1.2.3"))));
  expect([document.openapi, document.info.version]).toEqual(["3.1.0", "1.2.3"]);
  for (const endpoint of [...publicEndpoints, ...agentEndpoints, ...operatorEndpoints]) {
    const { method, id, permission, audit } = endpoint;
    const path = fillPath(endpoint, (name) => `{${name}}`);
    expect(document.paths[path][method.toLowerCase()]).toMatchObject({
      operationId: id,
      "x-permission": permission,
      "x-audit": audit,
    });
  }
  expect(console.said).toEqual([]);
});
