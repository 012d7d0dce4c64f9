import { createReadStream, createWriteStream, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { createZstdDecompress } from "node:zlib";
import { publicEndpoints } from "@pratique/api";
import { findCanary, type PostgresCluster, postgresUnavailable, startPostgres } from "@pratique/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sampleReport } from "../../apps/server/src/testdata/samples.ts";
import { CommandHome } from "./command.ts";
import { type HookReceiver, hookReceiver } from "./hook-receiver.ts";
import { type Reply, ServerProcess } from "./server-process.ts";

/** A part of every secret that is given to the server. */
const CANARY = "kestrel58213mango";
/** No secret: whoever searches finds this, or searches in the wrong place. */
const CONTROL = "control-walrus-77120";
/** Where somebody calls from. It is shown to who may read the audit log, and lies nowhere unsealed. */
const ADDRESS = "2001:db8:4d7a:91c3:77e2:b05f:6a18:3c9d";
const LONG_AGO = "c".repeat(20);
const pem = `-----BEGIN PRIVATE KEY-----\n${CANARY}\n-----END PRIVATE KEY-----\n`;
const certificate = `-----BEGIN CERTIFICATE-----\n${LONG_AGO}\n-----END CERTIFICATE-----\n`;

const databases = [
  { name: "SQLite", skipped: undefined },
  { name: "PostgreSQL", skipped: postgresUnavailable() },
];

/** So often everything is looked through while a database is at work. */
const LOOKS = 5;

describe.each(databases)("secrets in a server on $name", ({ name, skipped }) => {
  if (skipped !== undefined) console.warn(`SKIPPED: canary.test.ts on ${name} ${skipped}`);

  describe.skipIf(skipped !== undefined)("that took one at every place", () => {
    let home: CommandHome;
    let cluster: PostgresCluster | undefined;
    let hook: HookReceiver;
    let server: ServerProcess;
    let admin: string;
    /** Directories whose every byte is looked at. */
    const roots: string[] = [];
    /** Secrets that the server made, each shown to somebody once. */
    const made = new Map<string, string>();
    const answers: Reply[] = [];

    /** Calls, and keeps the answer for the search; what it may show once is left out. */
    const call = async (
      method: string,
      place: string,
      body?: unknown,
      headers: Record<string, string> = {},
    ) => {
      const reply = await server.api(admin, method, place, { ...(body !== undefined && { body }), headers });
      answers.push(reply);
      return reply;
    };
    const makeSecret = async (
      kind: string,
      place: string,
      body: unknown,
      headers: Record<string, string> = {},
    ) => {
      const reply = await server.api(admin, "POST", place, { body, headers });
      expect([place, reply.status < 300 || reply.text]).toEqual([place, true]);
      made.set(kind, String(reply.json.secret));
      return reply;
    };

    beforeAll(async () => {
      home = new CommandHome();
      hook = await hookReceiver();
      const config = ["outbound:", "  allow: [127.0.0.0/8]", "trustedProxies: [127.0.0.1]"];
      if (name === "PostgreSQL") {
        cluster = await startPostgres();
        const url = await cluster.createDatabase();
        config.push("database:", `  url: ${JSON.stringify(url)}`);
        roots.push(path.join(String(new URL(url).searchParams.get("host")), "data"));
      }
      writeFileSync(home.at("pratique.yaml"), `${config.join("\n")}\n`);
      server = new ServerProcess(home, "server", { PRATIQUE_CONFIG: home.at("pratique.yaml") });
      roots.push(server.data, home.at("kept"));
      mkdirSync(home.at("kept"));
      await server.start();
    });

    afterAll(async () => {
      await server?.[Symbol.asyncDispose]();
      await hook?.[Symbol.asyncDispose]();
      await cluster?.[Symbol.asyncDispose]();
      home?.[Symbol.dispose]();
    });

    it("signs people in, by link, password and token", async () => {
      const { stdout } = await server.command(["server", "link", "--json"]);
      const { url } = JSON.parse(stdout);
      made.set("link", new URL(url).hash.slice(1));
      admin = await server.signInBy(url, `${CANARY}-of-the-admin`);
      made.set("session", admin.split("=")[1] ?? "");
      const wrong = { login: "admin", password: `${CANARY}-wrong` };
      const headers = { origin: server.url };
      answers.push(await server.call("/api/v1/session/password", { method: "POST", headers, body: wrong }));
      answers.push(
        await server.call("/api/v1/session", { headers: { authorization: `Bearer prat_${CANARY}` } }),
      );
      answers.push(await server.call("/api/v1/session", { headers: { cookie: `__Host-session=${CANARY}` } }));
      const token = { name: "ci", permissions: ["images.read"], scope: {}, days: 1 };
      const key = { "idempotency-key": "canary-1" };
      const first = await makeSecret("token", "/session/tokens", token, key);
      // What is remembered for who asks again is the secret itself.
      const again = await server.api(admin, "POST", "/session/tokens", { body: token, headers: key });
      expect(again.json).toEqual(first.json);
      expect([...made.values()].every((secret) => secret.length > 12)).toBe(true);
    });

    it("takes secrets of channels, exporters and providers", async () => {
      const channels = {
        hook: {
          kind: "webhook",
          settings: { url: `${hook.url}/${CANARY}`, secret: `${CANARY}-hook`, allowPlainHttp: true },
        },
        slack: { kind: "slack", settings: { url: `https://hooks.example/${CANARY}` } },
        teams: { kind: "teams", settings: { url: `https://teams.example/?sig=${CANARY}` } },
        mail: {
          kind: "email",
          settings: {
            host: "127.0.0.1",
            port: 1,
            from: "a@b.example",
            to: ["c@d.example"],
            username: "u",
            password: CANARY,
          },
        },
        syslog: {
          kind: "syslog",
          settings: { host: "127.0.0.1", port: 1, clientCertificate: certificate, clientKey: pem },
        },
      };
      for (const [id, channel] of Object.entries(channels)) {
        const put = await call("PUT", `/channels/${id}`, { ...channel, name: id, enabled: true });
        expect([id, put.status, put.text]).toEqual([id, 200, expect.any(String)]);
        await call("POST", `/channels/${id}/test`);
      }
      const exporter = { kind: "webhook", name: "e", enabled: true, format: "json" };
      const settings = { url: `https://127.0.0.1:1/${CANARY}`, secret: `${CANARY}-exporter` };
      expect((await call("PUT", "/exporters/siem", { ...exporter, settings })).status).toBe(200);
      const provider = {
        name: "Acme",
        issuer: "https://127.0.0.1:1/acme",
        clientId: "pratique",
        clientSecret: CANARY,
      };
      expect((await call("PUT", "/identity-providers/acme", provider)).status).toBe(200);
      answers.push(await server.call("/api/v1/session/oidc/acme"));
    });

    it("refuses what is not in its form, without repeating it", async () => {
      const refused = [
        { settings: { url: `https://user:${CANARY}@hooks.example/`, secret: "x".repeat(20) } },
        { settings: { url: `https://hooks.example/${CANARY}`, secret: "short" } },
        { settings: { url: "https://hooks.example/", secret: "x".repeat(20), unknown: CANARY } },
      ];
      for (const more of refused) {
        const reply = await call("PUT", "/channels/refused", {
          kind: "webhook",
          name: "r",
          enabled: true,
          ...more,
        });
        expect(reply.status).toBe(422);
      }
      const headers = { "content-type": "application/json" };
      const cut = await call(
        "PUT",
        "/channels/cut",
        `{"kind":"webhook","settings":{"secret":"${CANARY}"`,
        headers,
      );
      expect(cut.status).toBe(400);
      expect((await call("PUT", "/channels/odd", { kind: "webhook", secret: CANARY })).status).toBe(400);
    });

    it("keeps what waits for a second person, and what was agreed to", async () => {
      const role = {
        description: "",
        permissions: { "settings.read": "allow", "settings.write": "needs-approval" },
      };
      expect((await call("PUT", "/roles/asker", role, { "if-match": '"new"' })).status).toBe(200);
      const account = (
        await server.api(admin, "POST", "/accounts", { body: { login: "ann", displayName: "Ann" } })
      ).json;
      const { id } = Object(account.account);
      const { url } = Object(account.link);
      made.set("account link", new URL(String(url)).hash.slice(1));
      const holder = { kind: "account", id };
      expect((await call("POST", "/grants", { holder, role: "asker", scope: {} })).status).toBe(200);
      const ann = await server.signInBy(String(url), `${CANARY}-of-ann`);
      made.set("session of Ann", ann.split("=")[1] ?? "");
      const ask = async (channel: string) => {
        const settings = { url: `https://hooks.example/${CANARY}` };
        const body = { kind: "slack", name: channel, enabled: false, settings };
        const asked = await server.api(ann, "PUT", `/channels/${channel}`, { body });
        answers.push(asked);
        expect(asked.status).toBe(202);
        return String(asked.json.approvalId);
      };
      const agreed = await call("POST", `/approvals/${await ask("agreed")}/approve`, { comment: "fine" });
      expect([agreed.status, agreed.json.state]).toEqual([200, "approved"]);
      expect((await call("GET", `/approvals/${await ask("waits")}`)).json.state).toBe("pending");
    });

    it("tells in the log from where somebody called", async () => {
      const forwarded = { "x-forwarded-for": ADDRESS };
      const refused = await server.call("/api/v1/audit", { headers: forwarded });
      expect(refused.status).toBe(401);
      expect((await server.api(admin, "GET", "/audit", { headers: forwarded })).status).toBe(200);
      const shown = await server.api(admin, "GET", `/audit?text=${encodeURIComponent(ADDRESS)}`);
      const actors = Array.from(Object(shown.json.items), (item) => Object(item).actor);
      expect(actors.map(({ id, address }) => [id, address])).toEqual([
        ["admin", ADDRESS],
        ["unknown", ADDRESS],
      ]);
    });

    it("takes a report of an image whose environment holds a secret", async () => {
      const report = sampleReport(`${CONTROL}:1`);
      const config = {
        os: "linux",
        architecture: "amd64",
        user: "",
        entrypoint: [],
        command: [],
        environment: ["PATH=/bin", `TOKEN=${CANARY}`],
        workingDirectory: "",
        exposedPorts: [],
        volumes: [],
        labels: {},
        healthcheck: [],
      };
      const { imageId } = report.target;
      const body = { ...report, config };
      expect((await server.agent(`/agent/v1/images/${imageId}`, { method: "PUT", body })).status).toBe(204);
      const shown = await call("GET", `/images/${imageId}`);
      expect(shown.status).toBe(200);
      expect(shown.text).toContain(CONTROL);
    });

    it("makes tokens with which hosts join", async () => {
      const free = createServer().listen(0, "127.0.0.1");
      await new Promise((resolve) => free.once("listening", resolve));
      const { port } = Object(free.address());
      await new Promise((resolve) => free.close(resolve));
      await server.stop();
      const environment = {
        PRATIQUE_CONFIG: home.at("pratique.yaml"),
        PRATIQUE_LISTEN_AGENTS: `127.0.0.1:${port}`,
      };
      const kept = server.said;
      server = await new ServerProcess(home, "server", environment).start();
      writeFileSync(home.at("kept", "first.log"), kept);
      await makeSecret("join token", "/join-tokens", { host: "web-1", labels: {}, minutes: 5 });
      expect(made.get("join token")).toMatch(/.{20}/u);
    });

    it("shows none of them in any answer", async () => {
      for (const { method, path: place, id } of publicEndpoints) {
        if (method !== "GET" || place.includes("{") || id === "streamEvents" || place.includes("events"))
          continue;
        answers.push(await server.call(place, { headers: { origin: server.url, cookie: admin } }));
      }
      for (const one of ["/channels", "/exporters", "/identity-providers", "/approvals", "/audit"])
        await call("GET", one);
      expect(answers.length).toBeGreaterThan(40);
      const secrets = [CANARY, ...made.values()];
      const shown = answers.filter(({ text, headers }) =>
        secrets.some((secret) => `${text}${JSON.stringify(headers)}`.includes(secret)),
      );
      expect(shown.map(({ text }) => text)).toEqual([]);
    });

    it("leaves none of them in any byte: data, logs, backups, before and after keys are changed", async () => {
      const saved = await server.command(["server", "backup", "--output", home.at("kept", "sealed")]);
      expect([saved.code, saved.stderr]).toEqual([0, expect.any(String)]);
      const plain = home.at("kept", "plain");
      expect((await server.command(["server", "backup", "--no-seal", "--output", plain])).code).toBe(0);
      await unpack(plain, home.at("kept", "plain.lines"));
      expect(readFileSync(home.at("kept", "plain.lines"), "utf8")).toContain(CONTROL);
      const rotated = await server.command(["server", "keys", "rotate", "--json"]);
      writeFileSync(home.at("kept", "rotate.log"), rotated.stdout + rotated.stderr);
      expect(rotated.code).toBe(0);
      writeFileSync(home.at("kept", "second.log"), server.said);
      searchAtWork();
      // Once more when all has been written out.
      await server.stop();
      await cluster?.stop();
      search();
      await cluster?.start();
    });

    /** A database makes files anew while it works: one that goes between two looks has all be looked through again. */
    function searchAtWork(): void {
      for (let attempt = 1; ; attempt += 1) {
        try {
          search();
          return;
        } catch (thrown) {
          const isGone = thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
          if (!isGone || attempt === LOOKS) throw thrown;
        }
      }
    }

    function search(): void {
      expect(findCanary(roots, CONTROL)).not.toEqual([]);
      for (const [kind, secret] of [["given", CANARY], ...made]) {
        expect([kind, findCanary(roots, String(secret))]).toEqual([kind, []]);
      }
      expect(findCanary(roots, ADDRESS)).toEqual([]);
    }
  });
});

/** The lines in a backup that is not sealed. */
async function unpack(file: string, target: string): Promise<void> {
  const header = readFileSync(file).indexOf("\n") + 1;
  await pipeline(
    createReadStream(file, { start: header }),
    createZstdDecompress(),
    createWriteStream(target),
  );
}
