import { builtInRoles } from "@pratique/access";
import {
  agentEndpoints,
  type ContainerReport,
  type Endpoint,
  fillPath,
  operatorEndpoints,
  publicEndpoints,
  showHost,
} from "@pratique/api";
import { type Effect, type Permission, permissions, type Scope } from "@pratique/core";
import { beginLearning, ImageLearner } from "@pratique/profile";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { neverPutOff } from "./people/put-off.ts";
import { readReported } from "./runtime/learned-profile.ts";
import { accessLines } from "./testdata/access-lines.ts";
import { letThroughAs } from "./testdata/let-through.ts";
import { administrator, nobody, type Person, person, tokenOf } from "./testdata/people.ts";
import { sampleBodies } from "./testdata/sample-bodies.ts";
import {
  detectionData,
  digestOf,
  launchData,
  runtimeChainOf,
  sampleHost,
  sampleReport,
} from "./testdata/samples.ts";
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
  /** Where it is held. */
  readonly part: Part;
  /** Tokens sign nobody in or out, and make no tokens. */
  readonly isToken?: true;
  become(server: TestServer, admin: Person): Promise<Person>;
}

type Expected =
  | "stranger"
  | "denied"
  | "hidden"
  | "not there"
  | "put off"
  | "let through"
  | "somebody else's";
type Place = "mine" | "theirs";
type Part = "everything" | "hosts" | "labels" | "registries";

/** Each part holds all that lies at the place `mine`, as far as things have what it goes by. */
const scopes: Readonly<Record<Part, Scope>> = {
  everything: {},
  hosts: { hosts: ["mine-*"] },
  labels: { labels: { team: ["mine"] } },
  registries: { registries: ["mine-1.example/*"] },
};
const parts = ["hosts", "labels", "registries"] as const;
/** What has an image, by which a part of registries knows it. */
const fromRegistries = new Set<Endpoint["on"]>(["image", "container", "launch", "detection", "registry"]);

function holderOf(role: string, part: Part, held: Holder["held"] = builtIn(role)): Holder {
  const login = `table-${role}-${part}`;
  return {
    name: part === "everything" ? role : `${role} of a part by ${part}`,
    held,
    part,
    become: (server, admin) => person(server, admin, { login, held: [{ role, scope: scopes[part] }] }),
  };
}

function builtIn(role: string): Holder["held"] {
  return builtInRoles.find(({ name }) => name === role)?.permissions ?? {};
}

const cautious: Readonly<Partial<Record<Permission, Effect>>> = Object.fromEntries(
  permissions.map((permission) => [permission, neverPutOff.has(permission) ? "allow" : "needs-approval"]),
);
/** A role that somebody made: neither a reader nor an administrator, and half of it waits for a second person. */
const custom: Readonly<Partial<Record<Permission, Effect>>> = {
  "approvals.read": "allow",
  "containers.respond": "needs-approval",
  "containers.read": "allow",
  "exceptions.grant": "allow",
  "hosts.read": "allow",
  "images.scan": "needs-approval",
  "overview.read": "allow",
  "policies.write": "needs-approval",
};
/** Enough to give the role of a viewer away. */
const tokenHeld: readonly Permission[] = permissions.filter(
  (permission) => permission in builtIn("viewer") || ["accounts.read", "roles.write"].includes(permission),
);

const holders: readonly Holder[] = [
  { name: "nobody", held: {}, part: "everything", become: async (server) => nobody(server) },
  ...builtInRoles.map(({ name }) => holderOf(name, "everything")),
  ...builtInRoles.flatMap(({ name }) => parts.map((part) => holderOf(name, part))),
  holderOf("cautious", "everything", cautious),
  holderOf("custom", "everything", custom),
  ...parts.map((part) => holderOf("custom", part, custom)),
  {
    name: "token",
    held: Object.fromEntries(tokenHeld.map((permission) => [permission, "allow" as const])),
    part: "everything",
    isToken: true,
    become: (server, admin) => tokenOf(server, admin, { permissions: tokenHeld }),
  },
];

const needsBrowser = new Set(["signOut", "setPassword", "createToken", "listOwnSessions", "endOwnSession"]);

