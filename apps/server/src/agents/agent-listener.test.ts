import { X509Certificate } from "node:crypto";
import { connect } from "node:tls";
import type { Store } from "@pratique/store";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AgentHost, makeRequest } from "../testdata/agent-host.ts";
import { storeBeside } from "../testdata/store-beside.ts";
import { type TestServer, testServer } from "../testdata/test-server.ts";

const ACKNOWLEDGED = "/agent/v1/acknowledged?logId=a";

let server: TestServer;
/** The store as another server would have it. */
let store: Store;
beforeAll(async () => {
  // TLS looks at the real clock.
  server = await testServer({ agents: { port: 0 }, now: Date.now });
  store = await storeBeside(server);
}, 60_000);
afterAll(async () => {
  await store.close();
  await server[Symbol.asyncDispose]();
});

const url = () => server.running.agentsUrl ?? "";

async function token(more: object = {}): Promise<string> {
  const { json } = await server.agent("/operator/v1/join-token", { method: "POST", body: more });
  return String(json.secret);
}

async function joined(name: string): Promise<AgentHost> {
  using stranger = new AgentHost(url());
  const { held } = await stranger.join(await token(), name);
  return new AgentHost(url(), { held });
}

const identity = (name: string) => store.fleet.identities.find(name);

describe("joining", () => {
  it("gives a certificate that says whose it is, and nothing that the request says", async () => {
    using host = await joined("web-1.example");
    const certificate = new X509Certificate(host.held?.certificate ?? "");
    const authority = new X509Certificate(host.held?.authorities ?? "");
    expect(certificate.subject ?? "").toBe("");
    expect(certificate.subjectAltName).toBe("URI:pratique:host:web-1.example, DNS:web-1.example");
    expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
    expect(certificate.ca).toBe(false);
    expect(certificate.verify(authority.publicKey)).toBe(true);
    expect(Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)).toBe(30 * 86_400_000);
    expect(BigInt(`0x${certificate.serialNumber}`) >> 128n).toBe(0x40n);
    expect((await host.call(ACKNOWLEDGED)).json).toEqual({ acknowledged: 0 });
  });

  it("takes a token once", async () => {
    using host = new AgentHost(url());
    const secret = await token();
    expect((await host.join(secret, "once")).reply.status).toBe(200);
    expect((await host.join(secret, "twice")).reply.json).toMatchObject({
      status: 403,
      code: "JOIN_REFUSED",
    });
  });

  it("lets one of two have a token that both send at once", async () => {
    using one = new AgentHost(url());
    using other = new AgentHost(url());
    const secret = await token();
    const replies = await Promise.all([one.join(secret, "race-1"), other.join(secret, "race-2")]);
    expect(replies.map(({ reply }) => reply.status).sort()).toEqual([200, 403]);
  });

  it.each([
    ["a wrong token", async () => "prqj_nobody", "wrong", 403, "JOIN_REFUSED"],
    ["a token for another host", async () => await token({ host: "db" }), "not-db", 403, "JOIN_REFUSED"],
    ["a name that is a path", async () => await token(), "../x", 400, "REQUEST_MALFORMED"],
    ["an empty name", async () => await token(), "", 400, "REQUEST_MALFORMED"],
  ])("refuses %s", async (_, secret, name, status, code) => {
    using host = new AgentHost(url());
    expect((await host.join(await secret(), name)).reply.json).toMatchObject({ status, code });
  });

  it("does not use up a token by a request that is refused", async () => {
    using host = new AgentHost(url());
    const secret = await token();
    const call = async (csr: string) =>
      await host.call("/agent/v1/join", {
        method: "POST",
        body: { secret, host: "careful", version: "1", csr },
      });
    expect((await call("no request")).json).toMatchObject({ code: "REQUEST_MALFORMED" });
    const { csr } = await makeRequest({ name: "ECDSA", namedCurve: "P-384" });
    expect((await call(csr)).json).toMatchObject({ code: "REQUEST_MALFORMED" });
    const good = await makeRequest();
    // One bit of the signature.
    const bytes = Buffer.from(good.csr.replaceAll(/-----[^-]+-----|\s/gu, ""), "base64");
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString("base64")}\n-----END CERTIFICATE REQUEST-----`;
    expect((await call(forged)).json).toMatchObject({ code: "REQUEST_MALFORMED" });
    expect((await call(good.csr)).status).toBe(200);
  });

  it("lets nobody become a host that is there, unless the token names it", async () => {
    using _first = await joined("taken");
    using host = new AgentHost(url());
    expect((await host.join(await token(), "taken")).reply.json).toMatchObject({ code: "JOIN_REFUSED" });
    expect((await host.join(await token({ host: "taken" }), "taken")).reply.status).toBe(200);
  });

  it("gives a name to one of two who join under it at once", async () => {
    using one = new AgentHost(url());
    using other = new AgentHost(url());
    const tokens = [await token(), await token()] as const;
    const replies = await Promise.all([one.join(tokens[0], "wanted"), other.join(tokens[1], "wanted")]);
    expect(replies.map(({ reply }) => reply.status).sort()).toEqual([200, 403]);
  });

  it("shuts out what a host had before it joined anew", async () => {
    using before = await joined("again");
    expect((await before.call(ACKNOWLEDGED)).status).toBe(200);
    // Certificates count in seconds.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    using stranger = new AgentHost(url());
    const { held } = await stranger.join(await token({ host: "again" }), "again");
    using after = new AgentHost(url(), { held });
    expect((await after.call(ACKNOWLEDGED)).status).toBe(200);
    const reply = await before.call(ACKNOWLEDGED).catch(() => undefined);
    expect(reply?.json.code ?? "HOST_REVOKED").toBe("HOST_REVOKED");
    using older = before.again();
    expect((await older.call(ACKNOWLEDGED)).json).toMatchObject({ code: "HOST_REVOKED" });
    expect(await identity("again")).toMatchObject({ state: "valid" });
  });

  it("limits how often one address may try", async () => {
    await using small = await testServer({ agents: { port: 0 }, now: Date.now });
    using host = new AgentHost(small.running.agentsUrl ?? "");
    const statuses = new Set<number>();
    for (let tries = 0; tries < 121; tries += 1) statuses.add((await host.join("x", "h")).reply.status);
    expect(statuses).toEqual(new Set([403, 429]));
  }, 60_000);

  it("says what to run, and that agents have to be listened for", async () => {
    const { json } = await server.agent("/operator/v1/join-token", { method: "POST", body: { host: "a" } });
    expect(json.command).toBe(`sudo pratique agent join ${url()} --token ${String(json.secret)}`);
    expect(json.secret).toMatch(/^prqj_[\w-]{43}_[\w-]{43}$/u);
    await using deaf = await testServer();
    const reply = await deaf.agent("/operator/v1/join-token", { method: "POST", body: {} });
    expect(reply.json).toMatchObject({ status: 409, code: "CONFLICT" });
  });
});

describe("a caller on the agents' port", () => {
  it("is told to end a connection soon on which it has nothing to say", async () => {
    using host = await joined("quiet");
    expect((await host.call(ACKNOWLEDGED)).headers).toMatchObject({
      connection: "keep-alive",
      "keep-alive": "timeout=4",
    });
  });

  it("without a certificate may join, and nothing else", async () => {
    using host = new AgentHost(url());
    expect((await host.call(ACKNOWLEDGED)).json).toMatchObject({ status: 401, code: "NOT_SIGNED_IN" });
    expect((await host.call("/api/v1/hosts")).status).toBe(404);
    expect((await host.call("/operator/v1/sign-in-link", { method: "POST", body: {} })).status).toBe(404);
    const large = { method: "POST", body: { secret: "x".repeat(70_000) } };
    expect((await host.call("/agent/v1/join", large)).json).toMatchObject({ code: "REQUEST_TOO_LARGE" });
  });

  it("fills the record with refusals neither without a certificate nor with one that was revoked", async () => {
    await using asked = await testServer({ agents: { port: 0 }, now: Date.now });
    const agentsUrl = asked.running.agentsUrl ?? "";
    using stranger = new AgentHost(agentsUrl);
    const made = await asked.agent("/operator/v1/join-token", { method: "POST", body: {} });
    const { held } = await stranger.join(String(made.json.secret), "web");
    const beside = await storeBeside(asked);
    await beside.fleet.identities.revoke("web");
    using revoked = new AgentHost(agentsUrl, { held });
    await expect.poll(async () => (await revoked.call(ACKNOWLEDGED)).status, { timeout: 5000 }).toBe(403);
    const answers = new Set<unknown>();
    for (let count = 0; count < 70; count += 1) {
      for (const host of [stranger, revoked]) answers.add((await host.call(ACKNOWLEDGED)).json.code);
    }
    expect([...answers]).toEqual(["NOT_SIGNED_IN", "HOST_REVOKED"]);
    const recorded = (rule: string) => asked.audited.filter(({ data }) => data.rule === rule).length;
    expect(recorded("NOT_SIGNED_IN")).toBe(60);
    expect(recorded("HOST_REVOKED")).toBe(6);
    await beside.close();
  });

  it("with a certificate of another authority is nobody", async () => {
    await using other = await testServer({ agents: { port: 0 }, now: Date.now });
    using stranger = new AgentHost(other.running.agentsUrl ?? "");
    const secret = String(
      (await other.agent("/operator/v1/join-token", { method: "POST", body: {} })).json.secret,
    );
    const { held } = await stranger.join(secret, "web");
    using own = new AgentHost(other.running.agentsUrl ?? "", { held });
    expect((await own.call(ACKNOWLEDGED)).status).toBe(200);
    using known = await joined("known");
    using foreign = new AgentHost(url(), {
      held: { ...held, authorities: known.held?.authorities ?? "" },
    });
    expect((await foreign.call(ACKNOWLEDGED)).json).toMatchObject({ code: "NOT_SIGNED_IN" });
  });

  it("has to say which start of the agent it is", async () => {
    using host = await joined("runless");
    const reply = await host.call(ACKNOWLEDGED, { headers: { "pratique-run": "first" } });
    expect(reply.json).toMatchObject({ code: "REQUEST_MALFORMED" });
  });

  it("has the newest sixteen connections", async () => {
    using host = await joined("busy");
    const held: Awaited<ReturnType<AgentHost["hold"]>>[] = [];
    for (let count = 0; count < 17; count += 1) held.push(await host.hold());
    await held[0]?.ended;
    expect((await host.call(ACKNOWLEDGED)).status).toBe(200);
    host.release();
  });

  it("cannot come with an older TLS", async () => {
    const { hostname, port } = new URL(url());
    const socket = connect({
      host: hostname,
      port: Number(port),
      maxVersion: "TLSv1.2",
      rejectUnauthorized: false,
    });
    const { promise, resolve } = Promise.withResolvers<string>();
    socket.once("secureConnect", () => resolve("connected"));
    socket.once("error", () => resolve("refused"));
    expect(await promise).toBe("refused");
  });
});

describe("revoking a host", () => {
  it("ends its open connections, and opens none", async () => {
    using host = await joined("lost");
    using other = await joined("kept");
    expect((await host.call(ACKNOWLEDGED)).status).toBe(200);
    const connection = await host.hold();
    await store.fleet.identities.revoke("lost");
    // The other server's change is seen within two seconds.
    await connection.ended;
    using again = host.again();
    expect((await again.call(ACKNOWLEDGED)).json).toMatchObject({ status: 403, code: "HOST_REVOKED" });
    expect((await other.call(ACKNOWLEDGED)).status).toBe(200);
  });
});

describe("renewing", () => {
  it("gives the next certificate, after which the one before is not to be used", async () => {
    using first = await joined("renewing");
    await first.call(ACKNOWLEDGED);
    const { reply, held } = await first.renew();
    expect(reply.status).toBe(200);
    expect((await first.call(ACKNOWLEDGED)).status).toBe(200);
    using second = new AgentHost(url(), { held, run: first.run });
    expect((await second.call(ACKNOWLEDGED)).status).toBe(200);
    expect(await identity("renewing")).toMatchObject({ state: "valid" });
    expect((await first.renew()).reply.json).toMatchObject({ code: "CONFLICT" });
  });

  it("may be asked for again where the answer was lost", async () => {
    using first = await joined("lossy");
    await first.renew();
    const { reply, held } = await first.renew();
    expect(reply.status).toBe(200);
    using second = new AgentHost(url(), { held, run: first.run });
    expect((await second.call(ACKNOWLEDGED)).status).toBe(200);
    expect(await identity("lossy")).toMatchObject({ state: "valid" });
  });

  it("with a copied key from before, the newer having been used, shows a clone", async () => {
    using first = await joined("copied");
    const { held } = await first.renew();
    using second = new AgentHost(url(), { held, run: first.run });
    await second.call(ACKNOWLEDGED);
    using clone = first.again();
    expect((await clone.renew()).reply.json).toMatchObject({ code: "CONFLICT" });
    expect(await identity("copied")).toMatchObject({ state: "cloned" });
    expect(server.audited.filter(({ action }) => action === "host.cloned")).toHaveLength(1);
  });
});

describe("the runs of an agent", () => {
  it("follow one another without being clones", async () => {
    let host = await joined("restarting");
    for (let starts = 0; starts < 3; starts += 1) {
      expect((await host.call(ACKNOWLEDGED)).status).toBe(200);
      host[Symbol.dispose]();
      host = host.again();
    }
    expect((await host.call(ACKNOWLEDGED)).status).toBe(200);
    host[Symbol.dispose]();
    expect(await identity("restarting")).toMatchObject({ state: "valid" });
  });

  it("that go on after a later one show a clone; both are heard", async () => {
    using first = await joined("double");
    await first.call(ACKNOWLEDGED);
    using second = first.again();
    await second.call(ACKNOWLEDGED);
    // What was under way when the first ended may still arrive; the call after it may not.
    await first.call(ACKNOWLEDGED);
    expect(await identity("double")).toMatchObject({ state: "valid" });
    expect((await first.call(ACKNOWLEDGED)).status).toBe(200);
    expect(await identity("double")).toMatchObject({ state: "cloned" });
    expect((await second.call(ACKNOWLEDGED)).status).toBe(200);
  });

  it("that come back on a new connection show a clone at once", async () => {
    using first = await joined("snapshot");
    await first.call(ACKNOWLEDGED);
    using second = first.again();
    await second.call(ACKNOWLEDGED);
    using restored = new AgentHost(url(), { ...(first.held && { held: first.held }), run: first.run });
    await restored.call(ACKNOWLEDGED);
    expect(await identity("snapshot")).toMatchObject({ state: "cloned" });
  });

  it("of a clone are refused where that was asked for, and somebody is told", async () => {
    const told: string[] = [];
    await using strict = await testServer({
      agents: { port: 0, whenCloned: "refuse", onCloned: (host) => void told.push(host) },
      now: Date.now,
    });
    const strictUrl = strict.running.agentsUrl ?? "";
    using stranger = new AgentHost(strictUrl);
    const made = await strict.agent("/operator/v1/join-token", { method: "POST", body: {} });
    const { held } = await stranger.join(String(made.json.secret), "web");
    using first = new AgentHost(strictUrl, { held });
    using second = new AgentHost(strictUrl, { held });
    await first.call(ACKNOWLEDGED);
    await second.call(ACKNOWLEDGED);
    await first.call(ACKNOWLEDGED);
    expect((await first.call(ACKNOWLEDGED)).json).toMatchObject({ code: "HOST_REVOKED" });
    expect((await second.call(ACKNOWLEDGED)).json).toMatchObject({ code: "HOST_REVOKED" });
    expect(told).toEqual(["web"]);
  });
});

it("keeps the authority sealed", async () => {
  expect(await store.fleet.authorities.find("installation")).toMatch(/^ps1:agents\./u);
});
