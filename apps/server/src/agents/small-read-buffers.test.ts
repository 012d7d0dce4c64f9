import { once } from "node:events";
import { createServer, request, type Server } from "node:https";
import { type AddressInfo, connect, createServer as createRelay, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type CertifiedKey, certifyServer, makeAuthority } from "./agent-certificates.ts";
import { keepReadBuffersSmall } from "./small-read-buffers.ts";

const LONG_MS = 60_000;

let certified: CertifiedKey;
let server: Server;
let relay: ReturnType<typeof createRelay> | undefined;
beforeAll(async () => {
  const lifetime = { now: Date.now(), validMs: 3_600_000 };
  certified = await certifyServer(await makeAuthority(lifetime), lifetime);
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});
afterAll(() => relay?.close());

async function listen(silenceMs: number): Promise<number> {
  const { key, certificate } = certified;
  server = createServer({ key, cert: certificate }, (incoming, reply) => {
    let length = 0;
    incoming.on("data", (piece: Buffer) => {
      length += piece.length;
    });
    incoming.on("end", () => reply.end(String(length)));
  });
  keepReadBuffersSmall(server, silenceMs);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return portOf(server);
}

function portOf(listening: { address(): AddressInfo | string | null }): number {
  const address = listening.address();
  if (address === null || typeof address === "string") throw new Error("it listens on a port");
  return address.port;
}

async function post(port: number, body: string): Promise<string> {
  const made = request({
    port,
    host: "127.0.0.1",
    method: "POST",
    agent: false,
    rejectUnauthorized: false,
  });
  made.end(body);
  const [reply] = await once(made, "response");
  let text = "";
  for await (const piece of reply.setEncoding("utf8")) text += piece;
  return text;
}

it.each([0, 1, 1000, 20_000, 3_000_000])("takes a body of %i bytes", async (length) => {
  expect(await post(await listen(LONG_MS), "x".repeat(length))).toBe(String(length));
});

it("begins a handshake of which a byte comes first", async () => {
  const port = await listen(LONG_MS);
  const through = createRelay((client) => {
    server.once("connection", (taken: Socket) => {
      client.once("data", (first: Buffer) => {
        onward.write(first.subarray(0, 1));
        // The rest goes when the byte has been taken.
        taken.once("readable", () => {
          onward.write(first.subarray(1));
          client.pipe(onward).pipe(client);
        });
      });
    });
    const onward = connect(port, "127.0.0.1");
  }).listen(0, "127.0.0.1");
  relay = through;
  await once(through, "listening");
  expect(await post(portOf(through), "x".repeat(70_000))).toBe("70000");
});

it.each<[string, number, (socket: Socket) => void]>([
  ["says nothing", 500, () => undefined],
  ["ends without a word", LONG_MS, (socket) => socket.end()],
  ["says what is no TLS", LONG_MS, (socket) => socket.end("GET / HTTP/1.1\r\n\r\n")],
])("ends a connection that %s, and answers others", async (_, silenceMs, act) => {
  const port = await listen(silenceMs);
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.resume();
  act(socket);
  await once(socket, "close");
  expect(await post(port, "x")).toBe("1");
});

it("outlives a connection that is reset before its first byte", async () => {
  const port = await listen(LONG_MS);
  const socket = connect(port, "127.0.0.1");
  const [[taken]] = await Promise.all([once(server, "connection"), once(socket, "connect")]);
  socket.resetAndDestroy();
  // Not `once`, which would throw what the connection ended with.
  if (!taken.closed) await new Promise((resolve) => taken.once("close", resolve));
  expect(await post(port, "x")).toBe("1");
});
