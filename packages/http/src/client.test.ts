import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { fixedClock } from "@pratique/testkit";
import { expect, it } from "vitest";
import { HttpClient, type HttpClientOptions } from "./index.ts";
import { certificate, listen } from "./testdata/loopback.ts";

const { now } = fixedClock("2026-01-01T00:00:00Z");

/** A client that notes its waits instead of waiting. */
function clientOf(options: Partial<HttpClientOptions> = {}) {
  const waits: number[] = [];
  const sleep = async (ms: number) => {
    waits.push(ms);
  };
  return { client: new HttpClient({ now, random: () => 0.5, sleep, ...options }), waits };
}

function code(expected: string) {
  return expect.objectContaining({ name: "HttpError", code: expected });
}

it("brings status, headers and body", async () => {
  await using server = await listen((_, response) => {
    response.setHeader("X-Twice", ["a", "b"]);
    response.end('{"answer":42}');
  });
  await using client = clientOf({ userAgent: "pratique/1" }).client;
  const response = await client.request({ url: `${server.url}/a?b=c` });
  expect(response.status).toBe(200);
  expect(response.headers.get("x-twice")).toBe("a, b");
  expect(await response.json()).toEqual({ answer: 42 });
  expect(server.requests[0]?.url).toBe("/a?b=c");
  expect(server.requests[0]?.headers["user-agent"]).toBe("pratique/1");
});

it("sends a body", async () => {
  await using server = await listen((request, response) => request.pipe(response));
  await using client = clientOf().client;
  const response = await client.request({ url: server.url, method: "POST", body: "hello" });
  expect(await response.text()).toBe("hello");
});

it("streams a body, and can stop in the middle of it", async () => {
  await using server = await listen((_, response) => {
    response.write("first");
  });
  await using client = clientOf().client;
  const { body } = await client.request({ url: server.url });
  for await (const chunk of body) {
    expect(Buffer.from(chunk).toString()).toBe("first");
    break;
  }
  const [request] = server.requests;
  if (request?.socket.destroyed === false) await once(request.socket, "close");
  expect(request?.socket.destroyed).toBe(true);
});

it("reports what is not JSON", async () => {
  await using server = await listen((_, response) => response.end("<html>"));
  await using client = clientOf().client;
  const response = await client.request({ url: server.url });
  await expect(response.json()).rejects.toEqual(code("MALFORMED"));
});

it.each([
  ["a file", "file:///etc/passwd"],
  ["no URL", "example.org"],
  ["credentials", "http://user:secret@127.0.0.1/"],
])("refuses %s", async (_, url) => {
  await using client = clientOf().client;
  const failure = await client.request({ url }).catch((thrown: unknown) => thrown);
  expect(failure).toEqual(code("URL_REFUSED"));
  expect(String(failure)).not.toContain("secret");
});

it("rejects with the status that nobody asked for, and never shows the query", async () => {
  await using server = await listen((_, response) => response.writeHead(404).end("no"));
  await using client = clientOf().client;
  const failure = await client.request({ url: `${server.url}/x?token=secret` }).catch((thrown) => thrown);
  expect(failure).toEqual(code("STATUS"));
  expect(failure.status).toBe(404);
  expect(failure.message).toContain("/x");
  expect(failure.message).not.toContain("secret");
});

it("gives a status that was asked for", async () => {
  await using server = await listen((_, response) => response.writeHead(404).end("no"));
  await using client = clientOf().client;
  const response = await client.request({ url: server.url, acceptStatuses: [404] });
  expect([response.status, await response.text()]).toEqual([404, "no"]);
});

it.each([
  ["announced", (length: number) => ({ "content-length": length })],
  ["not announced", () => ({ "transfer-encoding": "chunked" })],
])("stops at the limit where the length is %s", async (_, headers) => {
  const body = Buffer.alloc(2048);
  await using server = await listen((_request, response) => {
    response.writeHead(200, headers(body.length)).end(body);
  });
  await using client = clientOf().client;
  const response = await client.request({ url: server.url, maxBytes: 2047 });
  await expect(response.bytes()).rejects.toEqual(code("TOO_LARGE"));
  const exact = await client.request({ url: server.url, maxBytes: 2048 });
  expect((await exact.bytes()).byteLength).toBe(2048);
});

