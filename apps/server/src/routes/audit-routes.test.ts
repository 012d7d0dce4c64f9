import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { listAuditEntries, showAuditProof, showAuditStatus } from "@pratique/api";
import { httpTileSource, parseVerifierKey, verifyProof, verifyTree } from "@pratique/audit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { administrator, nobody, type Person, person, tokenOf } from "../testdata/people.ts";
import { chainOf, launchData } from "../testdata/samples.ts";
import { type TestServer, testServer } from "../testdata/test-server.ts";
import { tlsFetch } from "../testdata/tls-fetch.ts";

let server: TestServer;
let admin: Person;
let auditor: Person & { readonly secret: string };
let viewer: Person;

beforeAll(async () => {
  server = await testServer();
  admin = await administrator(server);
  auditor = await tokenOf(server, admin, { permissions: ["audit.read"] });
  viewer = await person(server, admin, { login: "vera", held: [{ role: "viewer" }] });
});
afterAll(async () => await server[Symbol.asyncDispose]());

async function search(query: string, by: Person = admin) {
  const reply = await by.call("GET", `/api/v1/audit?${query}`);
  return listAuditEntries.reply.parse(reply.json);
}

describe("the search", () => {
  it("shows who did what, with their name, and exactly what was hashed", async () => {
    const { items } = await search("class=account&limit=200");
    const made = items.find(({ action, stage }) => action === "createAccount" && stage === "outcome");
    expect(made).toMatchObject({
      actor: { id: "admin", kind: "user", name: "admin", method: "password", address: "127.0.0.1" },
      decision: "allow",
      outcome: "success",
    });
    expect(JSON.parse(made?.text ?? "")).toMatchObject({ action: "createAccount", v: 1 });
    expect(made?.text).not.toContain("127.0.0.1");
  });

  it("pages through everything once, newest first", async () => {
    const seen: number[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const after: string = cursor === "" ? "" : `&cursor=${cursor}`;
      const page = await search(`limit=3&to=2026-11-24T12:30:00.000Z&class=account${after}`);
      seen.push(...page.items.map(({ index }) => index));
      cursor = page.nextCursor;
    }
    expect(seen.length).toBeGreaterThan(3);
    expect(seen).toEqual([...new Set(seen)].sort((left, right) => right - left));
  });

  it("is itself in the log, and so is who was refused it", async () => {
    expect((await viewer.call("GET", "/api/v1/audit")).status).toBe(403);
    await search("text=needle&subject=haystack");
    const { items } = await search(`class=read&actor=admin&text=listAuditEntries`);
    const own = items.find(({ data }) => data.subject === "haystack");
    // What was looked for may be a name, which could never be erased.
    expect(own?.data.unrecorded).toEqual(["text"]);
    expect(own?.text).not.toContain("needle");
    const refused = await search(`decision=deny&actor=${viewer.id}`);
    expect(refused.items[0]).toMatchObject({
      action: "listAuditEntries",
      stage: "fact",
      actor: { name: "vera" },
      rule: expect.stringMatching(/./u),
    });
  });

  it("comes as CSV", async () => {
    const reply = await admin.call("GET", "/api/v1/audit?class=system", undefined, { accept: "text/csv" });
    const [head, ...rows] = reply.text.trimEnd().split("\r\n");
    expect(head?.replaceAll('"', "")).toBe(
      "index,time,class,action,actor.id,actor.name,subject.kind,subject.id,decision,outcome",
    );
    expect(rows.at(-1)).toMatch(/^"0","2026-11-24T12:30:00.000Z","system","server.started","server",/u);
  });

  it("finds how far the record of a host was received", async () => {
    const records = chainOf([launchData("nginx:1.27"), launchData("nginx:1.28")]);
    const body = { logId: "log-9", host: "web-1", records };
    expect((await server.agent("/agent/v1/records", { method: "POST", body })).status).toBe(200);
    const { items } = await search("subject=log-9");
    expect(items[0]?.data.hostRecords).toEqual({
      log: "log-9",
      from: 1,
      to: 2,
      previousHash: "0".repeat(64),
      hash: records[1]?.hash,
    });
  });
});

