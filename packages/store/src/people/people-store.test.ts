import { afterEach, beforeEach, expect, it } from "vitest";
import {
  openStore,
  type Store,
  type StoredAccount,
  type StoredApproval,
  type StoredGrant,
} from "../index.ts";
import { describeOnEach, type TestDatabase } from "../testdata/databases.ts";

const ann: StoredAccount = {
  id: "a-1",
  login: "Ann",
  displayName: "Ann Example",
  email: "ann@example.org",
  source: "local",
  subject: null,
  state: "active",
  breakGlass: false,
  createdAt: "2026-11-25T10:00:00.000Z",
  lastSignInAt: null,
  groups: [],
  passwordHash: null,
};

const grant: StoredGrant = {
  id: "g-1",
  holder: { kind: "account", id: "a-1" },
  role: "viewer",
  scope: { hosts: ["web-*"] },
  createdAt: "2026-11-25T10:00:00.000Z",
  createdBy: "a-0",
  expiresAt: null,
};

const approval: StoredApproval = {
  id: "p-1",
  state: "pending",
  endpoint: "respondToContainer",
  permission: "containers.respond",
  subject: { kind: "container", id: "c-1" },
  resources: [{ hosts: [{ name: "web-1", labels: { env: "test" } }] }],
  sealedCall: "sealed",
  details: { reason: "it mines" },
  reason: "it mines",
  requestedBy: "a-1",
  requestedAt: "2026-11-25T10:00:00.000Z",
  expiresAt: "2026-11-26T10:00:00.000Z",
  decidedBy: null,
  decidedAt: null,
  comment: "",
  failure: null,
};

