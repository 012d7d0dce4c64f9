import type { Effect, Holding, Permission, Principal, Resource, Role, Scope } from "@pratique/core";
import { array, assert, constantFrom, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import {
  builtInRoles,
  decide,
  holdsAnywhere,
  mayApprove,
  missingToGrant,
  shows,
  visibility,
} from "./index.ts";

function roleOf(permissions: Partial<Record<Permission, Effect>>, name = "custom"): Role {
  return { name, description: "", builtIn: false, permissions };
}

function holding(
  permissions: Partial<Record<Permission, Effect>>,
  scope: Scope = {},
): Principal["holdings"][number] {
  return { role: roleOf(permissions), scope };
}

const host: Resource = { hosts: [{ name: "web-1", labels: { env: "test" } }] };
const principal = (...holdings: Principal["holdings"]): Principal => ({ account: "ann", holdings });

describe("a decision", () => {
  it.each<[string, Principal, string, string]>([
    ["nobody", principal(), "deny", "no role holds containers.respond"],
    [
      "another permission",
      principal(holding({ "hosts.read": "allow" })),
      "deny",
      "no role holds containers.respond",
    ],
    ["the permission", principal(holding({ "containers.respond": "allow" })), "allow", "role custom"],
    [
      "the permission elsewhere",
      principal(holding({ "containers.respond": "allow" }, { hosts: ["db-*"] })),
      "deny",
      "no scope in which containers.respond is held covers it",
    ],
    [
      "a marked permission",
      principal(holding({ "containers.respond": "needs-approval" })),
      "needs-approval",
      "role custom",
    ],
    [
      "the freer of two",
      principal(
        holding({ "containers.respond": "needs-approval" }),
        holding({ "containers.respond": "allow" }),
      ),
      "allow",
      "role custom",
    ],
    [
      "the freer one elsewhere only",
      principal(
        holding({ "containers.respond": "needs-approval" }),
        holding({ "containers.respond": "allow" }, { hosts: ["db"] }),
      ),
      "needs-approval",
      "role custom",
    ],
    [
      "a token without it",
      {
        ...principal(holding({ "containers.respond": "allow" })),
        limit: { permissions: ["hosts.read"], scope: {} },
      },
      "deny",
      "the token does not hold containers.respond",
    ],
    [
      "a token for elsewhere",
      {
        ...principal(holding({ "containers.respond": "allow" })),
        limit: { permissions: ["containers.respond"], scope: { hosts: ["db"] } },
      },
      "deny",
      "the token's scope does not cover it",
    ],
    [
      "a token of somebody who lost it",
      { ...principal(), limit: { permissions: ["containers.respond"], scope: {} } },
      "deny",
      "no role holds containers.respond",
    ],
  ])("for %s", (_, who, decision, because) => {
    expect(decide(who, "containers.respond", host)).toEqual({ decision, because });
  });

  it("takes nothing from what a role inherits from the language", () => {
    const permissions: Role["permissions"] = Object.create({ "roles.write": "allow" });
    expect(
      decide(principal({ role: { ...roleOf({}), permissions }, scope: {} }), "roles.write", {}).decision,
    ).toBe("deny");
    expect(
      missingToGrant(
        principal({ role: { ...roleOf({}), permissions }, scope: {} }),
        roleOf({ "roles.write": "allow" }),
        { scope: {} },
      ),
    ).toEqual(["roles.write"]);
  });
});

it.each<[string, Holding["endsAt"], string | null | undefined, boolean]>([
  ["what ends, for ever", "2026-12-01T00:00:00Z", null, false],
  ["what ends, for longer", "2026-12-01T00:00:00Z", "2026-12-01T00:00:00.001Z", false],
  ["what ends, as long", "2026-12-01T00:00:00.000Z", "2026-12-01T00:00:00Z", true],
  ["what ends, to what ends with it", "2026-12-01T00:00:00Z", undefined, true],
  ["what has no end, for ever", undefined, null, true],
  ["what has no end, for a while", undefined, "2026-12-01T00:00:00Z", true],
])("gives away %s: %s until %s", (_, endsAt, until, may) => {
  const role = roleOf({ "hosts.read": "allow" });
  const giver = principal({ role, scope: {}, ...(endsAt !== undefined && { endsAt }) });
  const missing = missingToGrant(giver, role, { scope: {}, ...(until !== undefined && { until }) });
  expect(missing).toEqual(may ? [] : ["hosts.read"]);
});

const effects = constantFrom<Effect>("allow", "needs-approval");
const held = record({ "hosts.read": effects, "containers.respond": effects }, { requiredKeys: [] });
const scopes = constantFrom<Scope>(
  {},
  { hosts: ["web-*"] },
  { hosts: ["web-1"] },
  { labels: { env: ["test"] } },
);
const principals = array(record({ role: held.map((each) => roleOf(each)), scope: scopes }), {
  maxLength: 3,
}).map((holdings): Principal => ({ account: "ann", holdings }));

describe("the laws", () => {
  it("a list shows what a decision allows at once", () => {
    assert(
      property(principals, constantFrom<Resource>({}, host), (who, resource) => {
        const seen = shows(visibility(who, "hosts.read"), resource);
        return seen === (decide(who, "hosts.read", resource).decision === "allow");
      }),
    );
  });

  it("who holds a permission nowhere is denied everywhere", () => {
    assert(
      property(principals, constantFrom<Resource>({}, host), (who, resource) => {
        return (
          holdsAnywhere(who, "containers.respond") ||
          decide(who, "containers.respond", resource).decision === "deny"
        );
      }),
    );
  });

  it("a role more never takes anything away", () => {
    const rank = { deny: 0, "needs-approval": 1, allow: 2 };
    assert(
      property(principals, principals, (who, more) => {
        const both = { ...who, holdings: [...who.holdings, ...more.holdings] };
        const before = decide(who, "containers.respond", host).decision;
        return rank[decide(both, "containers.respond", host).decision] >= rank[before];
      }),
    );
  });

  it("what was given away is never more than the giver holds", () => {
    assert(
      property(principals, held, scopes, (giver, given, scope) => {
        const role = roleOf(given);
        if (missingToGrant(giver, role, { scope }).length > 0) return true;
        const taker: Principal = { account: "bob", holdings: [{ role, scope }] };
        const rank = { deny: 0, "needs-approval": 1, allow: 2 };
        return (["hosts.read", "containers.respond"] as const).every(
          (permission) =>
            rank[decide(taker, permission, host).decision] <= rank[decide(giver, permission, host).decision],
        );
      }),
    );
  });

  it("a token never may more than its account", () => {
    assert(
      property(principals, scopes, (who, scope) => {
        const token = { ...who, limit: { permissions: ["containers.respond" as const], scope } };
        const decision = decide(token, "containers.respond", host).decision;
        return decision === "deny" || decision === decide(who, "containers.respond", host).decision;
      }),
    );
  });
});

describe("the second person", () => {
  const act = { requester: "ann", permission: "containers.respond" as const, resource: host };
  const judge = { "approvals.decide": "allow", "containers.respond": "needs-approval" } as const;

  it.each<[string, Principal, boolean]>([
    ["is another who may decide and may ask", { account: "bob", holdings: [holding(judge)] }, true],
    ["is not the one who asked", { account: "ann", holdings: [holding(judge)] }, false],
    ["holds the act", { account: "bob", holdings: [holding({ "approvals.decide": "allow" })] }, false],
    ["holds the act there", { account: "bob", holdings: [holding(judge, { hosts: ["db"] })] }, false],
    ["may decide", { account: "bob", holdings: [holding({ "containers.respond": "allow" })] }, false],
    [
      "decides freely",
      {
        account: "bob",
        holdings: [holding({ "approvals.decide": "needs-approval", "containers.respond": "allow" })],
      },
      false,
    ],
  ])("%s", (_, who, may) => {
    expect(mayApprove(who, act).may).toBe(may);
  });

  it("does not count what the requester gave", () => {
    const right = { "approvals.decide": "allow", "containers.respond": "needs-approval" } as const;
    const act = {
      requester: "bob",
      requesterName: "bob",
      permission: "containers.respond",
      resource: host,
    } as const;
    const owed = { ...holding(right), givenBy: "bob" };
    expect(mayApprove(principal(owed), act)).toEqual({
      may: false,
      because: "no role holds approvals.decide that the requester did not give",
    });
    expect(mayApprove(principal(owed, { ...holding(right), givenBy: "carl" }), act).may).toBe(true);
    expect(mayApprove(principal(holding(right)), act).may).toBe(true);
  });
});

describe("the built-in roles", () => {
  it("are sorted by name, each once", () => {
    const names = builtInRoles.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)].sort());
  });

  it.each(["viewer", "auditor"])("the %s changes nothing", (name) => {
    const role = builtInRoles.find((each) => each.name === name);
    expect(Object.keys(role?.permissions ?? {}).filter((held) => !/\.(?:read|export)$/u.test(held))).toEqual(
      [],
    );
  });

  it("only the administrator gives roles, and holds everything freely", () => {
    const givers = builtInRoles.filter(({ permissions }) => permissions["roles.write"] !== undefined);
    expect(givers.map(({ name }) => name)).toEqual(["administrator"]);
    expect(new Set(Object.values(givers[0]?.permissions ?? {}))).toEqual(new Set(["allow"]));
  });
});
