import { awaitWork, exportProfile, listProfiles, setProfileMode, showProfile } from "@pratique/api";
import { parseDigest } from "@pratique/core";
import { beginLearning, ImageLearner, readItem } from "@pratique/profile";
import { openStore } from "@pratique/store";
import { postgresUnavailable, sharedPostgres, tempDirectory } from "@pratique/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { administrator, type Person, person } from "../testdata/people.ts";
import { sampleHost } from "../testdata/samples.ts";
import { storeBeside } from "../testdata/store-beside.ts";
import { type TestServer, testServer } from "../testdata/test-server.ts";

const image = (letter: string) => parseDigest(`sha256:${letter.repeat(64)}`);
const START = Date.parse("2026-11-20T12:00:00Z");
const DAY_MS = 86_400_000;

/** What a host would have learned: two programs, a written file, and something that came later. */
function learned(letter: string, deviates = false): ImageLearner {
  const learner = new ImageLearner(
    { host: "web-1", sight: { systemCalls: "some", capabilities: "implied" } },
    beginLearning(image(letter)),
  );
  for (const item of [
    "executable:/bin/app=image",
    "write:/data/kept",
    "peer:example.com tcp/443",
    "capability:CHOWN",
  ]) {
    learner.accept(readItem(item), "uid:0", START);
  }
  learner.setMode("watch", "uid:0", START + DAY_MS);
  if (!deviates) return learner;
  const document = learner.toDocument();
  const open = {
    ...readItem("write:/etc/crontab"),
    first: START,
    last: START,
    priority: "error" as const,
    text: "/bin/app wrote /etc/crontab",
    count: 3,
    toldAt: START,
  };
  return ImageLearner.restore(
    { host: "web-1", sight: { systemCalls: "some", capabilities: "implied" } },
    { ...document, open: [open] },
  );
}

const reported = (letter: string, deviates = false) => ({
  image: image(letter),
  names: [`shop-${letter}:1`],
  lastEventAt: "2026-11-24T12:00:00.000Z",
  architecture: "amd64",
  learning: learned(letter, deviates).toDocument(),
});

async function onPostgres() {
  const keys = tempDirectory();
  const cluster = await sharedPostgres();
  const database = { postgres: await cluster.createDatabase() };
  return { keys, options: { database, keys: { current: { kind: "file" as const, file: keys.at("key") } } } };
}

const skipped = postgresUnavailable();