describeOnEach((make) => {
  let database: TestDatabase;
  let store: Store;

  beforeEach(async () => {
    database = await make();
    store = await openStore(database.options);
  });

  afterEach(async () => {
    await store.close();
    await database[Symbol.asyncDispose]();
  });

  it("gives an account back as it came, by id, by login in any case and by subject", async () => {
    const { accounts } = store.people;
    expect(await accounts.any()).toBe(false);
    const bob = { ...ann, id: "a-2", login: "bob", source: "corp", subject: "s-7", groups: ["corp/admins"] };
    expect(await accounts.add(ann)).toBe(true);
    expect(await accounts.add(bob)).toBe(true);
    expect(await accounts.find("a-1")).toEqual(ann);
    expect(await accounts.findByLogin("aNN")).toEqual(ann);
    expect(await accounts.findBySubject("corp", "s-7")).toEqual(bob);
    expect(await accounts.findBySubject("other", "s-7")).toBeUndefined();
    expect(await accounts.any()).toBe(true);
  });

  it.each([
    ["id", { login: "other" }],
    ["login, case ignored", { id: "a-9", login: "ANN" }],
  ])("takes no second account with the same %s", async (_, change) => {
    await store.people.accounts.add(ann);
    expect(await store.people.accounts.add({ ...ann, ...change })).toBe(false);
  });

  it("pages through accounts by login, and finds a text taken literally", async () => {
    const { accounts } = store.people;
    for (const login of ["carl", "Ann", "bob", "d_e"])
      await accounts.add({ ...ann, id: `i-${login}`, login });
    const first = await accounts.list({ limit: 2 });
    expect(first).toMatchObject({ items: [{ login: "Ann" }, { login: "bob" }], total: 4 });
    const second = await accounts.list({ limit: 2, cursor: first.nextCursor ?? "" });
    expect(second).toMatchObject({ items: [{ login: "carl" }, { login: "d_e" }], nextCursor: null });
    expect((await accounts.list({ limit: 9, text: "d_E" })).total).toBe(1);
    expect((await accounts.list({ limit: 9, text: "' or 1=1" })).total).toBe(0);
    await expect(accounts.list({ limit: 2, cursor: "x" })).rejects.toMatchObject({
      code: "CURSOR_MALFORMED",
    });
  });

  it("changes what is named of an account and leaves the rest", async () => {
    await store.people.accounts.add(ann);
    const changed = await store.people.accounts.change("a-1", { state: "disabled", passwordHash: "h" });
    expect(changed).toEqual({ ...ann, state: "disabled", passwordHash: "h" });
    expect(await store.people.accounts.find("a-1")).toEqual(changed);
    expect(await store.people.accounts.active()).toEqual([]);
    expect(await store.people.accounts.change("a-9", {})).toBeUndefined();
  });

  it("keeps what several change of an account at once, so that a new password does not undo that it is disabled", async () => {
    const { accounts } = store.people;
    await accounts.add(ann);
    const changes = [
      { state: "disabled" as const },
      { passwordHash: "h" },
      { groups: ["corp/dev"] },
      { displayName: "Anna", email: null },
      { lastSignInAt: "2026-11-25T00:00:00.000Z" },
    ];
    await Promise.all(changes.map((change) => accounts.change("a-1", change)));
    expect(await accounts.find("a-1")).toEqual(Object.assign({ ...ann }, ...changes));
  });

  it("finds the grants of an account and of its groups, and of nobody else", async () => {
    const { grants } = store.people;
    const group = { ...grant, id: "g-2", holder: { kind: "group" as const, id: "corp/ops" } };
    const other = { ...grant, id: "g-3", holder: { kind: "account" as const, id: "corp/ops" } };
    for (const each of [grant, group, other]) await grants.add(each);
    expect(await grants.of("a-1", [])).toEqual([grant]);
    expect(await grants.of("a-1", ["corp/ops", "corp/dev"])).toEqual([grant, group]);
    expect(await grants.holders()).toEqual(new Map([["viewer", 3]]));
    expect(await grants.list({ limit: 5, account: "a-1" })).toMatchObject({ items: [grant], total: 1 });
    const page = await grants.list({ limit: 2, role: "viewer" });
    expect((await grants.list({ limit: 2, cursor: page.nextCursor ?? "" })).items).toEqual([other]);
    await grants.remove("g-1");
    expect(await grants.find("g-1")).toBeUndefined();
  });

  it("lets one of two who change a role at once win", async () => {
    const { roles } = store.people;
    const role = {
      name: "night",
      description: "",
      permissions: { "hosts.read": "allow" as const },
      revision: "r1",
    };
    expect(await roles.add(role)).toBe(true);
    expect(await roles.add(role)).toBe(false);
    const changes = await Promise.all(
      ["r2", "r3"].map((revision) => roles.change({ ...role, revision }, "r1")),
    );
    expect(changes.toSorted()).toEqual([false, true]);
    expect((await roles.list())[0]).toMatchObject({ name: "night", builtIn: false });
    await roles.remove("night");
    expect(await roles.find("night")).toBeUndefined();
  });

  it("ends a session when it is idle, when it is over, and when it is told", async () => {
    const { sessions } = store.people;
    const session = { id: "s-1", account: "a-1", method: "password", address: "192.0.2.1" };
    const at = (nowMs: number) => ({ nowMs, idleMs: 100 });
    await sessions.add({ ...session, token: "secret", createdAtMs: 0, expiresAtMs: 250 });
    expect(await sessions.find("secret", at(99))).toMatchObject(session);
    expect(await sessions.find("guess", at(99))).toBeUndefined();
    expect(await sessions.find("secret", at(100))).toBeUndefined();
    await sessions.touch("s-1", 99);
    expect(await sessions.findById("s-1", at(198))).toMatchObject(session);
    await sessions.touch("s-1", 198);
    expect(await sessions.find("secret", at(250))).toBeUndefined();
    await sessions.add({ ...session, id: "s-2", token: "t2", createdAtMs: 0, expiresAtMs: 250 });
    await sessions.add({ ...session, id: "s-3", token: "t3", createdAtMs: 1, expiresAtMs: 250 });
    await sessions.endAll("a-1", "s-3");
    expect((await sessions.list("a-1", at(50))).map(({ id }) => id)).toEqual(["s-3"]);
    await sessions.end("s-3");
    expect(await sessions.list("a-1", at(50))).toEqual([]);
  });

  it("ends a session that began while the clock was ahead, and no other", async () => {
    const { sessions } = store.people;
    const session = { id: "s-1", account: "a-1", method: "password", address: "192.0.2.1" };
    await sessions.add({ ...session, token: "secret", createdAtMs: 10_000, expiresAtMs: 10_250 });
    const at = (nowMs: number) => ({ nowMs, idleMs: 100 });
    expect(await sessions.find("secret", at(9950))).toMatchObject(session);
    expect(await sessions.find("secret", at(9900))).toBeUndefined();
    expect(await sessions.find("secret", at(0))).toBeUndefined();
    // Used while the clock was ahead: it is idle as one that was not used for as long.
    await sessions.add({ ...session, id: "s-2", token: "t2", createdAtMs: 0, expiresAtMs: 250 });
    await sessions.touch("s-2", 10_000);
    expect(await sessions.find("t2", at(50))).toBeUndefined();
  });

  it("stores neither the secret of a session nor that of a token", async () => {
    const canary = "canary-3f9d0c71";
    await store.people.sessions.add({
      id: "s-1",
      account: "a",
      method: "link",
      address: "",
      token: canary,
      createdAtMs: 0,
      expiresAtMs: 9,
    });
    const token = { id: "t-1", account: "a", name: "ci", permissions: ["images.read" as const], scope: {} };
    const times = { createdAt: "2026-11-25T10:00:00.000Z", expiresAt: "2026-12-25T10:00:00.000Z" };
    await store.people.tokens.add({ ...token, ...times, secret: canary });
    const found = await store.people.tokens.findBySecret(canary);
    expect(found).toEqual({ ...token, ...times, lastUsedAt: null, lastUsedFrom: null });
    const kept = [found, await store.people.sessions.find(canary, { nowMs: 1, idleMs: 9 })];
    expect(JSON.stringify(kept)).not.toContain(canary);
    await store.people.tokens.touch("t-1", "2026-11-25T11:00:00.000Z", "192.0.2.1");
    expect(await store.people.tokens.list({ limit: 1 })).toMatchObject({
      items: [{ lastUsedFrom: "192.0.2.1" }],
      total: 1,
    });
    expect(await store.people.tokens.remove("t-1")).toBe(true);
    expect(await store.people.tokens.remove("t-1")).toBe(false);
  });

  it("lists what waits, however much was asked for and taken back since", async () => {
    const { approvals } = store.people;
    await approvals.add(approval);
    const later = Array.from({ length: 2000 }, (_, at) => ({
      ...approval,
      id: `w-${at}`,
      state: "withdrawn" as const,
      requestedAt: "2026-11-25T11:00:00.000Z",
    }));
    await Promise.all(later.map((each) => approvals.add(each)));
    const listed = await approvals.newest("2026-11-25T12:00:00.000Z");
    expect(listed.map(({ id }) => id)).toContain("p-1");
    expect(listed).toHaveLength(2001);
    expect(await approvals.newest("2026-11-27T12:00:00.000Z")).toHaveLength(2000);
  });

  it("moves an approval on once, whoever else tries at the same moment", async () => {
    const { approvals } = store.people;
    await approvals.add(approval);
    expect(await approvals.find("p-1")).toEqual(approval);
    expect(await approvals.waitingOf("a-1", "2026-11-25T12:00:00.000Z")).toBe(1);
    expect(await approvals.waitingOf("a-1", "2026-11-27T12:00:00.000Z")).toBe(0);
    const to = {
      state: "approved" as const,
      decidedBy: "a-2",
      decidedAt: "x",
      comment: "yes",
      failure: null,
    };
    const moves = await Promise.all([1, 2, 3].map(() => approvals.move("p-1", "pending", to)));
    expect(moves.filter(Boolean)).toHaveLength(1);
    expect(await approvals.newest("2026-11-25T12:00:00.000Z")).toMatchObject([{ ...to }]);
  });

  it("answers a key once, and remembers what was answered until it expires", async () => {
    const { answers } = store.people;
    const key = { key: "k", fingerprint: "f", nowMs: 0, expiresAtMs: 100 };
    const takes = await Promise.all([1, 2, 3].map(() => answers.take(key)));
    expect(takes.toSorted()).toEqual(["taken", "underway", "underway"]);
    expect(await answers.take({ ...key, fingerprint: "g" })).toBe("other");
    await answers.keep("k", { status: 200, sealedBody: "b" }, 100);
    await answers.release("k");
    expect(await answers.take(key)).toEqual({ status: 200, sealedBody: "b" });
    expect(await answers.take({ ...key, nowMs: 100, expiresAtMs: 200 })).toBe("taken");
    await answers.release("k");
    expect(await answers.take({ ...key, nowMs: 100, expiresAtMs: 200 })).toBe("taken");
  });

  it("keeps identity providers", async () => {
    const provider = {
      id: "corp",
      name: "Corp",
      issuer: "https://id.example",
      clientId: "c",
      sealedSecret: null,
      groupsClaim: "groups",
      allowedGroups: ["ops"],
      enabled: true,
    };
    const { providers } = store.people;
    expect([await providers.put(provider, "r1"), await providers.put(provider, "new")]).toEqual([
      false,
      true,
    ]);
    const seen = (await providers.find("corp"))?.revision;
    expect(await providers.put({ ...provider, enabled: false }, seen)).toBe(true);
    expect(await providers.put({ ...provider, clientId: "other" }, seen)).toBe(false);
    expect(await providers.put(provider, "new")).toBe(false);
    expect(await providers.list()).toMatchObject([{ ...provider, enabled: false }]);
    expect(await providers.remove("corp")).toBe(true);
    expect(await providers.find("corp")).toBeUndefined();
  });

  it("undoes all of a change whose check throws", async () => {
    await expect(
      store.people.together(async (people) => {
        await people.accounts.add(ann);
        throw new Error("no");
      }),
    ).rejects.toThrow("no");
    expect(await store.people.accounts.any()).toBe(false);
  });
});
