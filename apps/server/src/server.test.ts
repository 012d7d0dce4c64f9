import { statSync } from "node:fs";
import { agentEndpoints, type Endpoint, operatorEndpoints, problem, publicEndpoints } from "@pratique/api";
import { describe, expect, it } from "vitest";
import { notBoundYet } from "./testdata/not-bound-yet.ts";
import { testServer } from "./testdata/test-server.ts";

const SESSION = "/api/v1/session";

async function redeem(server: Awaited<ReturnType<typeof testServer>>, link: string, headers = {}) {
  return await server.call(SESSION, {
    method: "POST",
    headers: { origin: server.running.url, ...headers },
    body: { token: new URL(link).hash.slice(1) },
  });
}

describe("a sign-in link", () => {
  it("works once, and leaves a record of each attempt", async () => {
    await using server = await testServer();
    const link = await server.running.createSignInLink();
    expect(link).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/signin#[\w-]{43}$/u);

    const first = await redeem(server, link);
    expect(first.status).toBe(200);
    expect(first.headers["set-cookie"]?.[0]).toMatch(
      /^__Host-session=[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Strict$/u,
    );
    const second = await redeem(server, link);
    expect(second.status).toBe(401);
    expect(second.json).toMatchObject({ code: "TOKEN_REFUSED", status: 401 });
    expect(server.audited.map(({ action, data }) => `${action} ${data.stage} ${data.outcome}`)).toEqual([
      "createSignInLink intent null",
      "createSignInLink outcome done",
      "signIn intent null",
      "session.started fact done",
      "signIn outcome done",
      "signIn intent null",
      "signIn outcome failed: TOKEN_REFUSED",
    ]);
  });

  it("expires after 15 minutes", async () => {
    await using server = await testServer();
    const late = await server.running.createSignInLink();
    server.clock.advance(15 * 60_000 - 1);
    const inTime = await redeem(server, late);
    expect(inTime.status).toBe(200);
    const tooLate = await server.running.createSignInLink();
    server.clock.advance(15 * 60_000);
    expect((await redeem(server, tooLate)).status).toBe(401);
  });

  it("is refused when another site redeems it, and still works afterwards", async () => {
    await using server = await testServer();
    const link = await server.running.createSignInLink();
    for (const headers of [{ origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }]) {
      const reply = await redeem(server, link, headers);
      expect(reply.json).toMatchObject({ code: "ORIGIN_REFUSED", status: 403 });
    }
    expect((await redeem(server, link)).status).toBe(200);
  });

  it("is made on the server's socket, and never comes into the log", async () => {
    await using server = await testServer();
    const reply = await server.agent("/operator/v1/sign-in-link", { method: "POST" });
    expect(reply.status).toBe(200);
    const link = String(reply.json.url);
    expect((await redeem(server, link)).status).toBe(200);
    expect(server.logged.join("\n")).not.toContain(new URL(link).hash.slice(1));
  });

  it("cannot be guessed at leisure", async () => {
    await using server = await testServer();
    const link = await server.running.createSignInLink();
    const guesses = await Promise.all(Array.from({ length: 12 }, () => redeem(server, "https://a/#wrong")));
    expect(guesses.map(({ status }) => status).sort()).toEqual([...Array(10).fill(401), 429, 429]);
    expect((await redeem(server, link)).status).toBe(429);
    server.clock.advance(60_000);
    expect((await redeem(server, link)).status).toBe(200);
  });

  it("signs nobody in when the record cannot be written", async () => {
    await using server = await testServer({
      audit: {
        append({ action, data }) {
          if (action === "signIn" && data.stage === "outcome") throw new Error("the log is full");
          return {
            class: "access",
            action,
            actor: "",
            data: {},
            sequence: 1,
            time: "",
            previousHash: "",
            hash: "",
          };
        },
      },
    });
    const reply = await redeem(server, await server.running.createSignInLink());
    expect(reply.status).toBe(500);
    expect(reply.headers["set-cookie"]).toBeUndefined();
    expect(reply.text).not.toContain("the log is full");
  });
});

describe("a session", () => {
  it("shows who it is, until it is ended", async () => {
    await using server = await testServer();
    const cookie = await server.signIn();
    expect((await server.call(SESSION, { headers: { cookie } })).json).toMatchObject({
      account: { id: "admin" },
    });
    const headers = { cookie, origin: server.running.url };
    const ended = await server.call(SESSION, { method: "DELETE", headers });
    expect(ended.status).toBe(204);
    expect((await server.call(SESSION, { headers: { cookie } })).status).toBe(401);
  });

  it("is not ended by another site", async () => {
    await using server = await testServer();
    const cookie = await server.signIn();
    for (const headers of [{ cookie }, { cookie, origin: "null" }, { cookie, origin: "https://127.0.0.1" }]) {
      expect((await server.call(SESSION, { method: "DELETE", headers })).status).toBe(403);
    }
    expect((await server.call(SESSION, { headers: { cookie } })).status).toBe(200);
  });

  it("expires after 12 hours", async () => {
    await using server = await testServer();
    const cookie = await server.signIn();
    server.clock.advance(12 * 3_600_000);
    expect((await server.call(SESSION, { headers: { cookie } })).status).toBe(401);
  });
});

const example = (path: string) =>
  path.replace("{imageId}", `sha256:${"a".repeat(64)}`).replaceAll(/\{\w+\}/gu, "log.1");

describe("without a session", () => {
  it("every endpoint that is not public answers 401, and says so as a problem", async () => {
    await using server = await testServer();
    for (const { method, path, permission } of publicEndpoints.filter(
      (each) => each.permission !== "public" && !notBoundYet.has(each.id),
    )) {
      const reply = await server.call(example(path), {
        method,
        headers: { origin: server.running.url, cookie: "__Host-session=guess" },
      });
      expect([path, permission, reply.status]).toEqual([path, permission, 401]);
      expect(reply.headers["content-type"]).toMatch(/^application\/problem\+json/u);
      expect(problem.parse(reply.json).code).toBe("NOT_SIGNED_IN");
      // So many refusals within a minute would end in another answer.
      server.clock.advance(2_000);
    }
  });

  it("health and the API's own document are served", async () => {
    await using server = await testServer();
    expect((await server.call("/healthz")).json).toEqual({ status: "ok" });
    expect((await server.call("/readyz")).json).toEqual({ status: "ok" });
    expect((await server.call("/api/v1/openapi.json")).json).toMatchObject({ openapi: "3.1.0" });
  });
});

it.each(["evil.example", "evil.example:8443", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example"])(
  "refuses the Host %s, even to those who are signed in",
  async (host) => {
    await using server = await testServer();
    const cookie = await server.signIn();
    const reply = await server.call("/api/v1/images", { headers: { host, cookie } });
    expect(reply.json).toMatchObject({ code: "HOST_REFUSED", status: 421 });
  },
);

it("answers to localhost as well", async () => {
  await using server = await testServer();
  const { port } = new URL(server.running.url);
  expect((await server.call("/healthz", { headers: { host: `localhost:${port}` } })).status).toBe(200);
});

it("answers to the names it was given, and has a certificate for them", async () => {
  await using server = await testServer({ names: ["scanner.example"] });
  const { port } = new URL(server.running.url);
  const headers = { host: `scanner.example:${port}` };
  expect((await server.call("/healthz", { headers })).status).toBe(200);
});

describe("the two listeners", () => {
  it("answer each endpoint of the contract, and not those of the other", async () => {
    await using server = await testServer();
    const cookie = await server.signIn();
    const missing = async (endpoints: readonly Endpoint[], call: typeof server.call) => {
      const absent: string[] = [];
      for (const { id, method, path, stream } of endpoints) {
        if (stream !== undefined) continue;
        const headers = { origin: server.running.url, ...(id !== "signOut" && { cookie }) };
        const { json } = await call(example(path), { method, headers });
        const isAbsent = json.detail === "there is nothing at this path" || json.error === "Not Found";
        if (isAbsent && !notBoundYet.has(id)) absent.push(id);
      }
      return absent;
    };
    const local = [...agentEndpoints, ...operatorEndpoints];
    const bound = local.map(({ id }) => id).filter((id) => !notBoundYet.has(id));
    expect(await missing(publicEndpoints, server.call)).toEqual([]);
    expect(await missing(local, server.agent)).toEqual([]);
    expect(await missing(local, server.call)).toEqual(bound);
  });

  it("keep the agent's socket to its owner", async () => {
    await using server = await testServer();
    expect(statSync(server.socketPath).mode & 0o777).toBe(0o600);
    expect(statSync(server.directory.at("server", "tls", "key.pem")).mode & 0o777).toBe(0o600);
    expect(statSync(server.directory.at("server")).mode & 0o777).toBe(0o700);
  });
});

it("sends the headers that keep a browser on the safe side, with errors too", async () => {
  await using server = await testServer();
  for (const path of ["/healthz", "/api/v1/images", "/nothing"]) {
    const { headers } = await server.call(path);
    expect(headers["content-security-policy"]).toContain("default-src 'self'");
    expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
    expect(headers["content-security-policy"]).not.toContain("unsafe");
    expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" });
    expect(headers["strict-transport-security"]).toBeUndefined();
  }
});

it.each([
  ["a body that is no JSON", "/api/v1/session", "{", 400, "REQUEST_MALFORMED"],
  ["a body that is too large", "/api/v1/session", "x".repeat(700_000), 413, "REQUEST_TOO_LARGE"],
])("refuses %s", async (_, path, token, status, code) => {
  await using server = await testServer();
  const body = status === 413 ? { token } : undefined;
  const reply = await server.call(path, {
    method: "POST",
    headers: { origin: server.running.url, "content-type": "application/json" },
    body,
  });
  expect(reply.json).toMatchObject({ status, code });
});

it("does not start where another server is", async () => {
  await using server = await testServer();
  const { port } = new URL(server.running.url);
  const start = async (more: object) => {
    const second = await testServer({ ...more });
    await second[Symbol.asyncDispose]();
  };
  await expect(start({ port: Number(port) })).rejects.toMatchObject({ code: "ADDRESS_UNAVAILABLE" });
  await expect(start({ socketPath: server.socketPath })).rejects.toMatchObject({ code: "SOCKET_IN_USE" });
  expect((await server.agent("/agent/v1/acknowledged?logId=a")).json).toEqual({ acknowledged: 0 });
});
