import {
  awaitWork,
  createException,
  dryRunPolicy,
  lintPolicy,
  listContainers,
  listExceptions,
  listFindings,
  listHosts,
  listImages,
  listLaunches,
  listPolicies,
  listVulnerabilities,
  putPolicy,
  scanImage,
  showAttention,
  showContainer,
  showImage,
  showOverview,
} from "@pratique/api";
import type { Scope } from "@pratique/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { administrator, type Person, person } from "../testdata/people.ts";
import { chainOf, digestOf, launchData, sampleHost, sampleReport } from "../testdata/samples.ts";
import { type TestServer, testServer } from "../testdata/test-server.ts";

const NGINX = "nginx:1";
const APP = "ghcr.io/acme/app:1";

const POLICY = `apiVersion: pratique/v1
kind: Policy
metadata: { name: base }
spec:
  rules:
    - name: no-privileged
      deny: launch.privileged
      message: the container is privileged
      value: privileged
      fix: leave it out
`;

let server: TestServer;
let admin: Person;

beforeEach(async () => {
  server = await testServer();
  admin = await administrator(server);
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

async function agentPut(path: string, body: unknown): Promise<number> {
  const reply = await server.agent(path, { method: "PUT", body });
  if (reply.status >= 300) throw new Error(reply.text);
  return reply.status;
}

/** The host of the socket reports, with an image and a container of it. */
async function report(name: string, reference: string, labels: Readonly<Record<string, string>> = {}) {
  server.clock.advance(1000);
  const reported = new Date(server.clock.now()).toISOString();
  await agentPut("/agent/v1/host", {
    ...sampleHost,
    reportedAt: reported,
    host: { ...sampleHost.host, name, labels },
    record: { ...sampleHost.record, logId: `log-${name}` },
  });
  const imageId = digestOf(reference);
  await agentPut(`/agent/v1/images/${encodeURIComponent(imageId)}`, sampleReport(reference));
  await agentPut("/agent/v1/containers", {
    takenAt: reported,
    containers: [containerOf(`c-${name}`, reference)],
  });
}

function containerOf(id: string, image: string) {
  return {
    id: id.replaceAll("-", ""),
    name: id,
    image,
    imageId: digestOf(image),
    state: "running",
    createdAt: "2026-11-24T10:00:00Z",
    user: "",
    privileged: false,
    ports: [],
    labels: {},
    restartPolicy: "no",
  };
}

async function launch(host: string, image: string): Promise<void> {
  const batch = { logId: `log-${host}`, host, records: chainOf([launchData(image)]) };
  const reply = await server.agent("/agent/v1/records", { method: "POST", body: batch });
  if (reply.status !== 200) throw new Error(reply.text);
}

const draft = { text: POLICY, scope: {}, enabled: true };
const fresh = { "if-none-match": "*" };

async function work(revision = "", waitSeconds = 0) {
  const reply = await server.agent(`/agent/v1/work?revision=${revision}&waitSeconds=${waitSeconds}`);
  return awaitWork.reply.parse(reply.json);
}

describe("somebody who sees a part of the fleet", () => {
  let ops: Person;
  let registry: Person;

  beforeEach(async () => {
    await report("web-1", NGINX, { env: "test" });
    await report("db-1", APP, { env: "production" });
    await launch("web-1", NGINX);
    await launch("db-1", APP);
    ops = await person(server, admin, {
      login: "ops",
      held: [{ role: "viewer", scope: { labels: { env: ["test"] } } }],
    });
    registry = await person(server, admin, {
      login: "registry",
      held: [{ role: "viewer", scope: { registries: ["ghcr.io/acme/*"] } }],
    });
  });

  it("is shown that part in every list", async () => {
    const names = async (who: Person, path: string) => {
      const { items = [] } = (await who.call("GET", path)).json;
      return Array.isArray(items)
        ? items.map(({ name, reference, host, id }) => reference ?? host ?? name ?? id)
        : [];
    };
    const lists = ["hosts", "images", "containers", "launches", "findings"].map((list) => `/api/v1/${list}`);
    const seenBy = async (who: Person) => Promise.all(lists.map((list) => names(who, list)));
    expect(await seenBy(ops)).toEqual([["web-1"], [NGINX], ["web-1"], ["web-1"], [NGINX, NGINX]]);
    expect(await seenBy(registry)).toEqual([[], [APP], ["db-1"], ["db-1"], [APP, APP]]);
    expect((await seenBy(admin)).map((items) => items.length)).toEqual([2, 2, 2, 2, 4]);
  });

  it("counts only that part", async () => {
    const overview = showOverview.reply.parse((await ops.call("GET", "/api/v1/overview")).json);
    expect(overview).toMatchObject({
      images: { total: 1 },
      findings: { critical: 1 },
      hosts: { total: 1, reporting: 1, enforcing: 1 },
      containers: { running: 1, withCritical: 1 },
    });
    const vulnerabilities = await ops.call("GET", "/api/v1/vulnerabilities?sort=id&order=asc");
    expect(listVulnerabilities.reply.parse(vulnerabilities.json).items[0]).toMatchObject({
      id: "CVE-2026-0001",
      images: 1,
      running: 1,
      packages: ["openssl"],
    });
    expect((await ops.call("GET", "/api/v1/findings/timeline")).json).toEqual({ days: [] });
    const attention = showAttention.reply.parse((await ops.call("GET", "/api/v1/attention")).json);
    expect(attention.items).toContainEqual(
      expect.objectContaining({ kind: "exploited-running", count: 1, severity: "critical" }),
    );
  });

  it.each([
    ["another's host", "/api/v1/hosts/db-1"],
    ["another's image", `/api/v1/images/${encodeURIComponent(digestOf(APP))}`],
    ["findings of another's image", `/api/v1/images/${encodeURIComponent(digestOf(APP))}/findings`],
    ["another's container", "/api/v1/containers/db-1~cdb1"],
    ["another's launch", "/api/v1/launches/log-db-1.1"],
  ])("does not find %s", async (_, path) => {
    expect((await ops.call("GET", path)).status).toBe(404);
    expect((await admin.call("GET", path)).status).toBe(200);
  });
});

describe("containers", () => {
  it("are shown with what their image has", async () => {
    await report("web-1", NGINX);
    const { items } = listContainers.reply.parse((await admin.call("GET", "/api/v1/containers")).json);
    expect(items[0]).toMatchObject({
      host: "web-1",
      name: "c-web-1",
      severities: { critical: 1, medium: 1 },
    });
    const path = "/api/v1/containers/web-1~cweb1";
    expect(showContainer.reply.parse((await admin.call("GET", path)).json).image).toBe(NGINX);
  });
});

describe("images", () => {
  it("tell where they lie and what runs them, and are scanned where they lie", async () => {
    await report("web-1", NGINX);
    const path = `/api/v1/images/${encodeURIComponent(digestOf(NGINX))}`;
    expect(showImage.reply.parse((await admin.call("GET", path)).json)).toMatchObject({
      hosts: ["web-1"],
      running: 1,
    });
    const scan = scanImage.reply.parse((await admin.call("POST", `${path}/scan`)).json);
    expect(scan.host).toBe("web-1");
    expect((await work()).commands[0]).toMatchObject({ kind: "scan-image", imageId: digestOf(NGINX) });
    server.clock.advance(120_000);
    expect((await admin.call("POST", `${path}/scan`)).json).toMatchObject({ code: "CONFLICT" });
  });

  it("are scanned by no host on which whoever asks may have none scanned", async () => {
    await report("web-1", NGINX, { env: "test" });
    await report("db-1", NGINX, { env: "production" });
    const scanBy = async (login: string, scope: Scope) => {
      const who = await person(server, admin, { login, held: [{ role: "developer", scope }] });
      return (await who.call("POST", `/api/v1/images/${encodeURIComponent(digestOf(NGINX))}/scan`)).json;
    };
    expect(await scanBy("tester", { labels: { env: ["test"] } })).toMatchObject({ host: "web-1" });
    expect(await scanBy("owner", { registries: ["docker.io/library/nginx"] })).toMatchObject({
      host: "db-1",
    });
    server.clock.advance(89_000);
    await report("db-1", NGINX, { env: "production" });
    server.clock.advance(1000);
    expect(await scanBy("later", { labels: { env: ["test"] } })).toMatchObject({ code: "CONFLICT" });
  });
});

describe("policies", () => {
  it("are made, changed by who has seen them, and taken away", async () => {
    const made = await admin.call("PUT", "/api/v1/policies/base", draft, fresh);
    const policy = putPolicy.reply.parse(made.json);
    expect(policy).toMatchObject({ rules: ["base/no-privileged"], inForce: { hosts: 0, of: 0 } });
    expect((await admin.call("PUT", "/api/v1/policies/base", draft, fresh)).status).toBe(412);
    expect((await admin.call("PUT", "/api/v1/policies/base", draft)).status).toBe(428);
    const seen = { "if-match": `"${policy.revision}"` };
    const off = await admin.call("PUT", "/api/v1/policies/base", { ...draft, enabled: false }, seen);
    expect(off.status).toBe(200);
    expect((await admin.call("DELETE", "/api/v1/policies/base", undefined, seen)).status).toBe(412);
    const list = listPolicies.reply.parse((await admin.call("GET", "/api/v1/policies")).json);
    expect(list).toMatchObject({ builtIn: true, items: [{ name: "base", enabled: false }] });
    const now = { "if-match": `"${off.json.revision}"` };
    expect((await admin.call("DELETE", "/api/v1/policies/base", undefined, now)).status).toBe(204);
    expect((await admin.call("GET", "/api/v1/policies/base")).status).toBe(404);
  });

  it.each([
    ["does not compile", POLICY.replace("launch.privileged", "launch.privilegd")],
    ["is no YAML", "{"],
  ])("is refused where it %s, naming the place", async (_, text) => {
    const reply = await admin.call("PUT", "/api/v1/policies/base", { ...draft, text }, fresh);
    expect(reply.status).toBe(422);
    expect(reply.json).toMatchObject({ code: "POLICY_INVALID" });
    expect(JSON.stringify(reply.json.errors)).toContain("line ");
    const lint = lintPolicy.reply.parse(
      (await admin.call("POST", "/api/v1/policy-drafts/lint", { text })).json,
    );
    expect(lint.problems.length).toBeGreaterThan(0);
  });

  it("may be as long as the contract says", async () => {
    const text = `${POLICY}#${"x".repeat(262_144 - POLICY.length - 1)}`;
    expect((await admin.call("PUT", "/api/v1/policies/base", { ...draft, text }, fresh)).status).toBe(200);
  });

  it("reach the hosts that they are for, which say when they have them", async () => {
    await report("web-1", NGINX, { env: "test" });
    const mine = { ...draft, scope: { labels: { env: ["test"] } } };
    const other = { ...draft, text: POLICY.replace("name: base", "name: other"), scope: { hosts: ["db-*"] } };
    await admin.call("PUT", "/api/v1/policies/base", mine, fresh);
    await admin.call("PUT", "/api/v1/policies/other", other, fresh);
    const { revision, policies } = await work();
    expect(policies?.documents).toEqual([{ path: "base.yaml", text: POLICY }]);
    const inForce = async () =>
      listPolicies.reply
        .parse((await admin.call("GET", "/api/v1/policies")).json)
        .items.map(({ name, inForce: { hosts, of } }) => `${name} ${hosts} of ${of}`);
    expect(await inForce()).toEqual(["base 0 of 1", "other 0 of 0"]);
    expect((await work(revision)).policies).toBeUndefined();
    expect(await inForce()).toEqual(["base 1 of 1", "other 0 of 0"]);
  });

  it("wake the hosts that wait", async () => {
    await report("web-1", NGINX);
    const { revision } = await work();
    const waiting = work(revision, 20);
    await admin.call("PUT", "/api/v1/policies/base", draft, fresh);
    const woken = await waiting;
    expect(woken.policies?.documents).toHaveLength(1);
    const again = work(woken.revision, 20);
    await admin.call("POST", "/api/v1/hosts/web-1/gate", { mode: "observe", reason: "trial" });
    expect((await again).commands).toEqual([
      expect.objectContaining({ kind: "set-gate-mode", mode: "observe" }),
    ]);
  });

  it("are tried on launches that were recorded", async () => {
    await report("web-1", NGINX);
    await server.agent("/agent/v1/records", {
      method: "POST",
      body: {
        logId: "log-web-1",
        host: "web-1",
        records: chainOf([recordedLaunch(true), recordedLaunch(false), {}]),
      },
    });
    const reply = await admin.call("POST", "/api/v1/policy-drafts/dry-run", { ...draft, policy: "base" });
    const result = dryRunPolicy.reply.parse(reply.json);
    // Of the built-in policies nothing is broken but what the report says of the image, which both break.
    expect(result.judged + result.skipped).toBe(2);
    expect(result).toMatchObject({ judged: 2, newlyAllowed: 1, newlyDenied: 0 });
  });

  it("are tried on no launch that whoever tries them may not read", async () => {
    await report("web-1", NGINX);
    const records = chainOf([recordedLaunch(true), recordedLaunch(false)]);
    const body = { logId: "log-web-1", host: "web-1", records };
    await server.agent("/agent/v1/records", { method: "POST", body });
    const held = { "policies.read": "allow" };
    await admin.call("PUT", "/api/v1/roles/reader", { description: "", permissions: held }, fresh);
    const triedBy = async (login: string, hosts: readonly string[]) => {
      const who = await person(server, admin, {
        login,
        held: [{ role: "reader" }, { role: "viewer", scope: { hosts } }],
      });
      const reply = await who.call("POST", "/api/v1/policy-drafts/dry-run", draft);
      const { judged, skipped, changed } = dryRunPolicy.reply.parse(reply.json);
      return { tried: judged + skipped, changed: changed.length };
    };
    expect(await triedBy("there", ["web-*"])).toEqual({ tried: 2, changed: 1 });
    expect(await triedBy("elsewhere", ["db-*"])).toEqual({ tried: 0, changed: 0 });
  });

  it("are broken off where a draft takes too long to try", async () => {
    const ones = `[${Array(450).fill(1).join()}]`;
    const rules = Array.from(
      { length: 100 },
      (_, index) => `    - name: slow-${index}
      deny: "${ones}.exists(a, ${ones}.exists(b, a + b == 3))"
      message: slow
      value: slow
      fix: leave it out
`,
    );
    const test = `---
apiVersion: pratique/v1
kind: PolicyTest
metadata: { name: slow }
spec: { cases: [{ name: slow, expect: { decision: allow } }] }
`;
    const text = `${POLICY.split("    - name")[0]}${rules.join("")}${test}`;
    const viewer = await person(server, admin, { login: "viewer", held: [{ role: "viewer" }] });
    const reply = await viewer.call("POST", "/api/v1/policy-drafts/lint", { text });
    expect(lintPolicy.reply.parse(reply.json)).toEqual({
      problems: [{ message: "the draft takes too long to run" }],
      warnings: [],
      tests: [],
      rules: [],
    });
  });
});

/** A launch with all that a record holds of it. */
function recordedLaunch(privileged: boolean) {
  return launchData(NGINX, {
    host: { name: "web-1", labels: {}, kernel: "6.12", engineVersion: "28.0" },
    launch: {
      action: "create",
      name: "web",
      containerId: "",
      image: NGINX,
      user: "",
      runsAsRoot: true,
      privileged,
      capAdd: [],
      capDrop: [],
      readOnlyRoot: false,
      hostNamespaces: [],
      joinedContainers: [],
      joinedPrivileged: [],
      mounts: [],
      volumesFrom: [],
      devices: [],
      deviceCgroupRules: [],
      deviceRequests: [],
      seccomp: "default",
      apparmor: "default",
      selinuxDisabled: false,
      noNewPrivileges: false,
      unmaskedPaths: false,
      sysctls: {},
      ports: [],
      publishAllPorts: false,
      groupAdd: [],
      runtime: "",
      cgroupParent: "",
      restartPolicy: "",
      memoryLimitBytes: 0,
      pidsLimit: 0,
      cpuLimit: 0,
      entrypoint: [],
      command: [],
      environmentNames: [],
      labels: {},
      caller: "",
      ranBefore: false,
    },
  });
}

describe("exceptions", () => {
  const exception = {
    rules: ["base/no-privileged"],
    scope: { hosts: ["web-1"], images: ["ghcr.io/acme/app:*"] },
    reason: "until it is mended",
    owner: "team-web",
    expiresAt: "2026-12-01T00:00:00Z",
  };
  let lead: Person;

  beforeEach(async () => {
    await report("web-1", NGINX, { env: "test" });
    await report("db-1", APP, { env: "production" });
    lead = await person(server, admin, {
      login: "lead",
      held: [{ role: "administrator", scope: { labels: { env: ["test"] } } }],
    });
  });

  it.each([
    ["a host of the part", { hosts: ["web-1"] }, 200],
    ["a host of another part", { hosts: ["db-1"] }, 403],
    ["one of each", { hosts: ["web-1", "db-1"] }, 403],
    ["a host that is not there", { hosts: ["gone"] }, 403],
    ["hosts by a pattern that fits others too", { hosts: ["*-1"] }, 403],
    ["an image wherever it runs", { images: [NGINX] }, 403],
    ["content wherever it runs", { digests: [digestOf(NGINX)] }, 403],
  ])("for %s are granted by who holds all of it", async (_, scope, status) => {
    expect((await lead.call("POST", "/api/v1/exceptions", { ...exception, scope })).status).toBe(status);
    expect((await admin.call("POST", "/api/v1/exceptions", { ...exception, scope })).status).toBe(200);
  });

  it("reach the hosts that they are for until they are withdrawn", async () => {
    const made = createException.reply.parse(
      (await admin.call("POST", "/api/v1/exceptions", exception)).json,
    );
    expect(made).toMatchObject({ state: "active", grantedBy: "admin", approvedBy: null });
    // The socket speaks for the host that reported last.
    expect((await work()).policies?.documents).toEqual([]);
    await report("web-1", NGINX, { env: "test" });
    const { policies } = await work();
    expect(policies?.documents[0]?.path).toBe(`exceptions/${made.id}.yaml`);
    expect(policies?.documents[0]?.text).toContain("kind: Exception");
    const seen = listExceptions.reply.parse((await lead.call("GET", "/api/v1/exceptions")).json);
    expect(seen.items.map(({ id }) => id)).toEqual([made.id]);
    const ended = await admin.call("POST", `/api/v1/exceptions/${made.id}/withdraw`);
    expect(ended.json).toMatchObject({ state: "withdrawn", withdrawnBy: "admin" });
    expect((await work()).policies?.documents).toEqual([]);
  });

  it("do not end before they begin", async () => {
    const past = { ...exception, expiresAt: "2026-01-01T00:00:00Z" };
    expect((await admin.call("POST", "/api/v1/exceptions", past)).status).toBe(400);
  });
});

describe("hosts", () => {
  it("are revoked, but for the server's own", async () => {
    await report("web-1", NGINX);
    const reply = await admin.call("POST", "/api/v1/hosts/web-1/revoke", { reason: "gone" });
    expect(reply.json).toMatchObject({ code: "CONFLICT" });
    expect((await admin.call("POST", "/api/v1/hosts/none/revoke", { reason: "gone" })).status).toBe(404);
  });

  it("are found by what their gate and their agent do", async () => {
    await report("web-1", NGINX);
    server.clock.advance(300_000);
    await report("web-2", NGINX);
    const namesOf = async (query: string) =>
      listHosts.reply
        .parse((await admin.call("GET", `/api/v1/hosts?${query}`)).json)
        .items.map(({ name, agent }) => `${name} ${agent}`);
    expect(await namesOf("")).toEqual(["web-1 silent", "web-2 reporting"]);
    expect(await namesOf("agent=silent")).toEqual(["web-1 silent"]);
    expect(await namesOf("gate=down")).toEqual([]);
    expect(await namesOf("text=WEB-2")).toEqual(["web-2 reporting"]);
  });
});

it("tells what needs a person, worst first, and of nothing that is well", async () => {
  const kindsNow = async () =>
    showAttention.reply
      .parse((await admin.call("GET", "/api/v1/attention")).json)
      .items.map(({ kind, count }) => `${kind} ${count}`);
  expect(await kindsNow()).toEqual([]);
  const { policies, advisories } = sampleHost;
  await agentPut("/agent/v1/host", {
    ...sampleHost,
    gate: { state: "down", restarts: 3 },
    policies: { ...policies, errors: ["base.yaml:1: no"] },
    advisories: { ...advisories, sources: advisories.sources.map((source) => ({ ...source, stale: true })) },
  });
  await agentPut(`/agent/v1/images/${encodeURIComponent(digestOf(NGINX))}`, sampleReport(NGINX));
  const soon = { rules: ["a"], scope: {}, reason: "r", owner: "o", expiresAt: "2026-11-26T00:00:00Z" };
  await admin.call("POST", "/api/v1/exceptions", soon);
  expect(await kindsNow()).toEqual([
    "gate-down 1",
    "policy-error 1",
    "advisories-stale 1",
    "images-not-assessed 1",
    "exception-ends-soon 1",
  ]);
  server.clock.advance(600_000);
  expect((await kindsNow())[0]).toBe("agent-silent 1");
});

it("finds launches by rule and host, findings by what runs, and images by their reference", async () => {
  await report("web-1", NGINX);
  await launch("web-1", NGINX);
  const totalOf = async (path: string) => (await admin.call("GET", path)).json.total;
  expect(await totalOf("/api/v1/launches?rule=no-critical&host=web-1")).toBe(1);
  expect(await totalOf("/api/v1/launches?rule=critical")).toBe(0);
  expect(await totalOf("/api/v1/findings?running=true&knownExploited=true")).toBe(1);
  expect(await totalOf("/api/v1/findings?running=false")).toBe(0);
  expect(await totalOf(`/api/v1/vulnerabilities?imageId=${encodeURIComponent(digestOf(NGINX))}`)).toBe(2);
  for (const [reply, path] of [
    [listLaunches.reply, "/api/v1/launches"],
    [listFindings.reply, "/api/v1/findings"],
    [listImages.reply, "/api/v1/images"],
  ] as const) {
    expect(reply.safeParse((await admin.call("GET", path)).json).error).toBeUndefined();
  }
});
