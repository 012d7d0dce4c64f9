import { readFileSync } from "node:fs";
import { request } from "node:https";
import { listAccounts } from "@pratique/api";
import { describe, expect, it } from "vitest";
import type { Reply } from "./testdata/call.ts";
import { administrator, nobody, type Person, person, tokenOf } from "./testdata/people.ts";
import { sampleHost, sampleReport } from "./testdata/samples.ts";
import { type TestServer, testServer } from "./testdata/test-server.ts";

const ACCOUNTS = "/api/v1/accounts";
const ann = { login: "ann", displayName: "Ann" };

/** Sends bytes of one's own as the body: not everything that attackers send can be made from a value. */
async function raw(server: TestServer, who: Person, path: string, body: string, more = {}): Promise<Reply> {
  const { hostname, port } = new URL(server.running.url);
  return await new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", ...who.headers, ...more };
    const outgoing = request({
      hostname,
      port,
      path,
      method: "POST",
      headers,
      rejectUnauthorized: false,
      agent: false,
    });
    outgoing.once("error", reject);
    outgoing.once("response", async (incoming) => {
      const text = (await incoming.toArray()).join("");
      resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json: JSON.parse(text) });
    });
    outgoing.end(body);
  });
}

describe("another site", () => {
  const forged: [string, Readonly<Record<string, string>>][] = [
    ["no origin", {}],
    ["its own origin", { origin: "https://evil.example" }],
    ["an opaque origin", { origin: "null" }],
    ["an origin that begins like ours", { origin: "https://127.0.0.1.evil.example" }],
    ["our name without TLS", { origin: "http://127.0.0.1" }],
  ];

  it.each(forged)("changes nothing with %s", async (_, headers) => {
    await using server = await testServer();
    const admin = await administrator(server);
    const cookie = { cookie: admin.headers.cookie ?? "" };
    const reply = await server.call(ACCOUNTS, {
      method: "POST",
      headers: { ...cookie, ...headers },
      body: ann,
    });
    expect(reply.json).toMatchObject({ code: "ORIGIN_REFUSED", status: 403 });
    expect((await admin.call("GET", `${ACCOUNTS}?text=ann`)).json).toMatchObject({ total: 0 });
  });

  it("changes nothing with our origin, where the browser says that it is another site", async () => {
    await using server = await testServer();
    const admin = await administrator(server);
    const reply = await admin.call("POST", ACCOUNTS, ann, { "sec-fetch-site": "cross-site" });
    expect(reply.json).toMatchObject({ code: "ORIGIN_REFUSED" });
  });

  it("keeps nobody from signing in by what it has their browser send, and fills no record", async () => {
    await using server = await testServer();
    const headers = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    const codes: unknown[] = [];
    for (let attempt = 0; attempt < 70; attempt += 1) {
      const body = { login: "ann", password: "x" };
      codes.push(
        (await server.call("/api/v1/session/password", { method: "POST", headers, body })).json.code,
      );
    }
    expect(codes).toEqual([...Array(60).fill("ORIGIN_REFUSED"), ...Array(10).fill("TOO_MANY_REQUESTS")]);
    expect(server.audited.filter(({ data }) => data.outcome === "refused")).toHaveLength(60);
    expect(await server.signIn()).not.toBe("");
  });

  it("signs nobody in to an account of its own", async () => {
    await using server = await testServer();
    const body = { login: "mallory", password: "x" };
    const headers = { origin: "https://evil.example" };
    const reply = await server.call("/api/v1/session/password", { method: "POST", headers, body });
    expect(reply.json).toMatchObject({ code: "ORIGIN_REFUSED" });
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])(
    "sends no form as %s",
    async (type) => {
      await using server = await testServer();
      const admin = await administrator(server);
      const reply = await raw(server, admin, ACCOUNTS, JSON.stringify(ann), { "content-type": type });
      expect(reply.json).toMatchObject({ code: "MEDIA_TYPE_UNSUPPORTED", status: 415 });
    },
  );
});

