import { builtInRoles } from "@pratique/access";
import { type ContainerReport, type Endpoint, publicEndpoints, showHost } from "@pratique/api";
import { type Effect, type Permission, permissions, type Scope } from "@pratique/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { neverPutOff } from "./people/put-off.ts";
import { notBoundYet } from "./testdata/not-bound-yet.ts";
import { administrator, nobody, type Person, person, tokenOf } from "./testdata/people.ts";
import { sampleBodies } from "./testdata/sample-bodies.ts";
import { chainOf, digestOf, launchData, sampleHost, sampleReport } from "./testdata/samples.ts";
import { storeBeside } from "./testdata/store-beside.ts";
import { type TestServer, testServer } from "./testdata/test-server.ts";

/**
 * Every endpoint, called by every kind of caller, on things of their own and of others: what the real server answers is
 * what a small model of the rules says, which shares no code with the server.
 */

/** What somebody holds, as the model sees it. */
interface Holder {
  readonly name: string;
  readonly held: Readonly<Partial<Record<Permission, Effect>>>;
  /** Everything, or the hosts whose names begin with `mine-`. */
  readonly everywhere: boolean;
  /** Tokens sign nobody in or out, and make no tokens. */
  readonly isToken?: true;
  become(server: TestServer, admin: Person): Promise<Person>;
}

type Expected = "stranger" | "denied" | "hidden" | "put off" | "let through" | "somebody else's";
type Place = "mine" | "theirs";

const MINE: Scope = { hosts: ["mine-*"] };
const bound: readonly Endpoint[] = publicEndpoints.filter(
  ({ id, stream }) => !notBoundYet.has(id) && stream === undefined,
);

function holderOf(name: string, role: string, everywhere: boolean): Holder {
  const held = builtInRoles.find((each) => each.name === role)?.permissions ?? {};
  const scope = everywhere ? {} : MINE;
  const login = `table-${name.replaceAll(" ", "-")}`;
  return {
    name,
    held,
    everywhere,
    become: (server, admin) => person(server, admin, { login, held: [{ role, scope }] }),
  };
}

const cautious: Readonly<Partial<Record<Permission, Effect>>> = Object.fromEntries(
  permissions.map((permission) => [permission, neverPutOff.has(permission) ? "allow" : "needs-approval"]),
);
const tokenHeld: readonly Permission[] = ["accounts.read", "hosts.read", "images.read", "roles.write"];

const holders: readonly Holder[] = [
  { name: "nobody", held: {}, everywhere: true, become: async (server) => nobody(server) },
  ...builtInRoles.map(({ name }) => holderOf(name, name, true)),
  ...["administrator", "operator", "viewer"].map((name) => holderOf(`${name} of a part`, name, false)),
  {
    name: "role that puts everything off",
    held: cautious,
    everywhere: true,
    become: async (server, admin) => {
      const body = { description: "", permissions: cautious };
      await admin.call("PUT", "/api/v1/roles/cautious", body, { "if-none-match": "*" });
      return await person(server, admin, { login: "table-cautious", held: [{ role: "cautious" }] });
    },
  },
  {
    name: "token",
    held: Object.fromEntries(tokenHeld.map((permission) => [permission, "allow" as const])),
    everywhere: true,
    isToken: true,
    become: (server, admin) => tokenOf(server, admin, { permissions: tokenHeld }),
  },
];

const needsBrowser = new Set(["signOut", "setPassword", "createToken", "listOwnSessions", "endOwnSession"]);

function expectedOf(endpoint: Endpoint, holder: Holder, place: Place): Expected {
  const { permission, on, method } = endpoint;
  if (permission === "public") return "let through";
  if (holder.name === "nobody") return "stranger";
  if (endpoint.id === "withdrawApproval") return "somebody else's";
  if (permission === "session") {
    return holder.isToken === true && needsBrowser.has(endpoint.id) ? "denied" : "let through";
  }
  const effect = Object.entries(holder.held).find(([name]) => name === permission)?.[1];
  if (effect === undefined) return "denied";
  if (on === "list") return "let through";
  const isThing = !["installation", "body", "self"].includes(on);
  const isCovered = holder.everywhere || ((isThing || on === "body") && place === "mine");
  // Nobody here may do something to a thing whose like they may not read.
  if (!isCovered) return isThing ? "hidden" : "denied";
  if (effect === "allow") return "let through";
  return method === "GET" ? "denied" : "put off";
}

