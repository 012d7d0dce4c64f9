import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { listExporters, putExporter } from "@pratique/api";
import { verifySignature } from "@pratique/notify";
import { tempDirectory } from "@pratique/testkit";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ensureCertificate } from "../certificate.ts";
import { administrator, type Person } from "../testdata/people.ts";
import { type TestServer, testServer } from "../testdata/test-server.ts";

const SECRET = "canary-7f3c-0a91-secret";

let directory: ReturnType<typeof tempDirectory>;
let server: TestServer;
let admin: Person;

beforeEach(() => {
  directory = tempDirectory();
});
afterEach(() => directory[Symbol.dispose]());

/** A receiver of web hooks with a certificate of its own. */
async function receiver() {
  const identity = await ensureCertificate({
    directory: directory.at("tls"),
    names: ["127.0.0.1"],
    now: Date.now,
  });
  const bodies: { readonly signature: string; readonly timestamp: string; readonly text: string }[] = [];
  let status = 200;
  const https = createServer(identity, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (status === 200) {
      bodies.push({
        signature: String(request.headers["pratique-signature"]),
        timestamp: String(request.headers["pratique-timestamp"]),
        text: Buffer.concat(chunks).toString("utf8"),
      });
    }
    response.writeHead(status).end();
  });
  https.listen(0, "127.0.0.1");
  await once(https, "listening");
  const address = https.address();
  return {
    url: `https://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/log`,
    certificate: String(identity.cert),
    bodies,
    lines: () => bodies.flatMap(({ text }) => text.trimEnd().split("\n")),
    answer: (next: number) => {
      status = next;
    },
    close: () => {
      https.closeAllConnections();
      https.close();
    },
  };
}

async function list() {
  return listExporters.reply.parse((await admin.call("GET", "/api/v1/exporters")).json).items;
}

const file = {
  kind: "file",
  name: "Archive",
  enabled: true,
  format: "json",
  settings: { name: "audit.jsonl" },
};

it("writes every entry into a file, in order, and goes on there after a restart", async () => {
  const audit = directory.at("server");
  const written = () =>
    readFileSync(`${audit}/exports/audit.jsonl`, "utf8")
      .trimEnd()
      .split("\n")
      .map((line): number => JSON.parse(line).index);
  let before = 0;
  for (const round of [0, 1]) {
    server = await testServer({ directory: audit, now: Date.now });
    if (round === 0) {
      admin = await administrator(server);
      const put = await admin.call("PUT", "/api/v1/exporters/archive", file);
      if (put.status !== 200) throw new Error(put.text);
    }
    await vi.waitFor(
      async () => {
        const [{ lagEntries } = { lagEntries: -1 }] = round === 0 ? await list() : [{ lagEntries: 0 }];
        expect(lagEntries).toBe(0);
        expect(written().length).toBeGreaterThan(before);
      },
      { timeout: 10_000 },
    );
    before = written().length;
    await server[Symbol.asyncDispose]();
  }
  const indexes = [...new Set(written())];
  expect(indexes).toEqual(indexes.map((_, at) => at));
});

it("begins by itself once what kept it from beginning is gone", async () => {
  server = await testServer();
  admin = await administrator(server);
  // Where files are exported to lies something that is no directory.
  const inTheWay = server.directory.at("server", "exports");
  writeFileSync(inTheWay, "");
  await admin.call("PUT", "/api/v1/exporters/siem", file);
  await vi.waitFor(async () => expect((await list())[0]?.lastError).toMatch(/EEXIST/u), { timeout: 10_000 });
  rmSync(inTheWay);
  await vi.waitFor(async () => expect((await list())[0]).toMatchObject({ lagEntries: 0, lastError: null }), {
    timeout: 20_000,
  });
  await server[Symbol.asyncDispose]();
}, 60_000);

it("delivers to a web hook, tells why it could not, and leaves nothing out meanwhile", async () => {
  const hook = await receiver();
  server = await testServer({
    now: Date.now,
    notifications: { addresses: "any", extraCertificates: [hook.certificate] },
  });
  admin = await administrator(server);
  hook.answer(500);
  const settings = { url: hook.url, secret: SECRET };
  const put = await admin.call("PUT", "/api/v1/exporters/siem", {
    ...file,
    kind: "webhook",
    format: "ocsf",
    settings,
  });
  expect(put.text).not.toContain(SECRET);
  expect(put.text).not.toContain(hook.url);
  expect(putExporter.reply.parse(put.json)).toMatchObject({ secrets: ["secret", "url"], settings: {} });
  await vi.waitFor(async () => expect((await list())[0]?.lastError).toMatch(/500/u), { timeout: 10_000 });
  expect((await list())[0]?.lagEntries).toBeGreaterThan(0);
  // Under another name it is the same export, and fails as before.
  const renamed = { ...file, name: "Renamed", kind: "webhook", format: "ocsf", settings };
  expect((await admin.call("PUT", "/api/v1/exporters/siem", renamed)).status).toBe(200);
  await vi.waitFor(async () => expect((await list())[0]?.lastError).toMatch(/500/u), { timeout: 20_000 });
  hook.answer(200);
  await vi.waitFor(async () => expect((await list())[0]).toMatchObject({ lagEntries: 0, lastError: null }), {
    timeout: 20_000,
  });
  const uids = [...new Set(hook.lines().map((line): string => JSON.parse(line).metadata.uid))];
  expect(uids.length).toBeGreaterThan(5);
  expect(uids.map((uid) => Number(uid.split("#")[1]))).toEqual(uids.map((_, at) => at));
  const [first] = hook.bodies;
  const { signature = "", timestamp = "0", text = "" } = first ?? {};
  const parts = { signature, timestamp: Number(timestamp), body: text };
  expect(verifySignature(SECRET, parts, { nowSeconds: Math.floor(Date.now() / 1000) })).toBe(true);
  await server[Symbol.asyncDispose]();
  hook.close();
}, 90_000);

it("refuses settings that are none, and a secret that would go elsewhere", async () => {
  server = await testServer();
  admin = await administrator(server);
  const put = async (body: object) =>
    (await admin.call("PUT", "/api/v1/exporters/x", { ...file, ...body })).status;
  expect(await put({ settings: { name: "../../etc/passwd" } })).toBe(422);
  expect(await put({ settings: {} })).toBe(422);
  expect(await put({ kind: "webhook", settings: { url: "http://plain.example", secret: SECRET } })).toBe(422);
  const webhook = {
    kind: "webhook",
    enabled: false,
    settings: { url: "https://a.example/", secret: SECRET },
  };
  expect(await put(webhook)).toBe(200);
  expect(await put({ ...webhook, settings: { url: "https://evil.example/" } })).toBe(422);
  expect(await put({ ...webhook, settings: {} })).toBe(200);
  expect((await admin.call("DELETE", "/api/v1/exporters/x")).status).toBe(204);
  expect((await admin.call("DELETE", "/api/v1/exporters/x")).status).toBe(404);
  await server[Symbol.asyncDispose]();
});