describe("a body", () => {
  it.each([
    ["with __proto__", '{"login":"ann","displayName":"x","__proto__":{"breakGlass":true}}'],
    [
      "with a constructor",
      '{"login":"ann","displayName":"x","constructor":{"prototype":{"breakGlass":true}}}',
    ],
    ["with a member that there is not", '{"login":"ann","displayName":"x","admin":true}'],
    ["that is no object", '"ann"'],
    ["that is null", "null"],
    ["that breaks off", '{"login":"ann"'],
    ["with text of the wrong type", '{"login":{"$ne":null},"displayName":"x"}'],
  ])("%s is refused, and changes nothing else", async (_, body) => {
    await using server = await testServer();
    const admin = await administrator(server);
    const reply = await raw(server, admin, ACCOUNTS, body);
    expect(reply.json).toMatchObject({ code: "REQUEST_MALFORMED", status: 400 });
    expect(Object(new Object()).breakGlass).toBeUndefined();
  });

  it("that is deep is refused before anything walks through it", async () => {
    await using server = await testServer();
    const admin = await administrator(server);
    const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
    const reply = await raw(server, admin, ACCOUNTS, `{"login":"ann","displayName":${deep}}`);
    expect(reply.json).toMatchObject({ code: "REQUEST_MALFORMED" });
  });

  it("that is large is refused", async () => {
    await using server = await testServer();
    const admin = await administrator(server);
    const reply = await raw(
      server,
      admin,
      ACCOUNTS,
      JSON.stringify({ ...ann, displayName: "x".repeat(700_000) }),
    );
    expect(reply.json).toMatchObject({ code: "REQUEST_TOO_LARGE", status: 413 });
  });

  it("of somebody who may not do it anyway is not read", async () => {
    await using server = await testServer();
    const admin = await administrator(server);
    const viewer = await person(server, admin, { login: "eve", held: [{ role: "viewer" }] });
    expect((await raw(server, viewer, ACCOUNTS, "{")).json).toMatchObject({ code: "PERMISSION_DENIED" });
    expect((await raw(server, nobody(server), ACCOUNTS, "{")).json).toMatchObject({ code: "NOT_SIGNED_IN" });
  });
});

describe("a path", () => {
  it.each([
    "/../../../../etc/passwd",
    "/assets/../../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/assets/..%2f..%2fetc%2fpasswd",
    "/..%5c..%5cetc%5cpasswd",
    "/%00",
  ])("%s leads nowhere", async (path) => {
    await using server = await testServer();
    const reply = await server.call(path);
    expect(reply.status).toBeGreaterThanOrEqual(400);
    expect(reply.text).not.toContain("root:");
  });

  it.each(["..%2Fadmin", "admin%00", "admin%0d%0aset-cookie:a=b", "%F0%9F%92%A3", "a".repeat(5000)])(
    "with the account %s finds none, and its name does no harm in the reply",
    async (id) => {
      await using server = await testServer();
      const admin = await administrator(server);
      const reply = await admin.call("GET", `${ACCOUNTS}/${id}`);
      expect([400, 404, 414]).toContain(reply.status);
      expect(reply.headers["set-cookie"]).toBeUndefined();
      expect(reply.headers["content-type"]).toContain("json");
    },
  );
});

describe("a repeated call", () => {
  it("is answered as the first was, and does nothing twice", async () => {
    await using server = await testServer();
    const admin = await administrator(server);
    const key = { "idempotency-key": "key-1" };
    const first = await admin.call("POST", ACCOUNTS, ann, key);
    const second = await admin.call("POST", ACCOUNTS, ann, key);
    expect(second.text).toBe(first.text);
    expect(second.headers["idempotency-replayed"]).toBe("true");
    expect((await admin.call("GET", `${ACCOUNTS}?text=ann`)).json).toMatchObject({ total: 1 });
    const intents = server.audited.filter(
      ({ action, data }) => action === "createAccount" && data.stage === "intent",
    );
    expect(intents).toHaveLength(1);
    server.clock.advance(30 * 60_000);
    expect((await admin.call("POST", ACCOUNTS, ann, key)).text).toBe(first.text);
    const other = await admin.call("POST", ACCOUNTS, { ...ann, login: "bob" }, key);
    expect(other.json).toMatchObject({ code: "IDEMPOTENCY_KEY_REUSED", status: 422 });
  });

  it("of a call that failed is a new one", async () => {
    await using server = await testServer();
    const admin = await administrator(server);
    const key = { "idempotency-key": "key-1" };
    const body = { holder: { kind: "account", id: "none" }, role: "viewer", scope: {} };
    const grant = () => admin.call("POST", "/api/v1/grants", body, key);
    expect((await grant()).status).toBe(404);
    expect((await grant()).headers["idempotency-replayed"]).toBeUndefined();
  });

  it("is nobody else's: their key is another", async () => {
    await using server = await testServer();
    const admin = await administrator(server);
    const carl = await person(server, admin, { login: "carl", held: [{ role: "administrator" }] });
    const key = { "idempotency-key": "key-1" };
    await admin.call("POST", ACCOUNTS, ann, key);
    expect((await carl.call("POST", ACCOUNTS, ann, key)).json).toMatchObject({ code: "CONFLICT" });
  });

  it("happens once even where both come at the same moment", async () => {
    await using server = await testServer();
    const admin = await administrator(server);
    const key = { "idempotency-key": "key-1" };
    const replies = await Promise.all([1, 2, 3].map(() => admin.call("POST", ACCOUNTS, ann, key)));
    expect((await admin.call("GET", `${ACCOUNTS}?text=ann`)).json).toMatchObject({ total: 1 });
    expect(replies.every(({ status }) => status === 200 || status === 409)).toBe(true);
  });

  it("keeps the answer sealed: the secret of a token is one", async () => {
    await using server = await testServer();
    const admin = await administrator(server);
    const body = { name: "ci", permissions: ["images.read"], scope: {} };
    const key = { "idempotency-key": "key-1" };
    const made = await admin.call("POST", "/api/v1/session/tokens", body, key);
    const again = await admin.call("POST", "/api/v1/session/tokens", body, key);
    expect(again.json.secret).toBe(made.json.secret);
    await server.running.close();
    const stored = readFileSync(server.directory.at("server", "pratique.sqlite")).toString("latin1");
    expect(stored).toContain("admin");
    expect(stored).not.toContain(String(made.json.secret));
  });
});