describe("the proof of an entry", () => {
  it("holds for whoever knows the log's key, without the server", async () => {
    const [newest] = (await search("limit=1")).items;
    const reply = await auditor.call("GET", `/api/v1/audit/${newest?.index}/proof`);
    const { proof, keys, leafHash, treeSize } = showAuditProof.reply.parse(reply.json);
    const logKeys = keys.map(parseVerifierKey);
    const { index, checkpoint } = verifyProof(proof, Buffer.from(newest?.text ?? ""), { logKeys });
    expect([index, checkpoint.size, leafHash]).toEqual([newest?.index, treeSize, newest?.leafHash]);
    expect(() => verifyProof(proof, Buffer.from("{}"), { logKeys })).toThrow(/does not lead/u);
  });

  it("is not there for an entry that is not", async () => {
    expect((await auditor.call("GET", "/api/v1/audit/999999/proof")).status).toBe(404);
    expect((await auditor.call("GET", "/api/v1/audit/x/proof")).status).toBe(400);
  });
});

describe("the export", () => {
  const EXPORT = "/api/v1/audit/export";
  const program = path.resolve(import.meta.dirname, "../../../auditor/src/main.ts");

  /** Lines of an export, which somebody has to whom the server is nobody. */
  function check(text: string) {
    const file = server.directory.at("audit.jsonl");
    writeFileSync(file, text);
    const key = `@${server.directory.at("server", "audit", "log.vkey")}`;
    const args = [program, "prove", "--check", file, `--key=${key}`];
    return spawnSync(process.execPath, args, { encoding: "utf8" });
  }

  it("gives what the list does, whole and newest first, and all that whoever verifies it needs", async () => {
    for (let made = 0; made < 120; made += 1) await search("limit=1&subject=to-fill-a-page");
    const reply = await auditor.call("GET", `${EXPORT}?class=read&actor=admin`);
    expect([reply.status, reply.headers["content-type"], reply.headers["cache-control"]]).toEqual([
      200,
      "application/jsonl",
      "no-store",
    ]);
    const lines = reply.text.trimEnd().split("\n");
    const { items, total } = await search("class=read&actor=admin&limit=200");
    expect(lines.length).toBe(total - 1);
    const exported = lines.map((line) => JSON.parse(line));
    expect(exported.slice(0, 199).map(({ index }) => index)).toEqual(
      items.slice(1, 200).map(({ index }) => index),
    );
    expect(exported[0]).toMatchObject({ opened: { "actor.name": "admin", "actor.address": "127.0.0.1" } });
    const found = check(reply.text);
    expect(found.stdout).toMatch(
      new RegExp(`^proved: ${lines.length} of the \\d+ entries of pratique/`, "u"),
    );
    expect([found.status, found.stderr]).toEqual([0, ""]);
  });

  it("does not hold where a byte of it was changed", async () => {
    const { text } = await auditor.call("GET", `${EXPORT}?actor=${viewer.id}`);
    expect(check(text).status).toBe(0);
    const found = check(text.replace("listAuditEntries", "listAuditEntriez"));
    expect(found.status).toBe(2);
    expect(found.stdout).toMatch(/line \d+: NOT PROVED/u);
  });

  it("is one read in the record, tells no word that was looked for, and is for those who may read the log", async () => {
    const reader = await person(server, admin, { login: "exa", held: [{ role: "auditor" }] });
    expect((await reader.call("GET", `${EXPORT}?text=needle-of-export`)).text).toBe("");
    expect((await viewer.call("GET", EXPORT)).status).toBe(403);
    expect((await nobody(server).call("GET", EXPORT)).status).toBe(401);
    expect((await reader.call("GET", `${EXPORT}?limit=5`)).status).toBe(400);
    const { items } = await search(`actor=${reader.id}&text=exportAuditEntries`);
    expect(items).toHaveLength(1);
    expect(items[0]?.text).not.toContain("needle-of-export");
  });
});

