import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { showHealth } from "@pratique/api";
import { openStore } from "@pratique/store";
import { fixedClock, tempDirectory } from "@pratique/testkit";
import { expect, it, vi } from "vitest";
import { ensureCertificate } from "../certificate.ts";
import { LAYERS_DIFFER_JOB } from "../registries/layer-sharing.ts";
import { administrator, nobody, tokenOf } from "../testdata/people.ts";
import { digestOf, sampleHost } from "../testdata/samples.ts";
import { testServer } from "../testdata/test-server.ts";

interface OtlpSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes: readonly {
    readonly key: string;
    readonly value: { readonly stringValue?: string; readonly intValue?: number };
  }[];
}

/** A collector on loopback that takes OTLP over HTTP as JSON. */
async function collector() {
  const spans: OtlpSpan[] = [];
  const services: string[] = [];
  const http = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    for (const { resource, scopeSpans } of resourceSpans) {
      services.push(JSON.stringify(resource.attributes));
      for (const scope of scopeSpans) spans.push(...scope.spans);
    }
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const address = http.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/v1/traces`, spans, services, close: () => http.close() };
}

it("shows how each part is, with its numbers", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  await server.agent("/agent/v1/host", { method: "PUT", body: sampleHost });
  const report = showHealth.reply.parse((await admin.call("GET", "/api/v1/health")).json);
  const byName = new Map(report.components.map((part) => [part.name, part]));
  expect([...byName.keys()].sort()).toEqual([
    "agents",
    "audit",
    "bus",
    "certificates",
    "encryption",
    "exports",
    "jobs",
    "layers",
    "notifications",
    "sensors",
    "store",
  ]);
  expect(report.servers).toMatchObject([
    {
      address: server.running.url,
      version: "1.2.3",
      startedAt: "2026-11-24T12:30:00.000Z",
      seenAt: "2026-11-24T12:30:00.000Z",
      state: "running",
      listensForAgents: false,
    },
  ]);
  expect(byName.get("agents")).toMatchObject({ state: "ok", values: { total: 1, reporting: 1, silent: 0 } });
  expect(byName.get("audit")).toMatchObject({ state: "ok", values: { witnesses: 0 } });
  expect(byName.get("store")?.state).toBe("ok");
  server.clock.advance(900_000);
  const later = showHealth.reply.parse((await admin.call("GET", "/api/v1/health")).json);
  expect(later.components[0]).toMatchObject({ name: "agents", state: "degraded", values: { silent: 1 } });
});

it.each([
  ["ok", "Certificates are renewed in time", 397],
  ["degraded", "This server's certificate ends soon", 10],
  ["down", "This server's certificate has ended", -1],
])("is %s by the certificate that browsers are shown: %s", async (state, detail, daysLeft) => {
  using directory = tempDirectory();
  const place = { directory: directory.at("tls"), names: ["127.0.0.1"] };
  const made = fixedClock("2026-11-24T12:30:00Z");
  made.advance((daysLeft - 397) * 86_400_000);
  const { cert, key } = await ensureCertificate({ ...place, now: made.now });
  await using server = await testServer({ tls: async () => ({ cert, key }) });
  const admin = await administrator(server);
  const { components } = showHealth.reply.parse((await admin.call("GET", "/api/v1/health")).json);
  expect(components.find(({ name }) => name === "certificates")).toMatchObject({
    state,
    detail,
    values: { endingSoon: 0, ownDaysLeft: daysLeft },
  });
  const scraper = await tokenOf(server, admin, { permissions: ["health.read"] });
  const ends = Date.parse(new X509Certificate(cert).validTo) / 1000;
  expect((await scraper.call("GET", "/metrics")).text).toContain(
    `pratique_certificate_expiry_seconds ${ends}\n`,
  );
});

it("does not call a log well whose newest head cannot be kept, until it can", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const audit = async () => {
    const { components } = showHealth.reply.parse((await admin.call("GET", "/api/v1/health")).json);
    return components.find(({ name }) => name === "audit");
  };
  // What the server remembers of the newest head cannot be written any more.
  const memory = server.directory.at("server", "audit", "checkpoint");
  rmSync(memory);
  mkdirSync(path.join(memory, "in-the-way"), { recursive: true });
  const look = async (state: string) => {
    // Something is in the log that was not signed yet, and its signature is due.
    server.clock.advance(2000);
    await admin.call("GET", "/api/v1/accounts");
    expect(await audit()).toMatchObject({ state });
  };
  await vi.waitFor(() => look("degraded"), 20_000);
  expect((await audit())?.values.problem).toContain("checkpoint cannot be kept");
  rmSync(memory, { recursive: true });
  await vi.waitFor(() => look("ok"), 20_000);
});

it("shows which hosts have read a layer differently, as long as people should look", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const store = await openStore({ file: server.directory.at("server", "pratique.sqlite") });
  await store.jobs.enqueue(LAYERS_DIFFER_JOB, { diffId: digestOf("layer"), maker: "a", checker: "b" });
  await store.close();
  const layers = async () => {
    const { components } = showHealth.reply.parse((await admin.call("GET", "/api/v1/health")).json);
    return components.find(({ name }) => name === "layers");
  };
  while ((await layers())?.state !== "degraded") await sleep(50);
  expect((await layers())?.values.hosts).toBe("a, b");
  const { json } = await admin.call("GET", "/api/v1/audit?limit=100");
  expect(JSON.stringify(json)).toContain(digestOf("layer"));
});

it("gives metrics to a scraper with a token, and to nobody else", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const scraper = await tokenOf(server, admin, { permissions: ["health.read"] });
  await nobody(server).call("GET", "/somewhere/else");
  expect((await nobody(server).call("GET", "/metrics")).status).toBe(401);
  const reply = await scraper.call("GET", "/metrics");
  expect(reply.headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/u);
  const value = (line: string) =>
    Number(
      reply.text
        .split("\n")
        .find((each) => each.startsWith(`${line} `))
        ?.split(" ")
        .at(-1),
    );
  expect(value('pratique_http_request_duration_seconds_count{endpoint="createToken",status="200"}')).toBe(1);
  expect(value('pratique_http_request_duration_seconds_count{endpoint="showMetrics",status="401"}')).toBe(1);
  expect(value('pratique_http_request_duration_seconds_count{endpoint="unknown",status="404"}')).toBe(1);
  expect(value('pratique_store_query_duration_seconds_count{result="ok"}')).toBeGreaterThan(50);
  expect(value("pratique_store_up")).toBe(1);
  expect(value("pratique_audit_entries")).toBeGreaterThan(5);
  expect(value("pratique_process_resident_memory_bytes")).toBeGreaterThan(1_000_000);
  expect(reply.text).not.toContain("/somewhere");
});

it("traces calls, what they ask of the store, and jobs, to a collector", async () => {
  const otlp = await collector();
  const trace = "0af7651916cd43dd8448eb211c80319c";
  {
    await using server = await testServer({ otlpEndpoint: otlp.url, now: Date.now });
    const admin = await administrator(server);
    await vi.waitFor(
      () => expect(server.logged.some((line) => line.includes("forgotten"))).toBe(true),
      10_000,
    );
    const headers = { traceparent: `00-${trace}-b7ad6b7169203331-01` };
    expect((await admin.call("GET", "/api/v1/accounts", undefined, headers)).status).toBe(200);
  }
  const call = otlp.spans.find(({ name, traceId }) => name === "listAccounts" && traceId === trace);
  expect(call?.parentSpanId).toBe("b7ad6b7169203331");
  expect(call?.attributes).toContainEqual({ key: "http.response.status_code", value: { intValue: 200 } });
  const parts = otlp.spans.filter(({ parentSpanId }) => parentSpanId === call?.spanId);
  expect(parts.map(({ name }) => name)).toContain("store select");
  expect(otlp.spans.some(({ name }) => name === "job daily.retention")).toBe(true);
  expect(otlp.services[0]).toContain("pratique-server");
  expect(JSON.stringify(otlp.spans)).not.toMatch(/127\.0\.0\.1|kettle-orbit/u);
  otlp.close();
});

it("tells who holds the keys, how many each purpose has, and that nothing waits for a newer one", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const report = showHealth.reply.parse((await admin.call("GET", "/api/v1/health")).json);
  expect(report.components.find(({ name }) => name === "encryption")).toMatchObject({
    state: "ok",
    values: {
      "keys.backup": 1,
      waiting: 0,
      provider: expect.stringContaining("file"),
      rotatedAt: expect.stringContaining("T"),
    },
  });
});
