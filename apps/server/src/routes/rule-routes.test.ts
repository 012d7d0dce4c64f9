import { awaitWork, lintRuleFile, listContainers, listRuleFiles, putRuleFile } from "@pratique/api";
import { afterEach, beforeEach, expect, it } from "vitest";
import { administrator, type Person, person } from "../testdata/people.ts";
import { digestOf, sampleHost } from "../testdata/samples.ts";
import { type TestServer, testServer } from "../testdata/test-server.ts";

const ruleText = (name: string) => `- rule: ${name}
  desc: a test
  condition: evt.type = execve and proc.name = nc
  output: it ran (%proc.name)
  priority: NOTICE
`;
const MACRO = "- macro: house_tools\n  condition: (proc.name in (nc, socat))\n";
const USES_MACRO = ruleText("uses it").replace("proc.name = nc", "house_tools");

const fresh = { "if-none-match": "*" };

let server: TestServer;
let admin: Person;

beforeEach(async () => {
  server = await testServer();
  admin = await administrator(server);
  await report("web-1", { env: "test" });
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

async function report(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
  server.clock.advance(1000);
  const body = {
    ...sampleHost,
    host: { ...sampleHost.host, name, labels },
    record: { ...sampleHost.record, logId: `log-${name}` },
  };
  expect((await server.agent("/agent/v1/host", { method: "PUT", body })).status).toBe(204);
}

const put = async (name: string, text: string, more: object = {}, headers: Record<string, string> = fresh) =>
  await admin.call("PUT", `/api/v1/rule-files/${name}`, { text, scope: {}, ...more }, headers);

/** What a host that watches containers is given; `rules` is left out by one that does not. */
async function work(rules?: string, waitSeconds = 0) {
  const asked = rules === undefined ? "" : `&rules=${rules}`;
  const reply = await server.agent(`/agent/v1/work?waitSeconds=${waitSeconds}${asked}`);
  return awaitWork.reply.parse(reply.json);
}

it("are made, changed by who has seen them, and removed", async () => {
  const made = putRuleFile.reply.parse((await put("shells", ruleText("Netcat"))).json);
  expect(made).toMatchObject({ rules: ["Netcat"], enabled: true, inForce: { hosts: 0, of: 0 } });
  expect((await put("shells", "")).status).toBe(412);
  expect((await put("shells", "", {}, {})).status).toBe(428);
  const seen = { "if-match": `"${made.revision}"` };
  const off = await put("shells", ruleText("Netcat"), { enabled: false }, seen);
  expect(off.json).toMatchObject({ enabled: false, rules: ["Netcat"] });
  expect((await admin.call("DELETE", "/api/v1/rule-files/shells", undefined, seen)).status).toBe(412);
  const now = { "if-match": `"${off.json.revision}"` };
  expect((await admin.call("DELETE", "/api/v1/rule-files/shells", undefined, now)).status).toBe(204);
  expect((await admin.call("GET", "/api/v1/rule-files/shells")).status).toBe(404);
  const told = server.audited.filter(({ class: kind }) => kind === "policy").map(({ action }) => action);
  expect(new Set(told)).toEqual(new Set(["putRuleFile", "deleteRuleFile"]));
});

it.each([
  ["no YAML", "{", "line 1"],
  ["a condition that ends too early", ruleText("x").replace("nc", "("), "line 3"],
  ["a field that there is not", ruleText("x").replace("proc.name = nc", "proc.nam = nc"), "proc.nam"],
  ["a macro that nobody has made", ruleText("x").replace("proc.name = nc", "nobodys_macro"), "nobodys_macro"],
])("refuses %s, naming the place", async (_, text, expected) => {
  const reply = await put("shells", text);
  expect([reply.status, reply.json.code]).toEqual([422, "RULES_INVALID"]);
  expect(JSON.stringify(reply.json.errors)).toContain(expected);
  const lint = await admin.call("POST", "/api/v1/rule-drafts/lint", { text });
  expect(lintRuleFile.reply.parse(lint.json).problems.length).toBeGreaterThan(0);
  expect((await work("")).rules?.files).toEqual([]);
});

it("lets nobody take away what other files need, nor put before it what needs it", async () => {
  expect((await put("b-uses", USES_MACRO)).status).toBe(422);
  const made = await put("a-macros", MACRO);
  expect((await put("b-uses", USES_MACRO)).status).toBe(200);
  const seen = { "if-match": `"${made.json.revision}"` };
  const removed = await admin.call("DELETE", "/api/v1/rule-files/a-macros", undefined, seen);
  expect(removed.json).toMatchObject({ code: "RULES_INVALID" });
  expect(JSON.stringify(removed.json.errors)).toContain("server-b-uses.yaml");
  expect((await put("a-macros", MACRO, { enabled: false }, seen)).json.code).toBe("RULES_INVALID");
});

it("are checked as drafts: what a rule can see, and what is odd", async () => {
  const body = { text: ruleText("Netcat") };
  const lint = lintRuleFile.reply.parse((await admin.call("POST", "/api/v1/rule-drafts/lint", body)).json);
  expect(lint).toMatchObject({ problems: [], rules: [{ name: "Netcat", supported: "full" }] });
  expect((await admin.call("GET", "/api/v1/rule-files")).json).toEqual({ items: [] });
});

it("may be as long as the contract says", async () => {
  const text = `${ruleText("Netcat")}#${"x".repeat(262_144 - ruleText("Netcat").length - 1)}`;
  expect((await put("long", text)).status).toBe(200);
  expect((await put("longer", `${text}x`)).json.code).toBe("REQUEST_MALFORMED");
});

it("reach the hosts that they are for and that watch containers, which say when they have them", async () => {
  await put("shells", ruleText("Netcat"), { scope: { labels: { env: ["test"] } } });
  await put("others", ruleText("Other"), { scope: { hosts: ["db-*"] } });
  await put("off", ruleText("Off"), { enabled: false });
  expect((await work()).rules).toBeUndefined();
  const given = await work("");
  expect(given.rules?.files).toEqual([{ name: "shells", text: ruleText("Netcat") }]);
  const inForce = async () =>
    listRuleFiles.reply
      .parse((await admin.call("GET", "/api/v1/rule-files")).json)
      .items.map(({ name, inForce: { hosts, of } }) => `${name} ${hosts} of ${of}`);
  expect(await inForce()).toEqual(["off 0 of 0", "others 0 of 0", "shells 0 of 1"]);
  expect((await work(given.rules?.revision)).rules).toBeUndefined();
  expect(await inForce()).toEqual(["off 0 of 0", "others 0 of 0", "shells 1 of 1"]);
});

it("wake the hosts that wait, when they are changed and when they are removed", async () => {
  const held = await work("");
  const policies = held.revision;
  const waitFor = async (rules = "") => {
    const reply = await server.agent(`/agent/v1/work?revision=${policies}&rules=${rules}&waitSeconds=20`);
    return awaitWork.reply.parse(reply.json);
  };
  const waiting = waitFor(held.rules?.revision);
  const made = await put("shells", ruleText("Netcat"));
  const woken = await waiting;
  expect([woken.rules?.files.length, woken.policies]).toEqual([1, undefined]);
  const again = waitFor(woken.rules?.revision);
  const seen = { "if-match": `"${made.json.revision}"` };
  await admin.call("DELETE", "/api/v1/rule-files/shells", undefined, seen);
  expect((await again).rules?.files).toEqual([]);
});

it("are shown to whoever sees all hosts that they are for, and written by nobody else", async () => {
  await put("test", ruleText("One"), { scope: { labels: { env: ["test"] } } });
  await put("all", ruleText("Two"));
  const part = await person(server, admin, {
    login: "part",
    held: [{ role: "security", scope: { labels: { env: ["test"] } } }],
  });
  const { items } = listRuleFiles.reply.parse((await part.call("GET", "/api/v1/rule-files")).json);
  expect(items.map(({ name }) => name)).toEqual(["test"]);
  const body = { text: ruleText("Mine"), scope: { labels: { env: ["test"] } } };
  expect((await part.call("PUT", "/api/v1/rule-files/mine", body, fresh)).status).toBe(403);
  const csv = await admin.call("GET", "/api/v1/rule-files", undefined, { accept: "text/csv" });
  expect(csv.text.trimEnd().split("\r\n")).toHaveLength(3);
});

it("has what was done about a container undone by its host's agent, and tells what came of it", async () => {
  const container = {
    id: "cweb1",
    name: "web",
    image: "nginx:1",
    imageId: digestOf("nginx:1"),
    state: "paused",
    createdAt: "2026-11-24T10:00:00Z",
    user: "",
    privileged: false,
    ports: [],
    labels: {},
    restartPolicy: "no",
  };
  const body = { takenAt: "2026-11-24T12:00:00Z", containers: [container] };
  await server.agent("/agent/v1/containers", { method: "PUT", body });
  expect(listContainers.reply.parse((await admin.call("GET", "/api/v1/containers")).json).total).toBe(1);
  const path = "/api/v1/containers/web-1~cweb1/release-response";
  const asked = await admin.call("POST", path, { act: "act-1", reason: "a false alarm" });
  expect((await work()).commands).toEqual([
    expect.objectContaining({
      id: asked.json.commandId,
      kind: "release-response",
      containerId: "cweb1",
      act: "act-1",
    }),
  ]);
  const outcome = { method: "PUT", body: { state: "failed", detail: "no act is in force" } };
  await server.agent(`/agent/v1/commands/${asked.json.commandId}/outcome`, outcome);
  const told = server.audited.filter(({ action }) => action.startsWith("release-response"));
  expect(told.map(({ class: kind, action }) => [kind, action])).toEqual([
    ["response", "release-response.failed"],
  ]);
  expect((await admin.call("POST", path, {})).status).toBe(400);
  const gone = await admin.call("POST", path.replace("cweb1", "none"), { reason: "r" });
  expect(gone.status).toBe(404);
  const operator = await person(server, admin, { login: "operator", held: [{ role: "operator" }] });
  expect((await operator.call("POST", path, { reason: "r" })).status).toBe(202);
});
