import { randomUUID } from "node:crypto";
import { builtInRoles, missingToGrant } from "@pratique/access";
import { deleteRole, listRoles, putRole, type RoleEntry } from "@pratique/api";
import { type Permission, permissions, type Role } from "@pratique/core";
import type { Binder } from "../bind.ts";
import { missing, type SetUp, stale } from "../calls/stale.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { neverPutOff } from "../people/put-off.ts";
import { keepingAWayIn } from "../people/way-in.ts";

/** Built-in roles are part of the program: they never change. */
const BUILT_IN_REVISION = "built-in";
const MAX_ROLES = 500;

/** The roles. */
export function bindRoles(binder: Binder, { store }: Context): void {
  const { people } = store;

  binder.bind(listRoles, async () => {
    const holders = await people.grants.holders();
    const entry = (role: Role, revision: string) => entryOf(role, revision, holders.get(role.name) ?? 0);
    const own = (await people.roles.list()).map((role) => entry(role, role.revision));
    return { items: [...builtInRoles.map((role) => entry(role, BUILT_IN_REVISION)), ...own] };
  });

  binder.bind(putRole, async ({ params, body, caller, revision }) => {
    refuseBuiltIn(params.role);
    refusePutOff(body.permissions);
    const role = { name: params.role, ...body, revision: randomUUID() };
    const [notHeld] = missingToGrant(
      caller.principal,
      { ...role, builtIn: false },
      { scope: {}, until: null },
    );
    if (notHeld !== undefined) {
      throw new ServerError(
        "MORE_THAN_HELD",
        `you do not hold ${notHeld} everywhere yourself, or not for ever`,
      );
    }
    await keepingAWayIn(people, async (inside) => {
      if (revision === "new") {
        if ((await inside.roles.list()).length >= MAX_ROLES) {
          throw new ServerError("CONFLICT", `there are ${MAX_ROLES} roles already`);
        }
        if (!(await inside.roles.add(role))) throw stale(roleNamed(params.role), revision);
      } else if (!(await inside.roles.change(role, revision))) {
        if ((await inside.roles.find(params.role)) === undefined) throw missing(roleNamed(params.role));
        throw stale(roleNamed(params.role), revision);
      }
    });
    const holders = (await people.grants.holders()).get(role.name) ?? 0;
    return entryOf({ ...role, builtIn: false }, role.revision, holders);
  });

  binder.bind(deleteRole, async ({ params }) => {
    refuseBuiltIn(params.role);
    await people.together(async (inside) => {
      if ((await inside.roles.find(params.role)) === undefined) throw missing(roleNamed(params.role));
      if ((await inside.grants.holders()).has(params.role)) {
        throw new ServerError("CONFLICT", "somebody holds the role: take it away from them first");
      }
      await inside.roles.remove(params.role);
    });
    return undefined;
  });
}

function refuseBuiltIn(name: string): void {
  if (builtInRoles.some((role) => role.name === name)) {
    throw new ServerError("CONFLICT", "built-in roles stay as they are");
  }
}

function refusePutOff(held: RoleEntry["permissions"]): void {
  const wrong = permissions.filter(
    (permission) => held[permission] === "needs-approval" && neverPutOff.has(permission),
  );
  if (wrong.length === 0) return;
  throw new ServerError("REQUEST_MALFORMED", "what reads cannot wait for a second person", {
    members: {
      errors: wrong.map((permission: Permission) => ({
        path: `body.permissions.${permission}`,
        message: "expected allow",
      })),
    },
  });
}

function entryOf(
  { name, description, builtIn, permissions: held }: Role,
  revision: string,
  holders: number,
): RoleEntry {
  return { name, description, builtIn, permissions: { ...held }, revision, holders };
}

function roleNamed(id: string): SetUp {
  return { kind: "role", parameter: "role", id };
}