function expectedOf(endpoint: Endpoint, holder: Holder, place: Place): Expected {
  const { permission, on, method } = endpoint;
  if (permission === "public") return "let through";
  // It proves itself with what it sends, and nobody here is one.
  if (permission === "registry") return "stranger";
  if (holder.name === "nobody") return "stranger";
  if (permission === "session" && on === "approval") {
    if (!maySeeApproval(holder, place)) return "not there";
    return method === "GET" ? "let through" : "somebody else's";
  }
  if (permission === "session") {
    return holder.isToken === true && needsBrowser.has(endpoint.id) ? "denied" : "let through";
  }
  const effect = Object.entries(holder.held).find(([name]) => name === permission)?.[1];
  if (effect === undefined) return "denied";
  if (on === "list") return "let through";
  const isThing = !["installation", "body", "self"].includes(on);
  const isCovered = covers(holder.part, on, place);
  // Nobody here may do something to a thing whose like they may not read.
  if (!isCovered) return isThing ? "hidden" : "denied";
  if (effect === "allow") return "let through";
  return method === "GET" ? "denied" : "put off";
}

/** What waits for a second person is shown to whoever asked, and to those who read of it or decide on it there. */
function maySeeApproval({ held, part }: Holder, place: Place): boolean {
  const reads = [held["approvals.read"], held["approvals.decide"]].includes("allow");
  return reads && covers(part, "approval", place);
}

function covers(part: Part, on: Endpoint["on"], place: Place): boolean {
  if (part === "everything") return true;
  if (place === "theirs" || ["installation", "self"].includes(on)) return false;
  // A registry lies on no host.
  if (on === "registry") return part === "registries";
  return part !== "registries" || fromRegistries.has(on);
}

/** The things that the calls are about lie on one host of each kind. */
function placesOf({ id, on }: Endpoint): readonly Place[] {
  if (["installation", "list", "self"].includes(on)) return ["mine"];
  return on === "body" && id !== "createException" ? ["theirs"] : ["mine", "theirs"];
}

/** The parameters that name a thing at a place; all others name none that there is. */
const things: Record<Place, Record<string, string>> = { mine: {}, theirs: {} };

/** The log has a first entry. */
const inTheLog: Readonly<Record<string, string>> = {
  index: "0",
  level: "0",
  tile: "000.p/1",
  bundle: "000.p/1",
};

function pathFor(endpoint: Endpoint, place: Place): string {
  return fillPath(endpoint, (name) => inTheLog[name] ?? encodeURIComponent(things[place][name] ?? "none-1"));
}

const refusals: Readonly<
  Record<Exclude<Expected, "let through">, (status: number, code: unknown) => boolean>
> = {
  stranger: (status, code) => status === 401 && code === "NOT_SIGNED_IN",
  denied: (status, code) => status === 403 && code === "PERMISSION_DENIED",
  hidden: (status, code) => status === 404 && code === "NOT_FOUND",
  "put off": (status) => status === 202,
  "not there": (status, code) => status === 404 && code === "NOT_FOUND",
  // Whoever asked for it may take it back, and nobody else.
  "somebody else's": (status, code) => status === 403 && code === "PERMISSION_DENIED",
};

function isLetThrough({ id }: Endpoint, status: number, code: unknown): boolean {
  if (code === undefined)
    return [200, 204, ...(["startOidc", "finishOidc"].includes(id) ? [303] : [])].includes(status);
  answered.add(`${id} ${code}`);
  return letThroughAs[id]?.codes.includes(String(code)) ?? false;
}

let server: TestServer;
let admin: Person;