/** The things that the calls are about lie on one host of each kind. */
function placesOf({ id, on }: Endpoint): readonly Place[] {
  if (["installation", "list", "self"].includes(on)) return ["mine"];
  return on === "body" && id !== "createException" ? ["theirs"] : ["mine", "theirs"];
}

/** The parameters that name a thing at a place; all others name none that there is. */
const things: Record<Place, Record<string, string>> = { mine: {}, theirs: {} };

function pathFor({ path }: Endpoint, place: Place): string {
  return path.replaceAll(/\{(?<name>\w+)\}/gu, (_, name: string) =>
    encodeURIComponent(things[place][name] ?? (name === "index" ? "0" : "none-1")),
  );
}

const answers: Readonly<Record<Expected, (status: number, code: unknown) => boolean>> = {
  stranger: (status, code) => status === 401 && code === "NOT_SIGNED_IN",
  denied: (status, code) => status === 403 && code === "PERMISSION_DENIED",
  hidden: (status, code) => status === 404 && code === "NOT_FOUND",
  "put off": (status) => status === 202,
  "somebody else's": (status) => status === 403 || status === 404,
  "let through": (status, code) =>
    status !== 202 && status !== 500 && code !== "PERMISSION_DENIED" && code !== "NOT_SIGNED_IN",
};

let server: TestServer;
let admin: Person;

beforeAll(async () => {
  server = await testServer();
  admin = await administrator(server);
  const asker = await person(server, admin, { login: "asker", held: [{ role: "operator" }] });
  for (const place of ["mine", "theirs"] as const) {
    const host = `${place}-1`;
    await placeOnHost(host);
    things[place] = {
      host,
      launchId: `log-${host}.1`,
      containerId: `${host}~c1`,
      imageId: digestOf(`${host}/app`),
      exceptionId: await grantedOn(host),
      approvalId: await askedOn(host, asker),
    };
  }
});

/** A host, a launch there, a container and an image. */
async function placeOnHost(host: string): Promise<void> {
  const logId = `log-${host}`;
  const status = {
    ...sampleHost,
    host: { ...sampleHost.host, name: host },
    record: { ...sampleHost.record, logId },
  };
  await server.agent("/agent/v1/host", { method: "PUT", body: status });
  const batch = { logId, host, records: chainOf([launchData("a:1")]) };
  const reply = await server.agent("/agent/v1/records", { method: "POST", body: batch });
  if (reply.status !== 200) throw new Error(reply.text);
  const report = sampleReport(`${host}/app`);
  const imageId = digestOf(`${host}/app`);
  const container: ContainerReport = {
    id: "c1",
    name: "app",
    image: `${host}/app`,
    imageId,
    state: "running",
    createdAt: "2026-11-24T12:00:00.000Z",
    user: "",
    privileged: false,
    ports: [],
    labels: {},
    restartPolicy: "no",
  };
  // An agent speaks for its own host alone, and here are two: what they would say is put into the store.
  const store = await storeBeside(server);
  await store.images.put(imageId, report);
  const listing = [
    { id: "c1", name: "app", image: container.image, imageId, state: "running", document: container },
  ];
  await store.fleet.containers.replace({ host, takenAt: "2026-11-24T12:29:00.000Z", containers: listing });
  await store.close();
}

async function grantedOn(host: string): Promise<string> {
  const body = { ...Object(sampleBodies.createException), scope: { hosts: [host] } };
  return String((await admin.call("POST", "/api/v1/exceptions", body)).json.id);
}

async function askedOn(host: string, asker: Person): Promise<string> {
  const reply = await asker.call("POST", `/api/v1/hosts/${host}/gate`, sampleBodies.setGateMode);
  return String(reply.json.approvalId);
}

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

it("is about things that there are", async () => {
  for (const { on, method, path, permission } of bound) {
    if (method !== "GET" || !["host", "launch", "container", "image", "approval"].includes(on)) continue;
    for (const place of ["mine", "theirs"] as const) {
      const reply = await admin.call("GET", pathFor({ ...showHost, path }, place));
      expect([path, place, permission, reply.status]).toEqual([path, place, permission, 200]);
    }
  }
  expect(things.theirs.exceptionId).toMatch(/^[\w-]{8,}$/u);
});

