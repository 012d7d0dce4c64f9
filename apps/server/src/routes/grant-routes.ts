import { randomUUID } from "node:crypto";
import { missingToGrant } from "@pratique/access";
import { createGrant, deleteGrant, type Grant, listGrants } from "@pratique/api";
import type { StoredGrant } from "@pratique/store";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { rolesIn } from "../people/directory.ts";
import { keepingAWayIn } from "../people/way-in.ts";

/** Who holds which role where. */
export function bindGrants(binder: Binder, { store, now }: Context): void {
  const { people } = store;

  binder.bind(listGrants, async ({ query }) => {
    const { items, nextCursor, total } = await people.grants.list(query);
    return { items: items.map(grantEntryOf), nextCursor, total };
  });

  binder.bind(createGrant, async ({ body, caller }) => {
    const { holder, scope, expiresAt } = body;
    const role = (await rolesIn(people))(body.role);
    if (role === undefined)
      throw new ServerError("NOT_FOUND", `there is no role ${JSON.stringify(body.role)}`);
    if (holder.kind === "account" && (await people.accounts.find(holder.id)) === undefined) {
      throw new ServerError("NOT_FOUND", `there is no account ${JSON.stringify(holder.id)}`);
    }
    if (expiresAt !== null && Date.parse(expiresAt) <= now()) {
      throw new ServerError("REQUEST_MALFORMED", "the grant would end before it begins");
    }
    const [missing] = missingToGrant(caller.principal, role, { scope, until: expiresAt });
    if (missing !== undefined) {
      throw new ServerError("MORE_THAN_HELD", `you do not hold ${missing} there yourself, or not as long`);
    }
    const grant: StoredGrant = {
      id: randomUUID(),
      holder,
      role: role.name,
      scope,
      createdAt: new Date(now()).toISOString(),
      createdBy: caller.name,
      expiresAt,
    };
    await people.grants.add(grant);
    return grantEntryOf(grant);
  });

  binder.bind(deleteGrant, async ({ params }) => {
    await keepingAWayIn(people, async (inside) => {
      if ((await inside.grants.find(params.grantId)) === undefined) {
        throw new ServerError("NOT_FOUND", `there is no grant ${JSON.stringify(params.grantId)}`);
      }
      await inside.grants.remove(params.grantId);
    });
    return undefined;
  });
}

function grantEntryOf({ holder, ...grant }: StoredGrant): Grant {
  return { ...grant, holder: { ...holder } };
}
