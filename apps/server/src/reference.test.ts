import { readFileSync } from "node:fs";
import { agentEndpoints, operatorEndpoints, problemCodes, publicEndpoints } from "@pratique/api";
import { expect, it } from "vitest";
import { problemKinds } from "./problem-table.ts";

const reference = readFileSync(new URL("../../../docs/reference/api.md", import.meta.url), "utf8");

it.each([...publicEndpoints, ...agentEndpoints, ...operatorEndpoints])(
  "the reference tells of $method $path",
  (endpoint) => {
    const { method, path, permission, audit } = endpoint;
    const record = audit === "none" ? "–" : `\`${audit}\``;
    expect(reference).toContain(`| \`${method} ${path}\` | \`${permission}\` | ${record} |`);
  },
);

it.each(problemCodes)("the reference tells of %s", (code) => {
  expect(reference).toContain(`| \`${code}\` | ${problemKinds[code].status} |`);
});
