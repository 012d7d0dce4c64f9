import { once } from "node:events";
import { createServer } from "node:http";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { ServerClient } from "./server-client.ts";

/** Tells a server that answers everything alike of an outcome. */
async function tellOutcome(status: number, body: object): Promise<void> {
  using directory = tempDirectory();
  const server = createServer((_, reply) => reply.writeHead(status).end(JSON.stringify(body)));
  await once(server.listen(directory.at("s")), "listening");
  using client = new ServerClient({ kind: "socket", path: directory.at("s") }, "0".repeat(32));
  try {
    await client.sendOutcome("k-1", { state: "done", detail: "" });
  } finally {
    server.close();
  }
}

it("takes an outcome for told where the server knows of no such command: it would refuse it for ever", async () => {
  await expect(tellOutcome(404, { code: "NOT_FOUND" })).resolves.toBeUndefined();
});

it.each([
  ["what is no server of ours has not found", 404, {}],
  ["the server could not store it", 503, { code: "STORE_UNAVAILABLE" }],
])("tells an outcome again where %s", async (_, status, body) => {
  await expect(tellOutcome(status, body)).rejects.toMatchObject({ code: "SERVER_REFUSED" });
});
