import { createException, listHosts, listImages, showAttention, showException } from "@pratique/api";
import { expect, it } from "vitest";
import { administrator } from "../testdata/people.ts";
import { sampleHost, sampleReport } from "../testdata/samples.ts";
import { testServer } from "../testdata/test-server.ts";

const [source] = sampleHost.advisories.sources;
const troubled = {
  ...sampleHost,
  policies: { ...sampleHost.policies, errors: ["baseline.yaml: not read"] },
  advisories: { revision: "r1", sources: source === undefined ? [] : [{ ...source, stale: true }] },
};

it("leads to lists that hold what it counts", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  await server.agent("/agent/v1/host", { method: "PUT", body: troubled });
  const partial = sampleReport("nginx:1.27");
  const whole = sampleReport("redis:8");
  const complete = { ...whole, assessment: { ...whole.assessment, state: "complete", reasons: [] } };
  for (const body of [partial, complete]) {
    await server.agent(`/agent/v1/images/${body.target.imageId}`, { method: "PUT", body });
  }
  const { items } = showAttention.reply.parse((await admin.call("GET", "/api/v1/attention")).json);
  const followed = ["policy-error", "advisories-stale", "images-not-assessed"].map(async (kind) => {
    const { link = "", count } = items.find((item) => item.kind === kind) ?? {};
    const { json } = await admin.call("GET", `/api/v1${link}`);
    return [kind, count, json.total];
  });
  expect(await Promise.all(followed)).toEqual([
    ["policy-error", 1, 1],
    ["advisories-stale", 1, 1],
    ["images-not-assessed", 1, 1],
  ]);
});

it.each([
  ["policyErrors=false", 0],
  ["advisories=fresh", 0],
  ["identity=local", 1],
  ["identity=valid", 0],
  ["identity=expiring", 0],
  ["identity=expired", 0],
  ["identity=cloned", 0],
])("lists hosts by %s", async (query, expected) => {
  await using server = await testServer();
  const admin = await administrator(server);
  await server.agent("/agent/v1/host", { method: "PUT", body: troubled });
  const reply = await admin.call("GET", `/api/v1/hosts?${query}`);
  expect(listHosts.reply.parse(reply.json).total).toBe(expected);
});

it.each([
  ["complete", 0],
  ["partial", 1],
  ["none", 0],
  ["not-complete", 1],
])("lists images whose assessment is %s", async (assessment, expected) => {
  await using server = await testServer();
  const admin = await administrator(server);
  const body = sampleReport("nginx:1.27");
  await server.agent(`/agent/v1/images/${body.target.imageId}`, { method: "PUT", body });
  const reply = await admin.call("GET", `/api/v1/images?assessment=${assessment}`);
  expect(listImages.reply.parse(reply.json).total).toBe(expected);
});

it("shows one exception, and says of another that there is none", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const body = {
    rules: ["baseline/no-critical"],
    scope: { images: ["nginx:*"] },
    reason: "a fix is on its way",
    owner: "ann",
    expiresAt: "2026-12-01T00:00:00.000Z",
  };
  const made = createException.reply.parse((await admin.call("POST", "/api/v1/exceptions", body)).json);
  const shown = await admin.call("GET", `/api/v1/exceptions/${made.id}`);
  expect(showException.reply.parse(shown.json)).toEqual(made);
  expect((await admin.call("GET", "/api/v1/exceptions/exc-none")).json).toMatchObject({ code: "NOT_FOUND" });
});
