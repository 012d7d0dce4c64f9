import { writeFileSync } from "node:fs";
import { showHealth } from "@pratique/api";
import { type JobState, openStore } from "@pratique/store";
import { type PostgresCluster, postgresUnavailable, startPostgres } from "@pratique/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chainOf, launchData, sampleHost } from "../../apps/server/src/testdata/samples.ts";
import { CommandHome } from "./command.ts";
import { type HookReceiver, hookReceiver } from "./hook-receiver.ts";
import { ServerProcess } from "./server-process.ts";
import { until } from "./until.ts";

const unavailable = postgresUnavailable();
if (unavailable !== undefined) console.warn(`SKIPPED: several-servers.test.ts ${unavailable}`);

const PASSWORD = "kettle-orbit-velvet-47";
const policy = `apiVersion: pratique/v1
kind: Policy
metadata:
  name: shared
spec:
  rules:
    - name: fresh-images
      enforcement: warn
      deny: image.ageDays > 90
      message: the image is old
      value: "made {{ image.ageDays }} days ago"
      fix: build the image again
`;

describe.skipIf(unavailable !== undefined)("two servers over one PostgreSQL", () => {
  let cluster: PostgresCluster;
  let home: CommandHome;
  let hook: HookReceiver;
  let first: ServerProcess;
  let second: ServerProcess;
  let cookie: string;
  let url: string;

  beforeAll(async () => {
    cluster = await startPostgres();
    url = await cluster.createDatabase();
    home = new CommandHome();
    hook = await hookReceiver();
    writeFileSync(home.at("database-url"), `${url}\n`, { mode: 0o400 });
    const config = [
      "database:",
      `  urlFile: ${home.at("database-url")}`,
      "encryption:",
      `  file: ${home.at("shared", "kek")}`,
      "outbound:",
      "  allow: [127.0.0.0/8]",
    ];
    writeFileSync(home.at("pratique.yaml"), `${config.join("\n")}\n`);
    const environment = { PRATIQUE_CONFIG: home.at("pratique.yaml") };
    first = await new ServerProcess(home, "first", environment).start();
    second = await new ServerProcess(home, "second", environment).start();
    cookie = await first.signIn(PASSWORD);
  });

  afterAll(async () => {
    await first?.[Symbol.asyncDispose]();
    await second?.[Symbol.asyncDispose]();
    await hook?.[Symbol.asyncDispose]();
    home?.[Symbol.dispose]();
    await cluster?.[Symbol.asyncDispose]();
  });

  it("know each other's sessions, and their end", async () => {
    expect((await second.api(cookie, "GET", "/session")).status).toBe(200);
    const body = { login: "admin", password: PASSWORD };
    const signedIn = await second.call("/api/v1/session/password", {
      method: "POST",
      headers: { origin: second.url },
      body,
    });
    const other = signedIn.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    expect((await first.api(other, "GET", "/session")).status).toBe(200);
    expect((await first.api(other, "DELETE", "/session")).status).toBe(204);
    expect((await second.api(other, "GET", "/session")).status).toBe(401);
  });

  it("know of each other", async () => {
    for (const asked of [first, second]) {
      const { servers } = showHealth.reply.parse((await asked.api(cookie, "GET", "/health")).json);
      expect(servers.map(({ address }) => address)).toEqual([first.url, second.url].sort());
      expect(servers.map(({ state }) => state)).toEqual(["running", "running"]);
    }
  });

  it("give a policy that was changed at one to an agent at the other", async () => {
    await second.agent("/agent/v1/host", { method: "PUT", body: sampleHost });
    const before = (await second.agent("/agent/v1/work?revision=none&waitSeconds=0")).json;
    const waiting = second.agent(`/agent/v1/work?revision=${String(before.revision)}&waitSeconds=20`);
    const put = await first.api(cookie, "PUT", "/policies/shared", {
      headers: { "if-match": '"new"' },
      body: { text: policy, scope: {}, enabled: true },
    });
    expect([put.status, put.text]).toEqual([200, expect.any(String)]);
    const told = performance.now();
    const work = (await waiting).json;
    expect(performance.now() - told).toBeLessThan(10_000);
    expect(JSON.stringify(work.policies)).toContain("name: shared");
  });

  it("do each daily job once", async () => {
    const store = await openStore({ postgres: url });
    try {
      const daily = async (state: JobState) => {
        const names = (await store.jobs.list({ state, limit: 50 })).map(({ name }) => name);
        return names.filter((name) => name.startsWith("daily.")).sort();
      };
      await until("the daily jobs are done", 30_000, async () => (await daily("done")).length >= 2);
      expect(await daily("done")).toEqual(["daily.findings", "daily.retention"]);
      expect(await daily("queued")).toEqual(["daily.findings", "daily.retention"]);
    } finally {
      await store.close();
    }
  });

  it("tell what one has taken, when it is killed before it was told, and lose nothing of it", async () => {
    const settings = { url: hook.url, secret: "a-secret-of-the-hook", allowPlainHttp: true };
    const channel = { kind: "webhook", name: "Operations", enabled: true, settings };
    expect((await first.api(cookie, "PUT", "/channels/ops", { body: channel })).status).toBe(200);
    const route = { name: "all", kinds: [], severity: "info", labels: {}, channels: ["ops"], goOn: false };
    const routed = await first.api(cookie, "PUT", "/routing", {
      headers: { "if-match": '"new"' },
      body: { routes: [{ ...route, groupSeconds: 0, repeatSeconds: 3600 }] },
    });
    expect(routed.status).toBe(200);
    const records = chainOf([launchData("web:1"), launchData("db:1")]);
    const batch = (some: typeof records) => ({ logId: "log-1", host: "web-1", records: some });
    // Both may be told in one message.
    const told = (image: string) => hook.got.some(({ title, text }) => `${title}\n${text}`.includes(image));

    const [one] = records;
    if (one === undefined) throw new Error("there are no records");
    const put = await first.agent("/agent/v1/records", { method: "POST", body: batch([one]) });
    await first.stop("SIGKILL");
    expect(put.json).toEqual({ acknowledged: 1 });
    const held = await second.agent("/agent/v1/acknowledged?logId=log-1");
    expect(held.json).toEqual({ acknowledged: 1 });
    const rest = await second.agent("/agent/v1/records", { method: "POST", body: batch(records) });
    expect(rest.json).toEqual({ acknowledged: 2 });
    await until("both refusals are told", 40_000, () => told("web:1") && told("db:1"));
    expect((await second.api(cookie, "GET", "/session")).status).toBe(200);
  });
});