describe("an entity tag", () => {
  it("spares what the caller has, and is that of one caller's own answer", async () => {
    await using server = await testServer();
    const admin = await administrator(server);
    const first = await admin.call("GET", "/api/v1/roles");
    const etag = String(first.headers.etag);
    expect((await admin.call("GET", "/api/v1/roles", undefined, { "if-none-match": etag })).status).toBe(304);
    expect(
      (await admin.call("GET", "/api/v1/roles", undefined, { "if-none-match": `W/${etag}` })).status,
    ).toBe(304);
    const role = { description: "", permissions: { "images.read": "allow" } };
    await admin.call("PUT", "/api/v1/roles/one", role, { "if-none-match": "*" });
    expect((await admin.call("GET", "/api/v1/roles", undefined, { "if-none-match": etag })).status).toBe(200);
    expect(first.headers["cache-control"]).toBe("no-store");
  });
});

describe("a list as CSV", () => {
  it("is whole, and no cell of it is a formula", async () => {
    await using server = await testServer();
    const admin = await administrator(server);
    for (let index = 0; index < 205; index += 1) {
      const displayName = index === 7 ? '=HYPERLINK("https://evil.example","x")' : "Somebody";
      await admin.call("POST", ACCOUNTS, { login: `p-${String(index).padStart(3, "0")}`, displayName });
    }
    const reply = await admin.call("GET", `${ACCOUNTS}?limit=1`, undefined, { accept: "text/csv" });
    const lines = reply.text.trimEnd().split("\r\n");
    expect(reply.headers["content-type"]).toContain("text/csv");
    expect(reply.headers["content-disposition"]).toBe('attachment; filename="accounts.csv"');
    expect(lines[0]).toBe(listAccounts.csv.map((column) => `"${column}"`).join(","));
    expect(lines).toHaveLength(1 + 206);
    expect(server.audited.filter(({ action }) => action === "listAccounts")).toHaveLength(1);
    expect(lines.find((line) => line.includes("HYPERLINK"))).toContain(
      `"'=HYPERLINK(""https://evil.example"",""x"")"`,
    );
  });

  it("shows no more than the list itself, and leaves a record", async () => {
    await using server = await testServer();
    const admin = await administrator(server);
    const viewer = await person(server, admin, { login: "eve", held: [{ role: "viewer" }] });
    const reply = await viewer.call("GET", ACCOUNTS, undefined, { accept: "text/csv" });
    expect(reply.json).toMatchObject({ code: "PERMISSION_DENIED" });
    await admin.call("GET", ACCOUNTS, undefined, { accept: "text/csv" });
    expect(server.audited.at(-1)).toMatchObject({ action: "listAccounts", class: "read", actor: "admin" });
  });
});