it("shows how the log is", async () => {
  const reply = await auditor.call("GET", "/api/v1/audit/status");
  const status = showAuditStatus.reply.parse(reply.json);
  expect(status).toMatchObject({
    origin: expect.stringMatching(/^pratique\/[\da-f-]{36}$/u),
    witnesses: [],
    exporters: [],
    unfinished: 0,
    checkpointAt: "2026-11-24T12:30:00.000Z",
  });
  expect(status.size).toBeGreaterThan(5);
  const since = "2026-11-24T12:30:00.000Z";
  expect(status.keys).toEqual([{ key: status.key, server: hostname(), since, state: "running" }]);
});

describe("an erasure", () => {
  const ERASURES = "/api/v1/audit/erasures";

  /** What is known of those who made the newest calls of an action. */
  async function actorsOf(query: string) {
    const { items } = await search(query);
    return items.map(({ actor: { id, name, address, erased } }) => ({ id, name, address, erased }));
  }

  async function verified() {
    const { key } = showAuditStatus.reply.parse((await auditor.call("GET", "/api/v1/audit/status")).json);
    const fetch = tlsFetch({ authorization: `Bearer ${auditor.secret}` });
    const source = httpTileSource(`${server.running.url}/audit/v1`, { fetch });
    return await verifyTree({ source, logKeys: [parseVerifierKey(key)] });
  }

  it("leaves the entries of an account, and nobody's name in them", async () => {
    const ada = await person(server, admin, { login: "ada-who-leaves", held: [{ role: "viewer" }] });
    await ada.call("GET", "/api/v1/audit");
    expect((await search("text=ada-who-leaves")).items.length).toBeGreaterThan(1);
    const before = await search(`actor=${ada.id}&limit=200`);
    expect(before.items[0]?.actor).toMatchObject({ name: "ada-who-leaves", erased: [] });
    const body = { account: ada.id, reason: "they asked for it" };
    const reply = await admin.call("POST", ERASURES, body);
    expect([reply.status, reply.json]).toEqual([200, { entries: before.total }]);
    const after = await search(`actor=${ada.id}&limit=200`);
    expect(after.items.map(({ actor }) => actor.name)).toEqual(before.items.map(() => null));
    expect(after.items[0]?.actor).toMatchObject({ address: null, erased: ["name", "address"] });
    expect(after.items.map(({ text }) => text)).toEqual(before.items.map(({ text }) => text));
    expect(await verified()).toMatchObject({ problems: [], complete: true });
  });

  it("takes an address out of all entries, and no name", async () => {
    const [newest] = await actorsOf("actor=admin&limit=1");
    expect(newest).toMatchObject({ name: "admin", address: "127.0.0.1", erased: [] });
    const to = encodeURIComponent((await search("limit=1")).items[0]?.time ?? "");
    const body = { address: "127.0.0.1", reason: "a ticket" };
    expect((await admin.call("POST", ERASURES, body)).status).toBe(200);
    const left = await actorsOf(`to=${to}&actor=admin&limit=200&text=createAccount`);
    expect(left).not.toEqual([]);
    expect(left.filter(({ address }) => address !== null)).toEqual([]);
    expect(left.filter(({ name }) => name !== "admin")).toEqual([]);
    expect(await verified()).toMatchObject({ problems: [], complete: true });
  });

  it("is itself in the log, with its reason, the account, and no address", async () => {
    await admin.call("POST", ERASURES, { address: "192.0.2.77", reason: "a ticket" });
    const { items } = await search("text=eraseAuditOpenings&limit=200");
    expect(items.slice(0, 2).map(({ stage, data }) => [stage, data])).toEqual([
      ["outcome", expect.objectContaining({ reason: "a ticket" })],
      ["intent", expect.objectContaining({ reason: "a ticket" })],
    ]);
    expect(items.some(({ data }) => data.reason === "they asked for it" && data.account !== undefined)).toBe(
      true,
    );
    expect(items.filter(({ text }) => text.includes("192.0.2.77"))).toEqual([]);
  });

  it.each([
    ["nobody's", { reason: "x" }],
    ["two at once", { account: "admin", address: "192.0.2.1", reason: "x" }],
    ["without a reason", { account: "admin" }],
  ])("is refused where it is %s", async (_, body) => {
    expect((await admin.call("POST", ERASURES, body)).status).toBe(400);
  });

  it("is for those who may, and waits for a second person where the role says so", async () => {
    const body = { account: "admin", reason: "x" };
    expect((await auditor.call("POST", ERASURES, body)).status).toBe(403);
    expect((await viewer.call("POST", ERASURES, body)).status).toBe(403);
    const role = { description: "", permissions: { "audit.erase": "needs-approval", "audit.read": "allow" } };
    await admin.call("PUT", "/api/v1/roles/eraser", role, { "if-none-match": "*" });
    const pia = await person(server, admin, { login: "pia", held: [{ role: "eraser" }] });
    const asked = await pia.call("POST", ERASURES, { account: viewer.id, reason: "vera has left" });
    expect(asked.status).toBe(202);
    const known = async () => (await actorsOf(`actor=${viewer.id}`)).some(({ name }) => name === "vera");
    expect(await known()).toBe(true);
    const approve = `/api/v1/approvals/${String(asked.json.approvalId)}/approve`;
    expect((await admin.call("POST", approve, { comment: "yes" })).json).toMatchObject({ state: "approved" });
    expect(await known()).toBe(false);
  });
});

