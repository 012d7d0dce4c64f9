import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import { tempDirectory } from "@pratique/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ServerConnection } from "./server-connection.ts";

let directory: ReturnType<typeof tempDirectory>;
let server: Server;
let connection: ServerConnection;
/** In the order in which they were opened. */
let sockets: Socket[];
/** What the server says of how long it keeps connections. */
let kept: string;
beforeEach(async () => {
  directory = tempDirectory();
  sockets = [];
  server = createServer((request, reply) => {
    request.resume().on("end", () => reply.setHeader("keep-alive", kept).end("{}"));
  });
  // It would keep them for longer than it says.
  server.keepAliveTimeout = 60_000;
  server.on("connection", (socket: Socket) => sockets.push(socket));
  server.listen(directory.at("socket"));
  await once(server, "listening");
  connection = new ServerConnection({ kind: "socket", path: directory.at("socket") }, "0".repeat(32));
});
afterEach(() => {
  connection[Symbol.dispose]();
  server.closeAllConnections();
  server.close();
  directory[Symbol.dispose]();
});

const exchange = () => connection.exchange({ method: "PUT", path: "/", body: {} });

it("goes on with a connection that is kept", async () => {
  kept = "timeout=60";
  await exchange();
  await exchange();
  expect(sockets).toHaveLength(1);
});

it("ends a connection that was quiet for as long as the server asks, and opens another", async () => {
  kept = "timeout=2";
  await exchange();
  const [first] = sockets;
  if (first !== undefined && !first.closed) await once(first, "close");
  expect(await exchange()).toEqual({ status: 200, body: "{}" });
  expect(sockets).toHaveLength(2);
});
