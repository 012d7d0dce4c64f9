import { lintRuleFile, listRules, showRule, tryRuleFile } from "@pratique/api";
import { openStore } from "@pratique/store";
import { postgresUnavailable, sharedPostgres, tempDirectory } from "@pratique/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { administrator, type Person, person } from "../testdata/people.ts";
import { detectionData, runtimeChainOf, runtimeReport, sampleHost } from "../testdata/samples.ts";
import { storeBeside } from "../testdata/store-beside.ts";
import { type TestServer, testServer } from "../testdata/test-server.ts";

const APP = "ghcr.io/acme/app:1";
const SHELL = "Interactive shell in container";
const FRESH = { "if-none-match": "*" };

const ruleText = (name: string, condition = "evt.type = execve and proc.exepath = /tmp/x", more = "") =>
  `- rule: ${name}\n  desc: a test\n  condition: ${condition}\n  output: it ran (%proc.name)\n  priority: NOTICE\n${more}`;
const off = (name: string) => `- rule: ${name}\n  enabled: false\n  override: {enabled: replace}\n`;

async function onPostgres() {
  const keys = tempDirectory();
  const cluster = await sharedPostgres();
  const database = { postgres: await cluster.createDatabase() };
  return { keys, options: { database, keys: { current: { kind: "file" as const, file: keys.at("key") } } } };
}

const skipped = postgresUnavailable();

