import {
  listDetections,
  listResponses,
  publicEndpoints,
  showDetection,
  showDetectionTimeline,
} from "@pratique/api";
import type { JsonObject } from "@pratique/core";
import { postgresUnavailable, sharedPostgres, tempDirectory } from "@pratique/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CallOptions, Reply } from "../testdata/call.ts";
import { administrator, type Person, person } from "../testdata/people.ts";
import { detectionData, responseData, runtimeChainOf, sampleHost } from "../testdata/samples.ts";
import { type TestServer, testServer } from "../testdata/test-server.ts";

const APP = "ghcr.io/acme/app:1";
const DB = "quay.io/other/db:1";

/** How a server is told of its database; the directory is gone afterwards. */
async function onPostgres() {
  const keys = tempDirectory();
  const cluster = await sharedPostgres();
  const database = { postgres: await cluster.createDatabase() };
  return { keys, options: { database, keys: { current: { kind: "file" as const, file: keys.at("key") } } } };
}

const skipped = postgresUnavailable();

for (const [kind, reason] of [["SQLite"], ["PostgreSQL", skipped]] as const) {
  describe.skipIf(reason !== undefined)(`detections on ${kind} ${reason ?? ""}`, () => {
    let server: TestServer;
    let admin: Person;
    let keys: Disposable | undefined;

    beforeAll(async () => {
      const postgres = kind === "SQLite" ? undefined : await onPostgres();
      keys = postgres?.keys;
      server = await testServer(postgres?.options);
      admin = await administrator(server);
      await host("web-1", { team: "shop" });
      await host("db-1", { team: "bank" });
      await send("web-1", [
        { class: "detection", data: detectionData(APP) },
        { class: "response", action: "response.done", data: responseData(APP) },
        {
          class: "detection",
          data: detectionData(APP, {
            id: "d-2",
            rule: "Shell in a container",
            priority: "notice",
            tags: ["T1059.004"],
            output: '=cmd|"x" a shell was started',
            action: null,
            outcome: "none",
          }),
        },
      ]);
      await send("db-1", [
        { class: "detection", data: detectionData(DB) },
        { class: "response", action: "response.failed", data: responseData(DB, { proof: null }) },
      ]);
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
      const reply = await server.agent("/agent/v1/host", { method: "PUT", body });
      expect(reply.status).toBe(204);
    }

    const send = async (name: string, records: Parameters<typeof runtimeChainOf>[0]): Promise<Reply> => {
      const body = { logId: `log-${name}`, host: name, records: runtimeChainOf(records) };
      const options: CallOptions = { method: "POST", body };
      return await server.agent("/agent/v1/records", options);
    };

    const listed = async (query: string, who = admin) =>
      listDetections.reply.parse((await who.call("GET", `/api/v1/detections${query}`)).json);
    const idsOf = async (query: string, who = admin) => (await listed(query, who)).items.map(({ id }) => id);

    it.each([
      ["", ["log-web-1.3", "log-web-1.1", "log-db-1.1"]],
      ["?priority=critical", ["log-web-1.1", "log-db-1.1"]],
      ["?rule=Shell+in+a+container", ["log-web-1.3"]],
      ["?tag=t1059.004", ["log-web-1.3"]],
      ["?tag=t1059", []],
      ["?text=A+SHELL+WAS", ["log-web-1.3"]],
      ["?text=%25", []],
      ["?outcome=prevented&host=db-1", ["log-db-1.1"]],
      ["?containerId=c1&from=2026-11-24T12:00:02Z", ["log-web-1.3"]],
    ])("are found by %s", async (query, expected) => {
      expect(await idsOf(query)).toEqual(expected);
    });

    it("are shown page by page, and refused what is no page and no filter", async () => {
      const first = await listed("?limit=2");
      expect(first.items).toHaveLength(2);
      expect(await idsOf(`?limit=2&cursor=${first.nextCursor}`)).toEqual(["log-db-1.1"]);
      for (const query of ["?cursor=x", "?priority=urgent", "?outcome=all", "?sort=rule"]) {
        expect([query, (await admin.call("GET", `/api/v1/detections${query}`)).status]).toEqual([query, 400]);
      }
    });

    it("are shown with what was done about them, and with that of no other host", async () => {
      const reply = await admin.call("GET", "/api/v1/detections/log-web-1.1");
      const { detection, responses } = showDetection.reply.parse(reply.json);
      expect(detection).toMatchObject({ host: "web-1", techniques: ["T1105"], container: "app" });
      expect(responses.map(({ id, proved }) => [id, proved])).toEqual([["log-web-1.2", true]]);
      const all = listResponses.reply.parse((await admin.call("GET", "/api/v1/responses")).json);
      expect(all.items.map(({ id, event }) => [id, event])).toEqual([
        ["log-web-1.2", "response.done"],
        ["log-db-1.2", "response.failed"],
      ]);
      expect((await admin.call("GET", "/api/v1/detections/log-web-1.2")).status).toBe(404);
      expect((await admin.call("GET", "/api/v1/detections/none")).status).toBe(404);
    });

    it("are reviewed by those who may, and found by where people are with them", async () => {
      const path = "/api/v1/detections/log-web-1.3/review";
      const vic = await person(server, admin, { login: "vic", held: [{ role: "viewer", scope: {} }] });
      const said = { state: "closed", verdict: "false-alarm", note: "our own shell" };
      expect((await vic.call("PUT", path, said)).status).toBe(403);
      expect((await admin.call("PUT", path, { state: "closed", note: "" })).json.code).toBe(
        "REQUEST_MALFORMED",
      );
      expect((await admin.call("PUT", "/api/v1/detections/none/review", said)).status).toBe(404);
      expect(await idsOf("?state=closed")).toEqual([]);
      expect((await admin.call("PUT", path, { state: "acknowledged", note: "" })).status).toBe(200);
      expect((await admin.call("PUT", path, said)).status).toBe(200);
      expect(await idsOf("?state=closed")).toEqual(["log-web-1.3"]);
      expect(await idsOf("?state=open")).toEqual(["log-web-1.1", "log-db-1.1"]);
      const shown = showDetection.reply.parse((await vic.call("GET", "/api/v1/detections/log-web-1.3")).json);
      expect(shown.detection).toMatchObject({ state: "closed", review: { ...said, by: "admin" } });
      const told = server.audited.filter(({ action }) => action === "reviewDetection");
      expect(told.every(({ class: of }) => of === "detection")).toBe(true);
      expect(JSON.stringify(told.at(-2))).toContain("our own shell");
    });

    it("are reviewed by those of their own part of the fleet, and no word leaves the record", async () => {
      const of = (login: string, team: string) =>
        person(server, admin, { login, held: [{ role: "operator", scope: { labels: { team: [team] } } }] });
      const [ann, bob, eve] = [await of("ann", "shop"), await of("bob", "shop"), await of("eve", "other")];
      const path = "/api/v1/detections/log-web-1.3/review";
      const first = { state: "closed", verdict: "real", note: "first word <b>\0\u202e" };
      const second = { state: "open", note: "" };
      expect((await ann.call("PUT", path, first)).status).toBe(200);
      expect((await eve.call("PUT", path, { ...second, note: "not hers" })).status).toBe(404);
      expect((await bob.call("PUT", path, { ...second, by: "ann" })).json.code).toBe("REQUEST_MALFORMED");
      expect((await bob.call("PUT", path, second)).json.detection).toMatchObject({
        state: "open",
        review: { note: "", by: "bob" },
      });
      const told = server.audited.filter(({ action }) => action === "reviewDetection");
      expect(told.slice(-5).map(({ data }) => data)).toMatchObject([
        { name: "ann", stage: "intent", ...first },
        { name: "ann", stage: "outcome", outcome: "done" },
        { name: "eve", decision: "deny", note: "not hers" },
        { name: "bob", stage: "intent", ...second },
        { name: "bob", stage: "outcome", outcome: "done" },
      ]);
    });

    it("are shown to whoever sees their host or their image, and counted for them alone", async () => {
      const shop = await person(server, admin, {
        login: "shop",
        held: [{ role: "viewer", scope: { labels: { team: ["shop"] } } }],
      });
      const other = await person(server, admin, {
        login: "other",
        held: [{ role: "viewer", scope: { registries: ["quay.io/other/*"] } }],
      });
      expect(await idsOf("", shop)).toEqual(["log-web-1.3", "log-web-1.1"]);
      expect(await idsOf("", other)).toEqual(["log-db-1.1"]);
      expect((await shop.call("GET", "/api/v1/detections/log-db-1.1")).status).toBe(404);
      expect((await shop.call("GET", "/api/v1/responses")).json.total).toBe(1);
      const timelineOf = async (who: Person) =>
        showDetectionTimeline.reply.parse((await who.call("GET", "/api/v1/detection-timeline")).json);
      expect(await timelineOf(other)).toMatchObject({
        hours: [{ hour: "2026-11-24T12:00:00.000Z", counts: { critical: 1, notice: 0 } }],
        techniques: [{ technique: "T1105", detections: 1 }],
      });
      const whole = await timelineOf(admin);
      expect(whole.hours[0]?.counts).toMatchObject({ critical: 2, notice: 1 });
      expect(whole.techniques.map(({ technique, detections }) => [technique, detections])).toEqual([
        ["T1105", 2],
        ["T1059.004", 1],
      ]);
    });

    it("are given as CSV whose cells no spreadsheet carries out", async () => {
      const reply = await admin.call("GET", "/api/v1/detections", undefined, { accept: "text/csv" });
      expect(reply.headers["content-type"]).toContain("text/csv");
      const lines = reply.text.trimEnd().split("\r\n");
      expect(lines).toHaveLength(4);
      expect(reply.text).toContain(`"'=cmd|""x"" a shell was started"`);
      expect(publicEndpoints.some(({ id }) => id === "listResponses")).toBe(true);
    });

    it.each<[string, JsonObject]>([
      [
        "names that hold a NUL",
        { id: "d\0", output: "connects to \0/abstract", rule: "a\0b", tags: ["a\0"] },
      ],
      ["an id as long as one may be", { id: "\u{1f4a3}".repeat(128) }],
      ["halves of a character", { output: "\ud800", rule: "\udc00" }],
    ])("are taken with %s", async (what, more) => {
      const name = `odd-${what.replaceAll(" ", "-")}`;
      const container = { id: "c\0", runtime: "docker", name: "a\0", image: "a\0b" };
      const records = [{ class: "detection" as const, data: detectionData(APP, { container, ...more }) }];
      expect((await send(name, records)).json).toEqual({ acknowledged: 1 });
      expect((await listed(`?host=${name}`)).items).toHaveLength(1);
    });

    it.each<[string, JsonObject]>([
      ["a priority that is none", { priority: "urgent" }],
      ["an id that no index could hold", { id: "x".repeat(257) }],
      ["no processes but a number", { processes: 7 }],
      ["an output of a mebibyte", { output: "x".repeat(1_048_576) }],
      [
        "an image id of another form",
        { container: { id: "c", name: "", image: "", imageId: "x", runtime: "" } },
      ],
    ])("leave the host's record whole and nothing to look at, with %s", async (what, more) => {
      const name = `bad-${what.replaceAll(" ", "-")}`;
      const records = [
        { class: "detection" as const, data: detectionData(APP, more) },
        { class: "detection" as const, data: detectionData(APP, { id: "good" }) },
      ];
      expect((await send(name, records)).json).toEqual({ acknowledged: 2 });
      expect(await idsOf(`?host=${name}`)).toEqual([`log-${name}.2`]);
    });

    it("of a host that claims another's image lie on the host that said so", async () => {
      await send("liar-1", [
        { class: "detection", data: detectionData(DB, { host: "db-1", id: "d-1" }) },
        { class: "response", data: responseData(DB, { host: "db-1" }) },
      ]);
      expect(await idsOf("?host=db-1")).toEqual(["log-db-1.1"]);
      const own = showDetection.reply.parse((await admin.call("GET", "/api/v1/detections/log-db-1.1")).json);
      expect(own.responses.map(({ id }) => id)).toEqual(["log-db-1.2"]);
      expect((await listed("?host=liar-1")).items).toMatchObject([{ host: "liar-1", id: "log-liar-1.1" }]);
    });
  });
}