it.each([429, 502, 503, 504])("tries again after %i, with more and more patience", async (status) => {
  await using server = await listen((_, response) => {
    if (server.requests.length < 4) response.writeHead(status).end();
    else response.end("at last");
  });
  const { client, waits } = clientOf();
  await using _ = client;
  expect(await (await client.request({ url: server.url })).text()).toBe("at last");
  expect(waits).toEqual([250, 500, 1000]);
});

it("gives up in the end", async () => {
  await using server = await listen((_, response) => response.writeHead(503).end());
  await using client = clientOf({ retry: { maxRetries: 2 } }).client;
  await expect(client.request({ url: server.url })).rejects.toEqual(code("STATUS"));
  expect(server.requests).toHaveLength(3);
});

it.each([
  ["seconds", "7", 7000],
  ["a date", "Thu, 01 Jan 2026 00:00:09 GMT", 9000],
])("waits as long as the server asks, in %s", async (_, retryAfter, expected) => {
  await using server = await listen((_request, response) => {
    if (server.requests.length === 1) response.writeHead(429, { "retry-after": retryAfter }).end();
    else response.end();
  });
  const { client, waits } = clientOf({ random: () => 0 });
  await using __ = client;
  await (await client.request({ url: server.url })).discard();
  expect(waits).toEqual([expected]);
});

it("does not wait for a server that asks for an hour, and says how long it asked", async () => {
  await using server = await listen((_, response) =>
    response.writeHead(429, { "retry-after": "3600" }).end(),
  );
  const { client, waits } = clientOf();
  await using _ = client;
  await expect(client.request({ url: server.url })).rejects.toMatchObject({
    code: "STATUS",
    status: 429,
    retryAfterMs: 3_600_000,
  });
  expect(waits).toEqual([]);
});

it("never repeats a POST", async () => {
  await using server = await listen((_, response) => response.writeHead(503).end());
  await using client = clientOf().client;
  await expect(client.request({ url: server.url, method: "POST" })).rejects.toEqual(code("STATUS"));
  expect(server.requests).toHaveLength(1);
});

it("tries again when the connection breaks before the answer", async () => {
  await using server = await listen((request, response) => {
    if (server.requests.length < 3) request.socket.resetAndDestroy();
    else response.end("there");
  });
  await using client = clientOf().client;
  expect(await (await client.request({ url: server.url })).text()).toBe("there");
});

it("reports a body that breaks off", async () => {
  await using server = await listen((request, response) => {
    response.writeHead(200, { "content-length": 100 });
    response.write("half", () => request.socket.destroy());
  });
  await using client = clientOf().client;
  const response = await client.request({ url: server.url });
  await expect(response.bytes()).rejects.toEqual(code("INTERRUPTED"));
});

it("reports a closed port without trying again", async () => {
  const server = await listen((_, response) => response.end());
  await server[Symbol.asyncDispose]();
  const { client, waits } = clientOf();
  await using _ = client;
  await expect(client.request({ url: server.url })).rejects.toEqual(code("UNREACHABLE"));
  expect(waits).toEqual([]);
});

it("reports what is not HTTP", async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined).end("SSH-2.0-OpenSSH\r\n");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  await using client = clientOf().client;
  await expect(client.request({ url: `http://127.0.0.1:${port}` })).rejects.toEqual(code("MALFORMED"));
  for (const socket of sockets) socket.destroy();
  server.close();
});

it.each([
  ["before the answer", () => undefined],
  ["within the body", (response: { write(text: string): void }) => response.write("a")],
])("ends a silence %s", async (_, answer) => {
  await using server = await listen((_request, response) => {
    answer(response);
  });
  await using client = clientOf({ idleTimeoutMs: 40 }).client;
  const reading = client.request({ url: server.url }).then((response) => response.bytes());
  await expect(reading).rejects.toEqual(code("TIMED_OUT"));
});

it("ends a body that drips for ever", async () => {
  await using server = await listen((request, response) => {
    const timer = setInterval(() => response.write("."), 5);
    request.socket.on("close", () => clearInterval(timer));
  });
  await using client = clientOf({ totalTimeoutMs: 60 }).client;
  const reading = client.request({ url: server.url }).then((response) => response.bytes());
  await expect(reading).rejects.toEqual(code("TIMED_OUT"));
});