beforeAll(async () => {
  server = await testServer({ agents: { port: 0 } });
  admin = await administrator(server);
  for (const [name, held] of Object.entries({ cautious, custom })) {
    const role = { description: "", permissions: held };
    await admin.call("PUT", `/api/v1/roles/${name}`, role, { "if-none-match": "*" });
  }
  const policy = { text: "", scope: {} };
  await admin.call("PUT", "/api/v1/policies/table", policy, { "if-none-match": "*" });
  await admin.call("PUT", "/api/v1/rule-files/table", policy, { "if-none-match": "*" });
  const asker = await person(server, admin, { login: "asker", held: [{ role: "operator" }] });
  for (const place of ["mine", "theirs"] as const) {
    const host = `${place}-1`;
    await placeOnHost(host);
    things[place] = {
      host,
      accountId: asker.id,
      policy: "table",
      ruleFile: "table",
      rule: "Interactive shell in container",
      launchId: `log-${host}.1`,
      detectionId: `log-${host}.2`,
      containerId: `${host}~c1`,
      imageId: digestOf(imageOn(host)),
      image: digestOf(imageOn(host)),
      exceptionId: await grantedOn(host),
      approvalId: await askedOn(host, asker),
      registryId: await registryOf(host),
    };
  }
});

function imageOn(host: string): string {
  return `${host}.example/app`;
}