for (const [kind, reason] of [["SQLite"], ["PostgreSQL", skipped]] as const) {
  describe.skipIf(reason !== undefined)(`learned profiles on ${kind} ${reason ?? ""}`, () => {
    let server: TestServer;
    let admin: Person;
    let keys: Disposable | undefined;

    beforeAll(async () => {
      const postgres = kind === "SQLite" ? undefined : await onPostgres();
      keys = postgres?.keys;
      server = await testServer(postgres?.options);
      admin = await administrator(server);
      await host("db-1", { team: "bank" });
      await host("web-1", { team: "shop" });
      const known = [image("a"), image("b")];
      expect((await tell({ known, leftOut: 2, profiles: [reported("a"), reported("b", true)] })).status).toBe(
        204,
      );
      // An agent speaks for its own host alone, and here are two: what the other would say is put into the store.
      const database = postgres?.options.database;
      const store = database === undefined ? await storeBeside(server) : await openStore(database);
      const one = await store.runtime.profiles.find("web-1", image("a"));
      if (one === undefined) throw new Error("it was not kept");
      const { summary, document } = one;
      const profile = { image: image("a"), names: [], mode: "watch", deviations: 0, summary, document };
      const takenAt = "2026-11-24T12:30:00.000Z";
      await store.runtime.profiles.put({
        host: "db-1",
        takenAt,
        known: [image("a")],
        leftOut: 1,
        profiles: [profile],
      });
      await store.close();
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
      server.clock.advance(1000);
      expect((await server.agent("/agent/v1/host", { method: "PUT", body })).status).toBe(204);
    }

    const tell = (body: object) => server.agent("/agent/v1/profiles", { method: "PUT", body });
    const listed = async (query = "", who = admin) =>
      listProfiles.reply.parse((await who.call("GET", `/api/v1/profiles${query}`)).json);
    const keysOf = async (query: string, who = admin) =>
      (await listed(query, who)).items.map(({ host: name, image: id }) => `${name} ${id.slice(7, 8)}`);
    const pathOf = (letter: string, name = "web-1") => `/api/v1/hosts/${name}/profiles/${image(letter)}`;

    it.each([
      ["", ["web-1 b", "db-1 a", "web-1 a"]],
      ["?deviations=true", ["web-1 b"]],
      ["?deviations=false&host=web-1", ["web-1 a"]],
      ["?text=SHOP-B", ["web-1 b"]],
      ["?text=db-1", ["db-1 a"]],
      ["?mode=enforce", []],
      [`?imageId=${image("a")}`, ["db-1 a", "web-1 a"]],
      ["?text=%25", []],
    ])("are found by %s", async (query, expected) => {
      expect(await keysOf(query)).toEqual(expected);
    });

    it("are shown page by page, with how many were left out, and as CSV", async () => {
      const first = await listed("?limit=2");
      expect([first.total, first.leftOut]).toEqual([3, 3]);
      expect(await keysOf(`?limit=2&cursor=${first.nextCursor}`)).toEqual(["web-1 a"]);
      expect((await admin.call("GET", "/api/v1/profiles?cursor=x")).status).toBe(400);
      const csv = await admin.call("GET", "/api/v1/profiles", undefined, { accept: "text/csv" });
      expect(csv.text.trimEnd().split("\r\n")).toHaveLength(4);
    });

    it("are shown to whoever sees their host", async () => {
      const part = await person(server, admin, {
        login: "part",
        held: [{ role: "viewer", scope: { labels: { team: ["bank"] } } }],
      });
      expect(await keysOf("", part)).toEqual(["db-1 a"]);
      expect((await listed("", part)).leftOut).toBe(1);
      expect((await part.call("GET", pathOf("a"))).status).toBe(404);
      expect((await part.call("GET", pathOf("a", "db-1"))).status).toBe(200);
    });

    it("are shown whole", async () => {
      const view = showProfile.reply.parse((await admin.call("GET", pathOf("b"))).json);
      expect(view).toMatchObject({
        mode: "watch",
        since: "2026-11-21T12:00:00.000Z",
        names: ["shop-b:1"],
        deviations: 1,
        settings: { afterWatch: "stay" },
        open: [
          { name: "write:/etc/crontab", priority: "error", times: 3, text: "/bin/app wrote /etc/crontab" },
        ],
      });
      expect(view.learned.map(({ name }) => name)).toEqual(
        expect.arrayContaining(["executable:/bin/app=image", "write:/data/kept", "capability:CHOWN"]),
      );
      expect(view.decisions[0]).toMatchObject({ verdict: "accepted", by: "uid:0" });
      expect((await admin.call("GET", pathOf("c"))).json).toMatchObject({ code: "NOT_FOUND" });
    });

    it.each([
      ["seccomp", "app.json", "SCMP_ACT_"],
      ["docker", "app.args", "seccomp=./app.json"],
      ["compose", "app.compose.yaml", "services:"],
      ["kubernetes", "app.pod.yaml", "kind: NetworkPolicy"],
    ])("are written as %s", async (format, fileName, part) => {
      const reply = await admin.call("GET", `${pathOf("a")}/export?format=${format}`);
      const exported = exportProfile.reply.parse(reply.json);
      expect(exported).toMatchObject({ fileName, text: expect.stringContaining(part) });
      const named = await admin.call("GET", `${pathOf("a")}/export?format=${format}&name=Bad_Name`);
      expect(named.status).toBe(400);
    });

    it("are changed by their host's agent, which is told by whom", async () => {
      const body = {
        mode: "learn",
        learnMs: 3_600_000,
        afterWatch: "enforce",
        afresh: true,
        reason: "a new release",
      };
      const asked = setProfileMode.reply.parse((await admin.call("POST", `${pathOf("a")}/mode`, body)).json);
      const decision = { item: "write:/etc/crontab", verdict: "rejected", reason: "never" };
      expect((await admin.call("POST", `${pathOf("b")}/decisions`, decision)).status).toBe(200);
      const { commands } = awaitWork.reply.parse((await server.agent("/agent/v1/work?waitSeconds=0")).json);
      expect(commands).toMatchObject([
        {
          id: asked.commandId,
          kind: "set-profile-mode",
          imageId: image("a"),
          mode: "learn",
          learnMs: 3_600_000,
          afterWatch: "enforce",
          afresh: true,
          by: "account:admin",
        },
        { kind: "decide-profile-item", imageId: image("b"), item: "write:/etc/crontab", verdict: "rejected" },
      ]);
      expect(commands[0]).not.toHaveProperty("reason");
      const outcome = { state: "done", detail: "the mode of the profile is learn" };
      await server.agent(`/agent/v1/commands/${asked.commandId}/outcome`, { method: "PUT", body: outcome });
      const told = server.audited.filter(({ action }) => action.startsWith("set-profile-mode"));
      expect(told.map(({ action, class: kind }) => [action, kind])).toEqual([
        ["set-profile-mode.done", "policy"],
      ]);
      expect((await admin.call("POST", `${pathOf("c")}/mode`, body)).status).toBe(404);
    });

    it.each([
      ["what is no profile", () => ({ ...reported("a"), learning: { version: 1 } })],
      [
        "a profile of another version",
        () => ({ ...reported("a"), learning: { ...reported("a").learning, version: 2 } }),
      ],
      ["a profile of another image", () => ({ ...reported("a"), learning: reported("b").learning })],
      ["one that it does not name", () => reported("d")],
    ])("refuse %s, and keep what was there", async (_, profile) => {
      const reply = await tell({ known: [image("a"), image("b")], leftOut: 2, profiles: [profile()] });
      expect([reply.status, reply.json.code]).toEqual([400, "REQUEST_MALFORMED"]);
      expect((await listed()).total).toBe(3);
    });

    it("are forgotten when their host has them no more", async () => {
      expect((await tell({ known: [image("b")], leftOut: 0, profiles: [] })).status).toBe(204);
      expect(await keysOf("")).toEqual(["web-1 b", "db-1 a"]);
      expect((await tell({ known: [], leftOut: 0, profiles: [] })).status).toBe(204);
      expect(await keysOf("")).toEqual(["db-1 a"]);
    });
  });
}
