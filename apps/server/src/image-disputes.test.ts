import { listImages, showAttention, showImage } from "@pratique/api";
import type { ScanReport } from "@pratique/core";
import { expect, it } from "vitest";
import { AgentHost } from "./testdata/agent-host.ts";
import { administrator } from "./testdata/people.ts";
import { sampleReport } from "./testdata/samples.ts";
import { type TestServer, testServer } from "./testdata/test-server.ts";

const honest = sampleReport("nginx:1.27");
const { imageId = "" } = honest.target;
/** What a host says that wants the image to look well, and its word to be the last one. */
const lie: ScanReport = { ...honest, scannedAt: "2026-11-24T12:00:00Z", findings: [] };

async function joined(server: TestServer, name: string): Promise<AgentHost> {
  const { json } = await server.agent("/operator/v1/join-token", { method: "POST", body: {} });
  using stranger = new AgentHost(server.running.agentsUrl ?? "");
  return stranger.again((await stranger.join(String(json.secret), name)).held);
}

async function scene() {
  const server = await testServer({ agents: { port: 0 }, now: Date.now });
  const admin = await administrator(server);
  const [good, bad] = [await joined(server, "good"), await joined(server, "bad")];
  const report = async (host: AgentHost, body: ScanReport) => {
    const { status } = await host.call(`/agent/v1/images/${imageId}`, { method: "PUT", body });
    expect(status).toBe(204);
  };
  return {
    admin,
    good,
    bad,
    report,
    shown: async () => {
      const { image, dispute } = showImage.reply.parse(
        (await admin.call("GET", `/api/v1/images/${imageId}`)).json,
      );
      return { critical: image.severities.critical, disputed: dispute?.hosts };
    },
    attention: async () => {
      const { items } = showAttention.reply.parse((await admin.call("GET", "/api/v1/attention")).json);
      return items.filter(({ kind }) => kind === "image-disputed").map(({ count }) => count);
    },
    recorded: () =>
      server.audited
        .filter(({ action }) => action === "image.disputed")
        .map(({ class: kind, data }) => [kind, data.hosts]),
    async [Symbol.asyncDispose]() {
      for (const host of [good, bad]) host[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

it("keeps the worse report of two hosts that contradict each other, and says so once", async () => {
  await using at = await scene();
  await at.report(at.good, honest);
  for (let time = 0; time < 2; time += 1) await at.report(at.bad, lie);
  expect(await at.shown()).toEqual({ critical: 1, disputed: ["bad", "good"] });
  expect(await at.attention()).toEqual([1]);
  expect(at.recorded()).toEqual([["scan", ["bad", "good"]]]);
});

it("replaces a better report that came first, even one from the future, and ends when they agree", async () => {
  await using at = await scene();
  await at.report(at.bad, { ...lie, scannedAt: "2099-01-01T00:00:00Z" });
  expect(await at.shown()).toEqual({ critical: 0, disputed: undefined });
  await at.report(at.good, honest);
  expect(await at.shown()).toEqual({ critical: 1, disputed: ["bad", "good"] });
  await at.report(at.bad, honest);
  expect(await at.shown()).toEqual({ critical: 1, disputed: undefined });
  expect(await at.attention()).toEqual([]);
});

it("leads from what needs attention to exactly the images that are disputed", async () => {
  await using at = await scene();
  await at.report(at.good, honest);
  await at.report(at.bad, lie);
  const other = sampleReport("redis:8");
  await at.good.call(`/agent/v1/images/${other.target.imageId}`, { method: "PUT", body: other });
  const { items } = showAttention.reply.parse((await at.admin.call("GET", "/api/v1/attention")).json);
  const { link = "", count } = items.find(({ kind }) => kind === "image-disputed") ?? {};
  const listed = listImages.reply.parse((await at.admin.call("GET", `/api/v1${link}`)).json);
  expect([count, listed.total, listed.items.map((item) => item.imageId)]).toEqual([1, 1, [imageId]]);
  const csv = await at.admin.call("GET", `/api/v1${link}`, undefined, { accept: "text/csv" });
  expect(csv.text.trim().split("\r\n").slice(1)).toEqual([expect.stringContaining(imageId)]);
  const rest = await at.admin.call("GET", "/api/v1/images?disputed=false");
  expect(listImages.reply.parse(rest.json).items.map((item) => item.reference)).toEqual(["redis:8"]);
});

it("says which hosts gave an image its names", async () => {
  await using at = await scene();
  await at.report(at.good, honest);
  const target = { ...honest.target, reference: "quay.io/other/app:1" };
  await at.report(at.bad, { ...honest, target: { ...target, layers: [] } });
  const names = async () =>
    showImage.reply.parse((await at.admin.call("GET", `/api/v1/images/${imageId}`)).json).names;
  expect(await names()).toEqual([{ repository: "docker.io/library/nginx", hosts: ["good"] }]);
  await at.report(at.bad, { ...honest, target });
  expect(await names()).toEqual([
    { repository: "docker.io/library/nginx", hosts: ["good"] },
    { repository: "quay.io/other/app", hosts: ["bad"] },
  ]);
});

it.each([
  ["an hour newer are as new, and the worse report is kept", "2026-11-24T04:00:00Z", 1],
  ["two days newer are newer", "2026-11-26T03:00:00Z", 0],
  ["two days older replace nothing that is worse", "2026-11-22T03:00:00Z", 1],
  ["of the future are newer than nothing", "2999-01-01T00:00:00Z", 1],
])("finds that advisories %s, and no contradiction in that", async (_, builtAt, critical) => {
  await using at = await scene();
  await at.report(at.good, honest);
  const [source] = honest.assessment.advisories;
  const advisories = source === undefined ? [] : [{ ...source, builtAt }];
  await at.report(at.bad, { ...lie, assessment: { ...lie.assessment, advisories } });
  expect(await at.shown()).toEqual({ critical, disputed: undefined });
  expect(at.recorded()).toEqual([]);
});
