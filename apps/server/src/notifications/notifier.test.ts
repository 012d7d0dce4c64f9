import { createServer } from "node:net";
import { showAttention, showHealth } from "@pratique/api";
import { verifySignature } from "@pratique/notify";
import { findCanary } from "@pratique/testkit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type HookReceiver, hookReceiver } from "../testdata/hook-receiver.ts";
import { chainOf, digestOf, launchData, sampleHost, sampleReport } from "../testdata/samples.ts";
import { type TestServer, testServer } from "../testdata/test-server.ts";

const SECRET = "canary-of-a-signing-key";
const loopback = { notifications: { addresses: { allow: ["127.0.0.0/8"] } } };
/** Long enough for a machine that has more to do. */
const PATIENCE = { timeout: 20_000, interval: 25 };

let server: TestServer;
let hook: HookReceiver;
let cookie: string;

async function api(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  return await server.call(`/api/v1${path}`, {
    method,
    headers: { origin: server.running.url, cookie, ...headers },
    ...(body !== undefined && { body }),
  });
}

function hookChannel(more: object = {}) {
  const settings = { url: hook.url, secret: SECRET, allowPlainHttp: true };
  return { kind: "webhook", name: "Operations", enabled: true, settings, ...more };
}

const route = {
  name: "everything",
  kinds: [] as string[],
  severity: "info",
  labels: {},
  channels: ["ops"],
  goOn: false,
  groupSeconds: 0,
  repeatSeconds: 3600,
};

async function routeEverything(more: object = {}) {
  const { revision } = (await api("GET", "/routing")).json;
  const reply = await api(
    "PUT",
    "/routing",
    { routes: [{ ...route, ...more }] },
    { "if-match": `"${revision}"` },
  );
  expect(reply.status).toBe(200);
}

beforeEach(async () => {
  hook = await hookReceiver();
  server = await testServer({ ...loopback, now: Date.now });
  cookie = await server.signIn();
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await hook[Symbol.asyncDispose]();
});

