import {
  listHosts,
  listImageFindings,
  listImagePackages,
  listImageSecrets,
  listImages,
  listLaunches,
  showHost,
  showImage,
  showLaunch,
  showOverview,
} from "@pratique/api";
import type { JsonObject } from "@pratique/core";
import { APPLIED_ADVISORIES, openStore } from "@pratique/store";
import { expect, it } from "vitest";
import { recordAfter } from "../../../packages/audit/src/testdata/record-after.ts";
import { REMATCH_JOB } from "./rematch/rematcher.ts";
import { chainOf, digestOf, launchData, sampleHost, sampleReport } from "./testdata/samples.ts";
import { testServer } from "./testdata/test-server.ts";

const RECORDS = "/agent/v1/records";

async function seeded() {
  const server = await testServer();
  const cookie = await server.signIn();
  const get = async (path: string) => (await server.call(path, { headers: { cookie } })).json;
  const put = (path: string, body: unknown, method = "PUT") => server.agent(path, { method, body });
  return { server, get, put, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const batch = (all: readonly JsonObject[], from = 0) => ({
  logId: "log-1",
  host: "web-1",
  records: chainOf(all).slice(from),
});

it("shows an image that the agent reported, worst finding first", async () => {
  await using app = await seeded();
  const report = sampleReport("nginx:1.27");
  expect((await app.put(`/agent/v1/images/${report.target.imageId}`, report)).status).toBe(204);

  const page = listImages.reply.parse(await app.get("/api/v1/images"));
  expect(page.items).toMatchObject([
    { reference: "nginx:1.27", assessment: "partial", assessmentCodes: ["VERSION_UNPARSED"], fixable: 1 },
  ]);
  const detail = showImage.reply.parse(await app.get(`/api/v1/images/${report.target.imageId}`));
  const findings = listImageFindings.reply.parse(
    await app.get(`/api/v1/images/${report.target.imageId}/findings`),
  );
  expect(findings.items.map(({ id }) => id)).toEqual(["CVE-2026-0001", "CVE-2026-0002"]);
  expect(findings.items[0]).toMatchObject({
    packageName: "openssl",
    packageVersion: "3.0.11",
    knownExploited: true,
  });
  expect(detail.layers).toEqual([
    { digest: digestOf("layer"), packages: 1, findings: 2, fromBase: "unknown" },
  ]);
  expect(await app.get(`/api/v1/images/${digestOf("other")}`)).toMatchObject({ code: "NOT_FOUND" });
});

it("has an image held against newer advisories than its host has, also where this server has none", async () => {
  await using app = await seeded();
  const store = await openStore({ file: app.server.directory.at("server", "pratique.sqlite") });
  const waiting = async () => (await store.jobs.list({ state: "queued", limit: 10 })).map(({ name }) => name);
  const report = sampleReport("nginx:1.27");
  const path = `/agent/v1/images/${report.target.imageId}`;
  await app.put(path, report);
  expect(await waiting()).not.toContain(REMATCH_JOB);
  const builtAt = "2999-01-01T00:00:00.000Z";
  await store.settings.documents.remember(APPLIED_ADVISORIES, { file: "f", revision: "r", builtAt });
  await app.put(path, { ...report, scannedAt: "2026-11-24T12:29:00.000Z" });
  expect(await waiting()).toContain(REMATCH_JOB);
  await store.close();
});

it("pages through what an image holds", async () => {
  await using app = await seeded();
  const report = sampleReport("nginx:1.27");
  await app.put(`/agent/v1/images/${report.target.imageId}`, report);
  const path = `/api/v1/images/${report.target.imageId}`;
  const first = listImageFindings.reply.parse(await app.get(`${path}/findings?limit=1`));
  expect(first).toMatchObject({ items: [{ id: "CVE-2026-0001" }], total: 2 });
  const second = listImageFindings.reply.parse(
    await app.get(`${path}/findings?limit=1&cursor=${first.nextCursor}`),
  );
  expect(second).toMatchObject({ items: [{ id: "CVE-2026-0002" }], nextCursor: null });
  expect(await app.get(`${path}/findings?cursor=-1`)).toMatchObject({ code: "CURSOR_MALFORMED" });
  const packages = listImagePackages.reply.parse(await app.get(`${path}/packages?text=OPEN`));
  expect(packages.items).toMatchObject([{ name: "openssl", findings: { critical: 1, medium: 1 } }]);
  expect(packages.items[0]).not.toHaveProperty("licenses");
  const licenses = ["Apache-2.0", "Own words"];
  const told = { ...report, packages: report.packages.map((one) => ({ ...one, licenses })) };
  await app.put(`/agent/v1/images/${report.target.imageId}`, told);
  expect(await app.get(`${path}/packages`)).toMatchObject({ items: [{ licenses }] });
});

it.each([
  ["", ["AWS", "Key", "Password", "Old"]],
  ["severity=high", ["AWS", "Key", "Old"]],
  ["severity=high&where=history", []],
  ["where=environment", ["Password"]],
  ["text=ROOT/.ssh", ["Key"]],
  ["text=aws-", ["AWS"]],
])("lists the secrets of an image that %j asks for, the worst first", async (query, titles) => {
  await using app = await seeded();
  const { imageId } = sampleReport("nginx:1.27").target;
  const path = `/api/v1/images/${imageId}`;
  const base = { confidence: "high", where: "layer", match: "AKIA…XY", layer: digestOf("layer") } as const;
  const secrets = [
    { ...base, rule: "key", title: "Key", severity: "high", path: "root/.ssh/id", line: 1, fingerprint: "1" },
    { ...base, rule: "old", title: "Old", severity: "critical", fingerprint: "2", suppressed: { by: "me" } },
    {
      ...base,
      rule: "aws-key",
      title: "AWS",
      severity: "critical",
      path: "b",
      deleted: true,
      fingerprint: "3",
    },
    {
      ...base,
      rule: "password",
      title: "Password",
      severity: "medium",
      where: "environment",
      fingerprint: "4",
    },
  ];
  await app.put(`/agent/v1/images/${imageId}`, { ...sampleReport("nginx:1.27"), secrets });
  const page = listImageSecrets.reply.parse(await app.get(`${path}/secrets?${query}`));
  expect(page.items.map(({ title }) => title)).toEqual(titles);
  expect(showImage.reply.parse(await app.get(path)).secrets).toBe(3);
});

it("tells an image in which nobody looked for secrets from one that has none", async () => {
  await using app = await seeded();
  const report = sampleReport("nginx:1.27");
  const path = `/api/v1/images/${report.target.imageId}`;
  await app.put(`/agent/v1/images/${report.target.imageId}`, report);
  expect(await app.get(path)).not.toHaveProperty("secrets");
  expect(await app.get(`${path}/secrets`)).toMatchObject({ items: [], total: 0 });
  await app.put(`/agent/v1/images/${report.target.imageId}`, { ...report, secrets: [] });
  expect(await app.get(path)).toMatchObject({ secrets: 0 });
});

it.each([
  ["", ["bash", "musl", "openssl"]],
  ["license=apache", ["openssl"]],
  ["license=OR+mit", ["musl"]],
  ["license=noassertion", ["bash"]],
  ["licenseCategory=notice", ["musl"]],
  ["licenseCategory=forbidden", ["openssl"]],
  ["licenseCategory=unknown&license=x", []],
  ["text=open&licenseCategory=notice", []],
])("finds packages by the licenses that %j asks for", async (query, names) => {
  await using app = await seeded();
  const report = sampleReport("nginx:1.27");
  const [sample] = report.packages;
  if (sample === undefined) throw new Error("a sample without packages");
  const { findings: _, ...rest } = report;
  const told = {
    ...rest,
    findings: [],
    packages: [
      { ...sample, id: "1", name: "openssl", licenses: ["Apache-2.0", "AGPL-3.0-only"] },
      { ...sample, id: "2", name: "musl", licenses: ["GPL-2.0-only OR MIT", "SSPL-1.0"] },
      { ...sample, id: "3", name: "bash" },
    ],
    licenses: [
      { license: "Apache-2.0", category: "notice", severity: "low", packageId: "1" },
      { license: "AGPL-3.0-only", category: "forbidden", severity: "critical", packageId: "1" },
      { license: "GPL-2.0-only OR MIT", category: "notice", severity: "low", packageId: "2" },
      {
        license: "SSPL-1.0",
        category: "forbidden",
        severity: "critical",
        packageId: "2",
        suppressed: { by: "me" },
      },
      { license: "NOASSERTION", category: "unknown", severity: "unknown", packageId: "3" },
    ],
  };
  await app.put(`/agent/v1/images/${report.target.imageId}`, told);
  const packages = listImagePackages.reply.parse(
    await app.get(`/api/v1/images/${report.target.imageId}/packages?${query}`),
  );
  expect(packages.items.map(({ name }) => name)).toEqual(names);
});

it.each([
  ["severity=high", ["CVE-2026-0001"]],
  ["severity=medium", ["CVE-2026-0001", "CVE-2026-0002"]],
  ["fixable=true", ["CVE-2026-0001"]],
  ["text=ghsa-1", ["CVE-2026-0001"]],
  ["suppressed=true", []],
])("finds in an image what %s asks for", async (query, expected) => {
  await using app = await seeded();
  const report = sampleReport("nginx:1.27");
  await app.put(`/agent/v1/images/${report.target.imageId}`, report);
  const page = listImageFindings.reply.parse(
    await app.get(`/api/v1/images/${report.target.imageId}/findings?${query}`),
  );
  expect(page.items.map(({ id }) => id)).toEqual(expected);
});

it("refuses a report of another image than the path names, and one that is not in its form", async () => {
  await using app = await seeded();
  const path = `/agent/v1/images/${digestOf("other")}`;
  expect((await app.put(path, sampleReport("nginx:1.27"))).json).toMatchObject({ code: "REQUEST_MALFORMED" });
  const { json } = await app.put(path, { ...sampleReport("nginx:1.27"), schemaVersion: 2 });
  expect(json).toMatchObject({ code: "REQUEST_MALFORMED", errors: [{ path: "body.schemaVersion" }] });
  expect(listImages.reply.parse(await app.get("/api/v1/images")).total).toBe(0);
});

it("shows a launch with its reasons, and what to do", async () => {
  await using app = await seeded();
  const reply = await app.put(RECORDS, batch([launchData("nginx:1.27")]), "POST");
  expect(reply.json).toEqual({ acknowledged: 1 });

  const page = listLaunches.reply.parse(await app.get("/api/v1/launches"));
  expect(page.items).toHaveLength(1);
  const launch = showLaunch.reply.parse(await app.get("/api/v1/launches/log-1.1"));
  expect(launch).toMatchObject({
    decision: "deny",
    outcome: "denied",
    action: "create",
    container: "web",
    image: "nginx:1.27",
    caller: "engine-socket",
    host: "web-1",
    time: "2026-11-24T12:00:00.000Z",
  });
  expect(launch.reasons).toEqual([
    {
      policy: "baseline",
      rule: "no-critical",
      enforcement: "enforce",
      message: "a critical vulnerability has a fix",
      value: "CVE-2026-0001 in openssl 3.0.11",
      fix: "update openssl to 3.0.12",
      exceptionHint:
        "pratique policy exception grant --rule baseline/no-critical --image nginx:1.27 --expires 7d --reason WHY --owner WHO",
    },
  ]);
  expect(await app.get("/api/v1/launches/log-1.2")).toMatchObject({ code: "NOT_FOUND" });
});

it("leaves what an attacker calls an image out of the command to be pasted", async () => {
  await using app = await seeded();
  await app.put(RECORDS, batch([launchData("x;rm -rf ~ '$(id)'")]), "POST");
  const launch = showLaunch.reply.parse(await app.get("/api/v1/launches/log-1.1"));
  expect(launch.image).toBe("x;rm -rf ~ '$(id)'");
  expect(launch.reasons[0]?.exceptionHint).toContain("--image IMAGE ");
});

it("shows a launch whose verdict is too long for a record, and where the verdict is", async () => {
  await using app = await seeded();
  const evidence = digestOf("verdict");
  const { verdict: _, ...rest } = launchData("a:1", { evidence: { verdict: evidence } });
  await app.put(RECORDS, batch([rest]), "POST");
  const launch = showLaunch.reply.parse(await app.get("/api/v1/launches/log-1.1"));
  expect(launch).toMatchObject({ outcome: "denied", container: "web", image: "a:1", reasons: [], evidence });
  expect(launch.assessment).toBeUndefined();
});

it("shows what decided before what was only said, and what an exception lifted last", async () => {
  await using app = await seeded();
  const violation = (rule: string, more: object) => {
    return { policy: "p", rule, enforcement: "enforce", message: "m", value: "v", fix: "f", ...more };
  };
  const verdict = {
    decision: "deny",
    stage: "launch",
    subject: { image: "a:1" },
    violations: [
      violation("lifted", { waivedBy: "ex-1" }),
      violation("quiet", { enforcement: "dry-run" }),
      violation("loud", { enforcement: "warn" }),
      violation("decides", {}),
    ],
    assessment: { state: "complete", reasons: [] },
    policyRevision: "rev-1",
    decidedAt: "2026-11-24T12:00:00Z",
  };
  await app.put(RECORDS, batch([launchData("a:1", { verdict })]), "POST");
  const { reasons } = showLaunch.reply.parse(await app.get("/api/v1/launches/log-1.1"));
  expect(reasons.map(({ rule }) => rule)).toEqual(["decides", "loud", "quiet", "lifted"]);
});

it("does not take the check of an image for a launch", async () => {
  await using app = await seeded();
  await app.put(RECORDS, batch([launchData("a:1", { stage: "build" })]), "POST");
  expect(listLaunches.reply.parse(await app.get("/api/v1/launches")).total).toBe(0);
});

it("tells a launch that was only observed from one that was denied", async () => {
  await using app = await seeded();
  await app.put(RECORDS, batch([launchData("a:1", { mode: "observe" }), launchData("a:1")]), "POST");
  const { items } = listLaunches.reply.parse(await app.get("/api/v1/launches?outcome=observed"));
  expect(items.map(({ sequence, outcome, decision }) => ({ sequence, outcome, decision }))).toEqual([
    { sequence: 1, outcome: "observed", decision: "deny" },
  ]);
});

it("keeps a record that it cannot read, and says so in the log", async () => {
  await using app = await seeded();
  const reply = await app.put(
    RECORDS,
    batch([launchData("a:1", { verdict: { decision: "maybe" } })]),
    "POST",
  );
  expect(reply.json).toEqual({ acknowledged: 1 });
  expect(listLaunches.reply.parse(await app.get("/api/v1/launches")).total).toBe(0);
  expect(app.server.logged.join("\n")).toContain("a launch record cannot be read");
});

it("takes records once, and asks for those that are missing", async () => {
  await using app = await seeded();
  const all = Array.from({ length: 6 }, () => launchData("a:1"));
  await app.put(RECORDS, batch(all.slice(0, 3)), "POST");
  expect((await app.put(RECORDS, batch(all.slice(0, 3)), "POST")).json).toEqual({ acknowledged: 3 });
  expect((await app.put(RECORDS, batch(all, 4), "POST")).json).toMatchObject({
    status: 409,
    code: "RECORDS_GAP",
    acknowledged: 3,
  });
  expect((await app.server.agent("/agent/v1/acknowledged?logId=log-1")).json).toEqual({ acknowledged: 3 });
  expect((await app.put(RECORDS, batch(all, 3), "POST")).json).toEqual({ acknowledged: 6 });
  const [first, ...rest] = batch(all).records;
  if (first === undefined) throw new Error("no sample");
  const other = recordAfter(undefined, { ...first, data: { decision: "allow" } });
  const forged = { ...batch(all), records: [other, ...rest] };
  expect((await app.put(RECORDS, forged, "POST")).json).toMatchObject({
    code: "RECORDS_FORKED",
    acknowledged: 6,
  });
});

it("takes no record whose hash was taken over something else", async () => {
  await using app = await testServer();
  const [first, second, ...rest] = chainOf([{ n: 1 }, { n: 2 }, { n: 3 }]);
  if (first === undefined || second === undefined) throw new Error("no sample");
  const records = [first, { ...second, data: { n: 20 } }, ...rest];
  const send = () => app.agent(RECORDS, { method: "POST", body: { logId: "log-1", host: "web-1", records } });
  expect((await send()).json).toMatchObject({
    status: 422,
    code: "RECORDS_ALTERED",
    detail: "record 2 is not what its hash was taken over",
  });
  expect((await app.agent("/agent/v1/acknowledged?logId=log-1")).json).toEqual({ acknowledged: 0 });
});

it("takes records of containers whatever their labels are called", async () => {
  await using app = await testServer();
  const data: JsonObject = JSON.parse(
    '{"__proto__": "a", "labels": {"__proto__": "b", "constructor": {"prototype": "c"}}}',
  );
  const body = { logId: "log-1", host: "web-1", records: chainOf([data]) };
  expect((await app.agent(RECORDS, { method: "POST", body })).json).toEqual({ acknowledged: 1 });
});

it("shows the host, and notices when its agent falls silent", async () => {
  await using app = await seeded();
  expect(await app.get("/api/v1/hosts/web-1")).toMatchObject({ code: "NOT_FOUND" });
  expect(await app.get("/api/v1/hosts")).toEqual({ items: [], nextCursor: null, total: 0 });
  expect((await app.put("/agent/v1/host", sampleHost)).status).toBe(204);
  expect(showHost.reply.parse(await app.get("/api/v1/hosts/web-1"))).toMatchObject({
    agent: "reporting",
    identity: { state: "local" },
    status: { gate: { state: "enforcing" } },
  });
  expect(listHosts.reply.parse(await app.get("/api/v1/hosts?gate=enforcing")).total).toBe(1);
  expect(listHosts.reply.parse(await app.get("/api/v1/hosts?gate=down")).total).toBe(0);
  app.server.clock.advance(90_001);
  expect(await app.get("/api/v1/hosts/web-1")).toMatchObject({ agent: "silent" });
});

it("sums up, hour by hour", async () => {
  await using app = await seeded();
  const report = sampleReport("nginx:1.27");
  await app.put(`/agent/v1/images/${report.target.imageId}`, report);
  await app.put(RECORDS, batch([launchData("a:1"), launchData("a:1", { mode: "observe" })]), "POST");
  const overview = showOverview.reply.parse(await app.get("/api/v1/overview"));
  expect(overview.images).toMatchObject({ total: 1, notAssessed: 1, clean: 0, worst: { critical: 1 } });
  expect(overview.findings).toMatchObject({ critical: 1, medium: 1 });
  expect(overview.launches).toEqual({ allowed: 0, warned: 0, denied: 1, observed: 1 });
  expect(overview.hours).toHaveLength(24);
  expect(overview.hours.at(-1)).toEqual({
    from: "2026-11-24T12:00:00.000Z",
    allowed: 0,
    warned: 0,
    denied: 1,
    observed: 1,
  });
});

it.each(["limit=0", "sort=colour", "other=1", "cursor=x"])("refuses the query %s", async (query) => {
  await using app = await seeded();
  expect(await app.get(`/api/v1/images?${query}`)).toMatchObject({ status: 400 });
});