it.each(publicEndpoints.filter(({ body }) => body !== undefined))("has a sample for $id", ({ id, body }) => {
  expect(body?.safeParse(sampleBodies[id]).error).toBeUndefined();
});

it("leaves no endpoint without somebody who must be allowed", () => {
  const known = new Set<string>(["public", "session", ...permissions]);
  expect(publicEndpoints.filter(({ permission }) => !known.has(permission))).toEqual([]);
  expect(publicEndpoints.filter(({ permission }) => permission === "public").map(({ id }) => id)).toEqual([
    "signIn",
    "startOidc",
    "finishOidc",
    "signInWithPassword",
    "listSignInMethods",
    "showLiveness",
    "showReadiness",
  ]);
});

describe.each(holders)("called by $name", (holder) => {
  it("each endpoint answers as the rules say, and the record tells of it", async () => {
    // The guesses of the one before are forgiven.
    server.clock.advance(3_600_000);
    const caller = await holder.become(server, await freshAdmin());
    const wrong: string[] = [];
    let calls = 0;
    // Whoever signs out calls nothing any more.
    const order = bound.toSorted(
      (left, right) => Number(left.id === "signOut") - Number(right.id === "signOut"),
    );
    for (const endpoint of order) {
      for (const place of placesOf(endpoint)) {
        calls += 1;
        // Refusals are counted by the minute.
        if (calls % 30 === 0) server.clock.advance(60_000);
        const fault = await faultOf(endpoint, { holder, caller, place });
        if (fault !== undefined) wrong.push(`${endpoint.id} on ${place}: ${fault}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(calls).toBeGreaterThan(40);
  });
});

/** The administrator's session ends after a while, and the clock of this table goes fast. */
async function freshAdmin(): Promise<Person> {
  admin = await administrator(server);
  return admin;
}

/** What is granted by a body lies where the body says. */
function bodyFor({ id }: Endpoint, place: Place): unknown {
  const body = sampleBodies[id];
  if (id !== "createException" || place !== "theirs") return body;
  return { ...Object(body), scope: { hosts: ["theirs-1"] } };
}

interface Ask {
  readonly holder: Holder;
  readonly caller: Person;
  readonly place: Place;
}

async function faultOf(endpoint: Endpoint, { holder, caller, place }: Ask): Promise<string | undefined> {
  const before = server.audited.length;
  const headers = endpoint.conditional === true ? { "if-none-match": "*" } : {};
  const reply = await caller.call(
    endpoint.method,
    pathFor(endpoint, place),
    bodyFor(endpoint, place),
    headers,
  );
  const expected = expectedOf(endpoint, holder, place);
  const { code } = reply.json;
  if (!answers[expected](reply.status, code)) {
    return `expected to be ${expected}, was answered ${reply.status} ${code} ${reply.json.detail ?? ""}`;
  }
  return recordFaultOf(endpoint, { expected, code, from: before, holder });
}

/** Every refusal, every act that is put off and every change has left what it must. */
function recordFaultOf(
  endpoint: Endpoint,
  { expected, code, from, holder }: { expected: Expected; code: unknown; from: number; holder: Holder },
): string | undefined {
  const said = server.audited
    .slice(from)
    .map(({ action, data }) => `${action} ${data.stage} ${data.outcome}`);
  const has = (start: string) => said.some((line) => line.startsWith(start));
  const byHandler = holder.isToken === true && needsBrowser.has(endpoint.id);
  if (expected === "stranger" || expected === "hidden" || (expected === "denied" && !byHandler)) {
    return has(`${endpoint.id} fact refused`) ? undefined : `the refusal left no record: ${said}`;
  }
  if (expected === "put off") {
    const asked = `${endpoint.id}.requested`;
    return has(`${asked} intent`) && has(`${asked} outcome done`)
      ? undefined
      : `what was put off left: ${said}`;
  }
  const neverRan = ["REQUEST_MALFORMED", "NOT_FOUND", "TOO_MANY_REQUESTS", "REVISION_MISSING"].includes(
    String(code),
  );
  if (expected === "somebody else's" || endpoint.method === "GET" || endpoint.audit === "none" || neverRan)
    return undefined;
  return has(`${endpoint.id} intent`) && has(`${endpoint.id} outcome`)
    ? undefined
    : `the change left: ${said}`;
}