describe("channels", () => {
  it("show the names of their secrets, and are kept without a byte of them", async () => {
    const put = await api("PUT", "/channels/ops", hookChannel());
    expect(put.status).toBe(200);
    expect(put.json).toMatchObject({
      id: "ops",
      settings: { allowPlainHttp: true },
      secrets: ["secret", "url"],
    });
    const listed = await api("GET", "/channels");
    expect(listed.json).toMatchObject({ items: [{ id: "ops", waiting: 0, lastError: null }] });
    for (const secret of [SECRET, hook.url]) {
      expect(put.text + listed.text).not.toContain(secret);
      expect(await findCanary([server.directory.at("server")], secret)).toEqual([]);
    }
  });

  it("keep a secret that is left out, and forget all with the channel", async () => {
    await api("PUT", "/channels/ops", hookChannel());
    const renamed = await api("PUT", "/channels/ops", {
      ...hookChannel(),
      name: "Ops",
      settings: { allowPlainHttp: true },
    });
    expect(renamed.json).toMatchObject({ name: "Ops", secrets: ["secret", "url"] });
    expect((await api("POST", "/channels/ops/test")).json).toMatchObject({ delivered: true });
    expect((await api("DELETE", "/channels/ops")).status).toBe(204);
    expect((await api("DELETE", "/channels/ops")).status).toBe(404);
    expect((await api("POST", "/channels/ops/test")).status).toBe(404);
  });

  it.each([
    [
      "a setting that there is not",
      { settings: { url: "https://a.example", secret: SECRET, colour: "red" } },
    ],
    ["a missing secret", { settings: { allowPlainHttp: true } }],
    ["a URL with a password", { settings: { url: "https://u:p@a.example", secret: SECRET } }],
  ])("with %s are refused", async (_, more) => {
    const reply = await api("PUT", "/channels/ops", hookChannel(more));
    expect([reply.status, reply.json.code]).toEqual([422, "SETTINGS_INVALID"]);
    expect(reply.text).not.toContain(SECRET);
  });

  it("tell step by step what a trial met", async () => {
    await api("PUT", "/channels/ops", hookChannel());
    const fine = (await api("POST", "/channels/ops/test")).json;
    expect(fine).toMatchObject({ delivered: true });
    expect(fine.steps).toMatchObject([
      { step: "settings", ok: true },
      { step: "connect", ok: true, detail: expect.stringContaining("127.0.0.1") },
      { step: "identity", ok: true, detail: expect.stringContaining("not encrypted") },
      { step: "deliver", ok: true, detail: expect.stringContaining("200") },
    ]);
    const [message] = hook.got;
    expect(message?.body.title).toBe("Test message from Pratique");
    hook.answer(403);
    const refused = (await api("POST", "/channels/ops/test")).json;
    expect(refused).toMatchObject({ delivered: false });
    expect(refused.steps).toMatchObject([
      { step: "settings", ok: true },
      { step: "connect", ok: true },
      { step: "identity", ok: true },
      { step: "deliver", ok: false, detail: expect.stringContaining("403") },
    ]);
  });

  it("tell of a place that they may not or cannot reach", async () => {
    const forbidden = { url: "http://10.1.2.3/", secret: SECRET, allowPlainHttp: true };
    await api("PUT", "/channels/inside", hookChannel({ settings: forbidden }));
    expect((await api("POST", "/channels/inside/test")).json).toMatchObject({
      delivered: false,
      steps: [
        { step: "settings", ok: true },
        { step: "connect", ok: false, detail: /ADDRESS_FORBIDDEN/u },
      ],
    });
    const probe = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => probe.once("listening", resolve));
    const { port } = Object(probe.address());
    await new Promise((resolve) => probe.close(resolve));
    const closed = { url: `http://127.0.0.1:${port}/`, secret: SECRET, allowPlainHttp: true };
    await api("PUT", "/channels/closed", hookChannel({ settings: closed }));
    expect((await api("POST", "/channels/closed/test")).json).toMatchObject({
      delivered: false,
      steps: [
        { step: "settings", ok: true },
        { step: "connect", ok: false, detail: /CHANNEL_UNREACHABLE/u },
      ],
    });
  });
});

describe("routes", () => {
  it("are changed only over the revision that was read, and name channels that there are", async () => {
    expect((await api("GET", "/routing")).json).toEqual({ routes: [], revision: "new" });
    const body = { routes: [route] };
    expect((await api("PUT", "/routing", body, { "if-match": '"new"' })).json.code).toBe("SETTINGS_INVALID");
    await api("PUT", "/channels/ops", hookChannel());
    const put = await api("PUT", "/routing", body, { "if-match": '"new"' });
    expect(put.json).toMatchObject({ routes: [{ name: "everything" }] });
    expect((await api("PUT", "/routing", body, { "if-match": '"new"' })).status).toBe(412);
    expect((await api("GET", "/routing")).json).toEqual(put.json);
  });
});