describe("somebody who keeps on being refused", () => {
  it("is sent away for the rest of the minute, whatever they ask for, and fills no record", async () => {
    await using server = await testServer();
    const admin = await administrator(server);
    const viewer = await person(server, admin, { login: "eve", held: [{ role: "viewer" }] });
    const codes = new Map<unknown, number>();
    for (let attempt = 0; attempt < 70; attempt += 1) {
      const { json } = await viewer.call("GET", ACCOUNTS);
      codes.set(json.code, (codes.get(json.code) ?? 0) + 1);
    }
    expect(Object.fromEntries(codes)).toEqual({ PERMISSION_DENIED: 60, TOO_MANY_REQUESTS: 10 });
    const reply = await viewer.call("GET", "/api/v1/session");
    expect(reply.status).toBe(429);
    expect(Number(reply.headers["retry-after"])).toBeGreaterThan(0);
    expect(server.audited.filter(({ data }) => data.outcome === "refused")).toHaveLength(60);
    expect((await admin.call("GET", ACCOUNTS)).status).toBe(200);
    server.clock.advance(60_000);
    expect((await viewer.call("GET", "/api/v1/session")).status).toBe(200);
  });
});

describe("what a caller may not see", () => {
  it("is not there: neither in a list nor by its name", async () => {
    await using server = await testServer();
    const admin = await administrator(server);
    const report = sampleReport("nginx:1.27");
    const path = `/api/v1/images/${report.target.imageId}`;
    await server.agent(`/agent/v1/images/${report.target.imageId}`, { method: "PUT", body: report });
    const viewer = await person(server, admin, {
      login: "eve",
      held: [{ role: "viewer", scope: { hosts: ["db-*"] } }],
    });
    const missing = await viewer.call(
      "GET",
      path.replace(/.$/u, (last) => (last === "0" ? "1" : "0")),
    );
    const hidden = await viewer.call("GET", path);
    expect([hidden.status, hidden.json.title]).toEqual([404, missing.json.title]);
    expect((await viewer.call("GET", "/api/v1/images")).json).toMatchObject({ total: 0 });
    expect((await admin.call("GET", path)).status).toBe(200);
    const token = await tokenOf(server, admin, { permissions: ["images.read"], scope: { hosts: ["db-*"] } });
    expect((await token.call("GET", path)).status).toBe(404);
  });
});

it("names in no reply what it is made of", async () => {
  await using server = await testServer();
  const { headers } = await server.call("/healthz");
  expect(Object.keys(headers)).not.toContain("x-powered-by");
  expect(Object.keys(headers)).not.toContain("server");
});

describe("what there is not", () => {
  it("is refused like what may not be seen, in the record and in how often one may ask", async () => {
    await using server = await testServer();
    const admin = await administrator(server);
    await server.agent("/agent/v1/host", { method: "PUT", body: sampleHost });
    const held = [{ role: "operator", scope: { hosts: ["db-*"] } }];
    const gate = { mode: "observe", reason: "curious" };
    const seen: unknown[] = [];
    for (const host of ["web-1", "web-2"]) {
      const eve = await person(server, admin, { login: `eve-${host}`, held });
      const before = server.audited.length;
      const shown = await eve.call("GET", `/api/v1/hosts/${host}`);
      const changed = await eve.call("POST", `/api/v1/hosts/${host}/gate`, gate);
      const said = server.audited.slice(before).map(({ action, data }) => [action, data.outcome]);
      for (let ask = 2; ask < 60; ask += 1) await eve.call("GET", `/api/v1/hosts/${host}`);
      const late = await eve.call("GET", `/api/v1/hosts/${host}`);
      seen.push({
        said,
        texts: [shown.text, changed.text, late.text].map((text) => text.replaceAll(host, "HOST")),
      });
      server.clock.advance(60_000);
    }
    expect(seen[1]).toEqual(seen[0]);
    expect(JSON.stringify(seen[0])).toContain("TOO_MANY_REQUESTS");
  });
});

describe("an address that many share", () => {
  it("keeps nobody away who shows who they are", async () => {
    await using server = await testServer();
    const admin = await administrator(server);
    const token = await tokenOf(server, admin, { permissions: ["accounts.read"] });
    const guess = { cookie: "__Host-session=guess" };
    const codes = new Set<unknown>();
    for (let attempt = 0; attempt < 70; attempt += 1) {
      codes.add(
        (await nobody(server).call("GET", ACCOUNTS, undefined, attempt % 2 === 0 ? guess : {})).json.code,
      );
    }
    expect([...codes]).toEqual(["NOT_SIGNED_IN", "TOO_MANY_REQUESTS"]);
    expect((await admin.call("GET", ACCOUNTS)).status).toBe(200);
    expect((await token.call("GET", ACCOUNTS)).status).toBe(200);
  });
});