for (const [kind, reason] of [["SQLite"], ["PostgreSQL", skipped]] as const) {
  describe.skipIf(reason !== undefined)(`all rules on ${kind} ${reason ?? ""}`, () => {
    let server: TestServer;
    let admin: Person;
    let part: Person;
    let keys: Disposable | undefined;
    let database: { readonly postgres: string } | undefined;

    beforeAll(async () => {
      const postgres = kind === "SQLite" ? undefined : await onPostgres();
      keys = postgres?.keys;
      database = postgres?.options.database;
      server = await testServer(postgres?.options);
      admin = await administrator(server);
      await host("web-1", { team: "shop" });
      await host("db-1", { team: "bank" });
      await tellRules();
      await put("nets", ruleText("Netcat", undefined, "  action: kill\n"));
      await put("quiet", off(SHELL));
      await put("z-bank", `${off("Netcat")}${ruleText("Bank")}`, { scope: { labels: { team: ["bank"] } } });
      await put("unused", ruleText("Unused"), { enabled: false });
      part = await person(server, admin, {
        login: "part",
        held: [{ role: "security", scope: { labels: { team: ["bank"] } } }],
      });
      const records = runtimeChainOf([
        { class: "detection", data: detectionData(APP, { rule: "Netcat", id: "d-1" }) },
        { class: "detection", data: detectionData(APP, { id: "d-2", eventType: "openat" }) },
        { class: "detection", data: detectionData(APP, { rule: SHELL, id: "d-3", fields: {} }) },
      ]);
      await server.agent("/agent/v1/records", {
        method: "POST",
        body: { logId: "log-db-1", host: "db-1", records },
      });
    });

    afterAll(async () => {
      await server[Symbol.asyncDispose]();
      keys?.[Symbol.dispose]();
    });

    async function host(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
      const body = {
        ...sampleHost,
        host: { ...sampleHost.host, name, labels },
        record: { ...sampleHost.record, logId: `log-${name}` },
      };
      expect((await server.agent("/agent/v1/host", { method: "PUT", body })).status).toBe(204);
    }

    /** An agent speaks for its own host alone, and here are two: what they would say is put into the store. */
    async function tellRules(): Promise<void> {
      const store = database === undefined ? await storeBeside(server) : await openStore(database);
      const told = (rule: string, enforceability: string, enabled = true) => ({
        rule,
        priority: "notice",
        tags: ["T1059"],
        enabled,
        enforceability,
        reasons: enforceability === "off" ? ["no events of type execve"] : [],
      });
      const { sensor } = runtimeReport([]);
      const takenAt = "2026-11-24T12:30:00.000Z";
      const both = [told("Netcat", "kills"), told(SHELL, "detects", false)];
      const { runtime } = store;
      await runtime.reports.put({ host: "web-1", takenAt, sensor, rules: both, containers: [] });
      const more = [told("Netcat", "off"), told("Learned there", "detects")];
      await runtime.reports.put({ host: "db-1", takenAt, sensor, rules: more, containers: [] });
      await store.close();
    }

    async function put(name: string, text: string, more: object = {}): Promise<void> {
      const reply = await admin.call(
        "PUT",
        `/api/v1/rule-files/${name}`,
        { text, scope: {}, ...more },
        FRESH,
      );
      expect([name, reply.status]).toEqual([name, 200]);
    }

    const listed = async (who = admin) =>
      listRules.reply.parse((await who.call("GET", "/api/v1/rules")).json);
    const shown = async (rule: string, who = admin) =>
      showRule.reply.parse((await who.call("GET", `/api/v1/rules/${encodeURIComponent(rule)}`)).json);
    const tried = async (text: string, who = admin, ruleFile?: string) =>
      tryRuleFile.reply.parse(
        (
          await who.call("POST", "/api/v1/rule-drafts/try", {
            text,
            ...(ruleFile !== undefined && { ruleFile }),
          })
        ).json,
      );

    it.each([
      [SHELL, { origin: "default", ruleFile: null, changedBy: ["quiet"], state: "off" }],
      [
        "Netcat",
        { origin: "server", ruleFile: "nets", changedBy: ["z-bank"], state: "partly", action: "kill" },
      ],
      ["Bank", { origin: "server", ruleFile: "z-bank", changedBy: [], state: "on" }],
      ["Learned there", { origin: "host", ruleFile: null, changedBy: [], state: "on", tags: ["T1059"] }],
      ["Hardened: program in memory", { origin: "hardened", ruleFile: null, state: "on", action: "kill" }],
    ])("say of %s who wrote it and whether it is on", async (name, expected) => {
      const { items } = await listed();
      expect(items.filter(({ rule }) => rule === name)).toEqual([expect.objectContaining(expected)]);
      expect(items.some(({ rule }) => rule === "Unused")).toBe(false);
    });

    it("are counted by what hosts do, of hosts and files that one may see", async () => {
      const countsFor = async (who: Person) => {
        const { items, hosts, complete } = await listed(who);
        return [items.find(({ rule }) => rule === "Netcat")?.hosts, hosts, complete];
      };
      expect(await countsFor(admin)).toEqual([{ prevents: 0, kills: 1, detects: 0, off: 1 }, 2, true]);
      expect(await countsFor(part)).toEqual([{ prevents: 0, kills: 0, detects: 0, off: 1 }, 1, true]);
      const own = (await listed(part)).items.filter(({ origin }) => origin === "server" || origin === "host");
      // The file of the rule that theirs changes is for all hosts, and not for them to see.
      expect(own.map(({ rule, ruleFile }) => `${rule} ${ruleFile}`).toSorted()).toEqual([
        "Bank z-bank",
        "Learned there null",
        "Netcat null",
      ]);
      expect((await listed(part)).items.find(({ rule }) => rule === SHELL)).toMatchObject({
        state: "on",
        changedBy: [],
      });
    });

    it("are shown with what each host does, and why it is no more", async () => {
      expect(await shown("Netcat")).toMatchObject({
        definition: {
          condition: "evt.type = execve and proc.exepath = /tmp/x",
          kernel: { decides: false, reasons: ["it is about processes of the host, too"] },
          supported: "full",
        },
        onHosts: [
          { host: "db-1", enforceability: "off", reasons: ["no events of type execve"] },
          { host: "web-1", enforceability: "kills", reasons: [] },
        ],
      });
      expect((await shown(SHELL)).onHosts).toEqual([
        { host: "web-1", enabled: false, enforceability: "off", reasons: [] },
      ]);
      expect((await shown("Learned there")).definition).toBeNull();
      expect((await admin.call("GET", "/api/v1/rules/none")).json).toMatchObject({ code: "NOT_FOUND" });
    });

    it("tell nobody of hosts who may not see what runs there", async () => {
      const held = { permissions: { "rules.read": "allow" }, description: "" };
      expect((await admin.call("PUT", "/api/v1/roles/reader", held, FRESH)).status).toBe(200);
      const reader = await person(server, admin, { login: "reader", held: [{ role: "reader" }] });
      expect(await listed(reader)).toMatchObject({ hosts: 0 });
      expect((await shown("Netcat", reader)).onHosts).toEqual([]);
      expect((await tried(ruleText("Any", "evt.type = execve"), reader)).detections).toBe(0);
    });

    it("come as CSV", async () => {
      const { text } = await admin.call("GET", "/api/v1/rules", undefined, { accept: "text/csv" });
      const line = text.split("\r\n").find((each) => each.startsWith('"Netcat"'));
      expect(line).toBe(
        '"Netcat","notice","[]","server","nets","[""z-bank""]","partly","kill","0","1","0","1"',
      );
    });

    it("say of a draft what the kernel decides, and which rules it changes", async () => {
      const text = `${off("Bank")}${ruleText("Slow", "evt.type = execve and container.id != host and proc.pname = sh")}`;
      const reply = await admin.call("POST", "/api/v1/rule-drafts/lint", { ruleFile: "zz", text });
      const { rules, changes } = lintRuleFile.reply.parse(reply.json);
      expect(rules).toMatchObject([
        { name: "Slow", enabled: true, priority: "notice", kernel: { decides: false } },
      ]);
      expect(rules[0]?.kernel.reasons.length).toBeGreaterThan(0);
      expect(changes).toEqual([{ name: "Bank", enabled: false }]);
    });

    it("are tried on what was recorded, which changes nothing", async () => {
      const { detections, rules, changed } = await tried(
        ruleText("New", "evt.type = execve and proc.exepath = /tmp/x"),
      );
      expect(detections).toBe(3);
      expect(rules).toEqual([{ rule: "New", matches: 2, differs: 0, unknown: 0, missing: [], quieter: 0 }]);
      expect(changed.map(({ told, rule, answer }) => `${told} ${rule} ${answer}`).toSorted()).toEqual([
        `${SHELL} New matches`,
        "Netcat New matches",
      ]);
      expect((await listed()).items.some(({ rule }) => rule === "New")).toBe(false);
    });

    it("tell in a trial which of their own detections they would not tell any more", async () => {
      const calmer = ruleText("Netcat", "evt.type = execve and proc.exepath = /tmp/y");
      const { rules, changed } = await tried(calmer, admin, "nets");
      expect(rules).toMatchObject([{ rule: "Netcat", matches: 0, differs: 2, quieter: 1 }]);
      expect(changed).toMatchObject([{ told: "Netcat", answer: "differs", host: "db-1" }]);
      const silent = await tried(off("Netcat"));
      expect(silent.rules).toMatchObject([{ rule: "Netcat", quieter: 1 }]);
    });

    it("guess nothing in a trial of what was not recorded", async () => {
      const { rules, changed } = await tried(ruleText("Deep", "evt.type = execve and proc.aname[3] = sshd"));
      expect(rules).toEqual([
        { rule: "Deep", matches: 0, differs: 0, unknown: 2, missing: ["proc.aname[3]"], quieter: 0 },
      ]);
      expect(changed).toEqual([]);
    });

    it("refuse a trial of what does not load", async () => {
      const reply = await admin.call("POST", "/api/v1/rule-drafts/try", {
        text: ruleText("Bad", "evt.type = ("),
      });
      expect([reply.status, reply.json.code]).toEqual([422, "RULES_INVALID"]);
    });
  });
}