describe("what happens is told", () => {
  beforeEach(async () => {
    await api("PUT", "/channels/ops", hookChannel());
    await routeEverything();
  });

  const kinds = () => hook.got.map(({ body }) => body.kind);
  const first = (kind: string) => hook.got.find(({ body }) => body.kind === kind);

  it("of a refused launch: what, where, why, and what to do, once for each that is the same", async () => {
    await server.agent("/agent/v1/host", {
      method: "PUT",
      body: { ...sampleHost, host: { ...sampleHost.host, labels: { team: "shop" } } },
    });
    const observed = {
      mode: "observe",
      launch: { action: "create", name: "db", containerId: "", image: "db:1", caller: "uid:1000" },
    };
    const records = chainOf([launchData("web:1"), launchData("web:1"), launchData("db:1", observed)]);
    const put = await server.agent("/agent/v1/records", {
      method: "POST",
      body: { logId: "log-1", host: "web-1", records },
    });
    expect(put.status).toBe(200);
    await vi.waitFor(
      () => expect(kinds()).toEqual(expect.arrayContaining(["launch.denied", "launch.observed"])),
      PATIENCE,
    );
    const denied = first("launch.denied");
    expect(denied?.body).toMatchObject({
      count: 1,
      severity: "high",
      labels: { team: "shop" },
      title: 'web-1 refused to start "web" from web:1',
      text: expect.stringContaining("Fix: update openssl to 3.0.12"),
      items: [{ link: `${server.running.url}/launches/log-1.1` }],
    });
    expect(first("launch.observed")?.body.text).toContain("engine-socket asked for it");
    const body = JSON.stringify(denied?.body);
    const signature = String(denied?.headers["pratique-signature"]);
    const timestamp = Number(denied?.headers["pratique-timestamp"]);
    expect(verifySignature(SECRET, { timestamp, body, signature }, { nowSeconds: timestamp })).toBe(true);
  });

  it("of new findings: one message for all images of one feed", async () => {
    await routeEverything({ kinds: ["finding.new"], groupSeconds: 10 });
    for (let image = 0; image < 100; image += 1) {
      const report = sampleReport(`image-${image}:1`);
      const { imageId } = report.target;
      const put = await server.agent(`/agent/v1/images/${imageId}`, { method: "PUT", body: report });
      expect(put.status).toBe(204);
    }
    await vi.waitFor(
      () => expect(hook.got.reduce((sum, { body }) => sum + body.count, 0)).toBe(100),
      PATIENCE,
    );
    expect(hook.got.length).toBeLessThanOrEqual(2);
    expect(hook.got[0]?.body).toMatchObject({ kind: "finding.new", severity: "critical" });
    expect(hook.got[0]?.body.items[0]).toMatchObject({
      title: "2 new findings in image-0:1: 1 critical, 1 medium",
      text: expect.stringContaining("known to be exploited"),
      link: `${server.running.url}/images/${encodeURIComponent(digestOf("image-0:1"))}`,
    });
  }, 40_000);

  it("of a gate that is down, and of policies with errors", async () => {
    const gate = { state: "down", since: "2026-11-24T12:00:00Z", restarts: 5, detail: "it died five times" };
    const policies = { ...sampleHost.policies, errors: ["base.yaml: line 3"] };
    for (let time = 0; time < 3; time += 1) {
      await server.agent("/agent/v1/host", { method: "PUT", body: { ...sampleHost, gate, policies } });
    }
    await vi.waitFor(() => expect(kinds().sort()).toEqual(["gate.down", "policy.error"]), PATIENCE);
    expect(first("gate.down")?.body).toMatchObject({
      severity: "critical",
      text: expect.stringContaining("it died five times"),
    });
    expect(first("policy.error")?.body.text).toContain("base.yaml: line 3");
  });

  it("of a record that contradicts what is held", async () => {
    const post = (records: readonly unknown[]) =>
      server.agent("/agent/v1/records", { method: "POST", body: { logId: "log-1", host: "web-1", records } });
    expect((await post(chainOf([{ n: 1 }]))).status).toBe(200);
    for (let time = 0; time < 2; time += 1) {
      expect((await post(chainOf([{ n: 2 }]))).json.code).toBe("RECORDS_FORKED");
    }
    await vi.waitFor(() => expect(kinds()).toEqual(["audit.problem"]), PATIENCE);
    expect(first("audit.problem")?.body).toMatchObject({
      severity: "critical",
      text: expect.stringContaining("log-1"),
    });
  });

  it("of a record that is not what its hash was taken over, once", async () => {
    const [record] = chainOf([{ n: 1 }]);
    const records = [{ ...record, actor: "nobody" }];
    for (let time = 0; time < 2; time += 1) {
      const body = { logId: "log-1", host: "web-1", records };
      expect((await server.agent("/agent/v1/records", { method: "POST", body })).json.code).toBe(
        "RECORDS_ALTERED",
      );
    }
    await vi.waitFor(() => expect(kinds()).toEqual(["audit.problem"]), PATIENCE);
    expect(first("audit.problem")?.body).toMatchObject({
      severity: "critical",
      title: "A record that web-1 sent is not what its hash was taken over",
      text: expect.stringContaining("Record 1 of the log log-1"),
    });
  });

  it("of an export of the log that is behind, with why", async () => {
    await server[Symbol.asyncDispose]();
    let aheadMs = 0;
    server = await testServer({ ...loopback, now: () => Date.now() + aheadMs });
    cookie = await server.signIn();
    await api("PUT", "/channels/ops", hookChannel());
    await routeEverything();
    // Nobody listens there.
    const settings = { url: "https://127.0.0.1:1/of-a-secret", secret: SECRET };
    const siem = { kind: "webhook", name: "SIEM", enabled: true, format: "ocsf", settings };
    expect((await api("PUT", "/exporters/siem", siem)).status).toBe(200);
    const lastError = async () => Object(Object((await api("GET", "/exporters")).json).items)[0]?.lastError;
    await vi.waitFor(async () => expect(await lastError()).toEqual(expect.any(String)), PATIENCE);
    expect(kinds()).toEqual([]);
    aheadMs = 6 * 60_000;
    await vi.waitFor(() => expect(kinds()).toEqual(["export.failing"]), PATIENCE);
    const { text } = first("export.failing")?.body ?? {};
    expect(text).toContain(await lastError());
    expect(text).not.toContain("of-a-secret");
  }, 60_000);

  it("of a channel that fails, through those that do not", async () => {
    await using broken = await hookReceiver();
    broken.answer(410);
    const settings = { url: broken.url, secret: SECRET, allowPlainHttp: true };
    await api("PUT", "/channels/broken", hookChannel({ name: "Broken", settings }));
    await routeEverything({ channels: ["broken", "ops"] });
    const gate = { state: "down", since: "2026-11-24T12:00:00Z", restarts: 5 };
    await server.agent("/agent/v1/host", { method: "PUT", body: { ...sampleHost, gate } });
    await vi.waitFor(() => expect(kinds()).toEqual(["gate.down", "delivery.failing"]), PATIENCE);
    expect(first("delivery.failing")?.body.title).toContain("broken");
    const { items } = (await api("GET", "/channels")).json;
    expect(items).toMatchObject([
      { id: "broken", lastError: expect.stringContaining("410"), lastDeliveryAt: null },
      { id: "ops", lastError: null, lastDeliveryAt: expect.any(String), givenUp: 0, lastGivenUpAt: null },
    ]);
    // What was refused for good is written down after it was told.
    const shown = async () => Object(Object((await api("GET", "/channels")).json).items)[0];
    await vi.waitFor(
      async () =>
        expect(await shown()).toMatchObject({
          waiting: 0,
          givenUp: 2,
          lastGivenUpAt: expect.any(String),
          lastGivenUpError: expect.stringContaining("410"),
        }),
      PATIENCE,
    );
    expect(JSON.stringify(items)).not.toContain("/hook");
    const health = async () =>
      showHealth.reply
        .parse((await api("GET", "/health")).json)
        .components.find(({ name }) => name === "notifications");
    const needsPerson = async () =>
      showAttention.reply
        .parse((await api("GET", "/attention")).json)
        .items.filter(({ kind }) => kind === "channel-failing");
    expect(await health()).toMatchObject({ state: "degraded", values: { channels: 2, failing: "Broken" } });
    expect(await needsPerson()).toMatchObject([{ count: 1, severity: "high", link: "/settings/channels" }]);
    broken.answer(200);
    expect((await api("POST", "/channels/broken/test")).json).toMatchObject({ delivered: true });
    expect(await health()).toMatchObject({ state: "ok", values: { channels: 2 } });
    expect(await needsPerson()).toEqual([]);
  });
});