describe("the log as files", () => {
  it("is verified over HTTPS with a token", async () => {
    const { key } = showAuditStatus.reply.parse((await auditor.call("GET", "/api/v1/audit/status")).json);
    const fetch = tlsFetch({ authorization: `Bearer ${auditor.secret}` });
    const source = httpTileSource(`${server.running.url}/audit/v1`, { fetch });
    const found = await verifyTree({ source, logKeys: [parseVerifierKey(key)] });
    expect(found).toMatchObject({ problems: [], complete: true });
    expect(found.entries).toBeGreaterThan(20);
  });

  it("is verified whole by somebody who has to wait for the next minute", async () => {
    await using slow = await testServer({ callsPerMinute: 2 });
    const owner = await administrator(slow);
    const { secret } = await tokenOf(slow, owner, { permissions: ["audit.read"] });
    slow.clock.advance(60_000);
    const { key } = showAuditStatus.reply.parse((await owner.call("GET", "/api/v1/audit/status")).json);
    const waits: number[] = [];
    const source = httpTileSource(`${slow.running.url}/audit/v1`, {
      fetch: tlsFetch({ authorization: `Bearer ${secret}` }),
      wait: async (waitMs) => {
        waits.push(waitMs);
        slow.clock.advance(waitMs);
      },
    });
    const found = await verifyTree({ source, logKeys: [parseVerifierKey(key)] });
    expect(found).toMatchObject({ problems: [], complete: true });
    expect(waits).toContain(60_000);
  });

  it("is for those who may read it", async () => {
    expect((await nobody(server).call("GET", "/audit/v1/checkpoint")).status).toBe(401);
    expect((await nobody(server).call("GET", "/audit/v1/tile/0/000")).status).toBe(401);
    expect((await viewer.call("GET", "/audit/v1/checkpoint")).status).toBe(403);
    expect((await viewer.call("GET", "/audit/v1/tile/entries/000")).status).toBe(403);
  });

  it.each([
    ["/audit/v1/tile/0/0", 400],
    ["/audit/v1/tile/0/999", 404],
    ["/audit/v1/tile/99/000", 404],
    ["/audit/v1/tile/entries/x999/000", 404],
    ["/audit/v1/tile/entries/000.p/256", 404],
    ["/audit/v1/tile/0/000.p/0", 400],
    ["/audit/v1/tile/0/%2e%2e/%2e%2e/key.pem", 400],
    ["/audit/v1/tile/../key.pem", 400],
  ])("has nothing at %s", async (path, status) => {
    expect((await auditor.call("GET", path)).status).toBe(status);
  });

  /** What the record says of reads of entries by somebody. */
  async function readsBy(actor: string) {
    const { items } = await search(`actor=${actor}&text=readAuditEntries&limit=200`);
    return items.toReversed();
  }

  it("tells in the record who read entries, from which to which, once for a read of many parts", async () => {
    const [, size = ""] = (await auditor.call("GET", "/audit/v1/checkpoint")).text.split("\n");
    const reader = await person(server, admin, { login: "rea", held: [{ role: "auditor" }] });
    const read = (width: number) => reader.call("GET", `/audit/v1/tile/entries/000.p/${width}`);
    expect((await read(3)).status).toBe(200);
    const began = await readsBy(reader.id);
    expect(began).toMatchObject([
      { stage: "fact", decision: "allow", class: "read", data: { entries: [{ from: 0, to: 2 }] } },
    ]);
    for (const width of [5, 7, 9, Number(size)]) expect((await read(width)).status).toBe(200);
    expect(await readsBy(reader.id)).toEqual(began);
    server.clock.advance(30_000);
    expect((await read(1)).status).toBe(200);
    const told = await readsBy(reader.id);
    expect(told.filter(({ call }) => call === began[0]?.call)).toMatchObject([
      { outcome: null },
      { outcome: "success", data: { entries: [{ from: 0, to: Number(size) - 1 }], since: began[0]?.time } },
    ]);
    expect(told).toHaveLength(3);
  });

  it("is not made longer by whoever watches how long it is", async () => {
    const { total } = await search("limit=1");
    for (let look = 0; look < 3; look += 1) {
      expect((await auditor.call("GET", "/audit/v1/checkpoint")).status).toBe(200);
      expect((await auditor.call("GET", "/audit/v1/tile/0/000.p/1")).status).toBe(200);
    }
    // The first search itself.
    expect((await search("limit=1")).total).toBe(total + 1);
  });

  it("has no browser keep entries, which would be read again unseen, but whole tiles of hashes", async () => {
    const { total } = await search("limit=1");
    for (let made = total; made < 256; made += 1) await search("limit=1");
    const kept = async (path: string) => {
      const { status, headers } = await auditor.call("GET", `/audit/v1/tile/${path}`);
      return [status, headers["cache-control"]];
    };
    // What is whole shows once a checkpoint is over it.
    expect((await auditor.call("GET", "/audit/v1/checkpoint")).status).toBe(200);
    expect(await kept("entries/000")).toEqual([200, "no-store"]);
    expect(await kept("0/000")).toEqual([200, "private, max-age=31536000, immutable"]);
    expect(await kept("0/000.p/1")).toEqual([200, "no-store"]);
  });

  it("tells in the record of each attempt that is refused", async () => {
    const curious = await person(server, admin, { login: "cur", held: [{ role: "viewer" }] });
    for (const width of [1, 2]) {
      expect((await curious.call("GET", `/audit/v1/tile/entries/000.p/${width}`)).status).toBe(403);
    }
    expect(await readsBy(curious.id)).toMatchObject([
      { decision: "deny", data: { bundle: "000.p/1" } },
      { decision: "deny", data: { bundle: "000.p/2" } },
    ]);
  });

  it("goes on being whole while it is read, though each read makes it longer", async () => {
    const before = (await auditor.call("GET", "/audit/v1/checkpoint")).text;
    await auditor.call("GET", "/audit/v1/tile/entries/000.p/1");
    const { key } = showAuditStatus.reply.parse((await auditor.call("GET", "/api/v1/audit/status")).json);
    const fetch = tlsFetch({ authorization: `Bearer ${auditor.secret}` });
    const live = httpTileSource(`${server.running.url}/audit/v1`, { fetch });
    const source = { ...live, checkpoint: async () => before };
    const found = await verifyTree({ source, logKeys: [parseVerifierKey(key)] });
    expect(found).toMatchObject({ problems: [], complete: true, entries: Number(before.split("\n")[1]) });
  });
});