/** A host, a launch there, a container and an image. */
async function placeOnHost(host: string): Promise<void> {
  const reference = imageOn(host);
  const logId = `log-${host}`;
  const status = {
    ...sampleHost,
    host: { ...sampleHost.host, name: host, labels: { team: host.startsWith("mine") ? "mine" : "theirs" } },
    record: { ...sampleHost.record, logId },
  };
  await server.agent("/agent/v1/host", { method: "PUT", body: status });
  const records = runtimeChainOf([
    { class: "verdict", action: "launch.denied", data: launchData(reference) },
    { class: "detection", data: detectionData(reference) },
  ]);
  const batch = { logId, host, records };
  const reply = await server.agent("/agent/v1/records", { method: "POST", body: batch });
  if (reply.status !== 200) throw new Error(reply.text);
  const report = sampleReport(reference);
  const imageId = digestOf(reference);
  const container: ContainerReport = {
    id: "c1",
    name: "app",
    image: reference,
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
  const sight = { systemCalls: "some", capabilities: "implied" } as const;
  const learning = new ImageLearner({ host, sight }, beginLearning(imageId)).toDocument();
  const told = { image: imageId, names: [reference], lastEventAt: null, architecture: "amd64" };
  await store.runtime.profiles.put({
    host,
    takenAt: "2026-11-24T12:29:00.000Z",
    known: [imageId],
    leftOut: 0,
    profiles: [readReported({ ...told, learning: { ...learning } })],
  });
  await store.close();
}

/** All that is in a registry whose name is that of the host's images. */
async function registryOf(host: string): Promise<string> {
  const body = { ...Object(sampleBodies.putRegistry), address: `${host}.example` };
  await admin.call("PUT", `/api/v1/registries/${host}`, body);
  return host;
}

async function grantedOn(host: string): Promise<string> {
  const body = { ...Object(sampleBodies.createException), scope: { hosts: [host] } };
  return String((await admin.call("POST", "/api/v1/exceptions", body)).json.id);
}

async function askedOn(host: string, asker: Person): Promise<string> {
  const reply = await asker.call("POST", `/api/v1/hosts/${host}/gate`, sampleBodies.setGateMode);
  return String(reply.json.approvalId);
}

/** Which of the refusals that the table takes for an answer there were. */
const answered = new Set<string>();

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

it("is about things that there are", async () => {
  for (const { on, method, path, permission } of publicEndpoints) {
    if (
      method !== "GET" ||
      !["host", "launch", "detection", "container", "image", "registry", "approval"].includes(on)
    )
      continue;
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

it("asks of each endpoint for what is written down for it", () => {
  const written = Object.entries(accessLines).flatMap(([line, ids]) => ids.map((id) => `${id}: ${line}`));
  const asked = [...publicEndpoints, ...agentEndpoints, ...operatorEndpoints].map(
    ({ id, permission, on }) => `${id}: ${permission} on ${on}`,
  );
  expect(asked.toSorted()).toEqual(written.toSorted());
});

it("leaves no endpoint without somebody who must be allowed", () => {
  const known = new Set<string>(["public", "session", "registry", ...permissions]);
  expect(publicEndpoints.filter(({ permission }) => !known.has(permission))).toEqual([]);
  expect(publicEndpoints.filter(({ permission }) => permission === "public").map(({ id }) => id)).toEqual([
    "showOpenApi",
    "signIn",
    "startOidc",
    "finishOidc",
    "signInWithPassword",
    "listSignInMethods",
    "showLiveness",
    "showReadiness",
  ]);
});

it("takes no refusal by the guard for an answer of the handler", () => {
  const guards = ["NOT_SIGNED_IN", "PERMISSION_DENIED", "REQUEST_MALFORMED", "TOO_MANY_REQUESTS"];
  for (const [id, { codes, because }] of Object.entries(letThroughAs)) {
    const endpoint = publicEndpoints.find((each) => each.id === id);
    // What is not there and what is hidden are answered alike: things that scopes tell apart must be there.
    const hides = ["host", "launch", "detection", "container", "image", "exception", "registry", "approval"];
    const forbidden = [...guards, ...(hides.includes(endpoint?.on ?? "") ? ["NOT_FOUND"] : [])];
    expect([id, codes.filter((code) => forbidden.includes(code))]).toEqual([id, []]);
    expect([id, endpoint?.id, because]).toEqual([id, id, expect.stringMatching(/\w{3}/u)]);
  }
});

describe.each(holders)("called by $name", (holder) => {
  it("each endpoint answers as the rules say, and the record tells of it", async () => {
    // The guesses of the one before are forgiven.
    server.clock.advance(3_600_000);
    const caller = await holder.become(server, await freshAdmin());
    const wrong: string[] = [];
    let calls = 0;
    // Whoever signs out calls nothing any more.
    const order = publicEndpoints.toSorted(
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

/** What is granted by a body lies where the body says. Nobody gives a token more than the part that they hold. */
function bodyFor({ id }: Endpoint, { part }: Holder, place: Place): unknown {
  const body = sampleBodies[id];
  if (id === "createToken") return { ...Object(body), scope: scopes[part] };
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
    bodyFor(endpoint, holder, place),
    headers,
  );
  const expected = expectedOf(endpoint, holder, place);
  const { code } = reply.json;
  const isRight =
    expected === "let through"
      ? isLetThrough(endpoint, reply.status, code)
      : refusals[expected](reply.status, code);
  if (!isRight) {
    return `expected to be ${expected}, was answered ${reply.status} ${code} ${reply.json.detail ?? ""}`;
  }
  return recordFaultOf(endpoint, { expected, from: before, holder });
}

/** Every refusal, every act that is put off and every change has left what it must. */
function recordFaultOf(
  endpoint: Endpoint,
  { expected, from, holder }: { expected: Expected; from: number; holder: Holder },
): string | undefined {
  const said = server.audited
    .slice(from)
    .map(({ action, data }) => `${action} ${data.stage} ${data.outcome}`);
  const has = (start: string) => said.some((line) => line.startsWith(start));
  const byHandler = holder.isToken === true && needsBrowser.has(endpoint.id);
  // Who says to be a registry is refused by the handler, under a name of its own.
  if (endpoint.permission === "registry") {
    return has("registry.push-refused fact refused") ? undefined : `the refusal left no record: ${said}`;
  }
  if (expected === "stranger" || expected === "hidden" || (expected === "denied" && !byHandler)) {
    return has(`${endpoint.id} fact refused`) ? undefined : `the refusal left no record: ${said}`;
  }
  if (expected === "put off") {
    const asked = `${endpoint.id}.requested`;
    return has(`${asked} intent`) && has(`${asked} outcome done`)
      ? undefined
      : `what was put off left: ${said}`;
  }
  if (expected === "not there" || endpoint.method === "GET" || endpoint.audit === "none") return undefined;
  return has(`${endpoint.id} intent`) && has(`${endpoint.id} outcome`)
    ? undefined
    : `the change left: ${said}`;
}

it("leaves nothing in the table that is never answered", () => {
  const listed = Object.entries(letThroughAs).flatMap(([id, { codes }]) =>
    codes.map((code) => `${id} ${code}`),
  );
  expect(listed.filter((line) => !answered.has(line))).toEqual([]);
});