it("stops when the caller says so, also while it waits for the next try", async () => {
  await using server = await listen((_, response) => response.writeHead(503).end());
  const controller = new AbortController();
  const sleep = async (_: number, signal: AbortSignal) => {
    controller.abort();
    signal.throwIfAborted();
  };
  await using client = clientOf({ sleep }).client;
  const request = client.request({ url: server.url, signal: controller.signal });
  await expect(request).rejects.toEqual(code("ABORTED"));
  const late = client.request({ url: server.url, signal: controller.signal });
  await expect(late).rejects.toEqual(code("ABORTED"));
  expect(server.requests).toHaveLength(1);
});

it("follows redirects within an origin with the credentials", async () => {
  await using server = await listen((request, response) => {
    if (request.url === "/a") response.writeHead(302, { location: "/b" }).end();
    else response.end(request.headers.authorization);
  });
  await using client = clientOf().client;
  const response = await client.request({
    url: `${server.url}/a`,
    headers: { authorization: "Bearer secret" },
  });
  expect(await response.text()).toBe("Bearer secret");
  expect(response.url.pathname).toBe("/b");
});

it("takes no credentials to another origin, not even when it leads back", async () => {
  await using other = await listen((_, response) => {
    response.writeHead(307, { location: `${server.url}/c` }).end();
  });
  await using server = await listen((request, response) => {
    if (request.url === "/a") response.writeHead(307, { location: `${other.url}/b` }).end();
    else response.end();
  });
  await using client = clientOf().client;
  const headers = { Authorization: "Basic c2VjcmV0", Cookie: "a=b", "Auth-Key": "k", accept: "text/plain" };
  await (await client.request({ url: `${server.url}/a`, headers })).discard();
  const [first, last] = server.requests;
  expect(first?.headers.authorization).toBe("Basic c2VjcmV0");
  for (const request of [other.requests[0], last]) {
    expect(request?.headers.authorization).toBeUndefined();
    expect(request?.headers.cookie).toBeUndefined();
    expect(request?.headers["auth-key"]).toBeUndefined();
    expect(request?.headers.accept).toBe("text/plain");
  }
});

it("gives up on a circle of redirects", async () => {
  await using server = await listen((_, response) => response.writeHead(302, { location: "/" }).end());
  await using client = clientOf({ maxRedirects: 3 }).client;
  await expect(client.request({ url: server.url })).rejects.toEqual(code("REDIRECT_REFUSED"));
  expect(server.requests).toHaveLength(4);
});

it("trusts a certificate only when told to", async () => {
  await using server = await listen((_, response) => response.end("over TLS"), { tls: true });
  const host = new URL(server.url).host;
  await using plain = clientOf().client;
  await expect(plain.request({ url: server.url })).rejects.toEqual(code("TLS_FAILED"));

  await using trusting = clientOf({ extraCertificates: [certificate] }).client;
  expect(await (await trusting.request({ url: server.url })).text()).toBe("over TLS");

  await using careless = clientOf({ insecureHosts: [host] }).client;
  expect(await (await careless.request({ url: server.url })).text()).toBe("over TLS");

  await using elsewhere = clientOf({ insecureHosts: ["127.0.0.1:1"] }).client;
  await expect(elsewhere.request({ url: server.url })).rejects.toEqual(code("TLS_FAILED"));
});

it("does not follow from https to http", async () => {
  await using plain = await listen((_, response) => response.end("plain"));
  await using server = await listen((_, response) => response.writeHead(302, { location: plain.url }).end(), {
    tls: true,
  });
  await using client = clientOf({ extraCertificates: [certificate] }).client;
  await expect(client.request({ url: server.url })).rejects.toEqual(code("REDIRECT_REFUSED"));
  expect(plain.requests).toEqual([]);
});

it("goes through the proxy that it is given, except where told not to", async () => {
  await using server = await listen((_, response) => response.end("direct"));
  await using proxy = await listen((_, response) => response.end("by proxy"));
  await using through = clientOf({ proxy: { http: proxy.url } }).client;
  expect(await (await through.request({ url: server.url })).text()).toBe("by proxy");
  await using direct = clientOf({ proxy: { http: proxy.url, noProxy: "127.0.0.1" } }).client;
  expect(await (await direct.request({ url: server.url })).text()).toBe("direct");
});
