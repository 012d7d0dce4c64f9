import { containsScope } from "@pratique/access";
import type { PeopleStore, StoredGrant } from "@pratique/store";
import { ServerError } from "../errors.ts";
import { type RoleByName, rolesIn } from "./directory.ts";

/**
 * Makes a change of who may do what, unless nobody were left afterwards who can give every role: that could not be
 * undone. Throws `CONFLICT`.
 */
export async function keepingAWayIn<Result>(
  people: PeopleStore,
  change: (people: PeopleStore) => Promise<Result>,
): Promise<Result> {
  return await people.together(async (inside) => {
    const before = await somebodyGivesRoles(inside);
    const result = await change(inside);
    if (before && !(await somebodyGivesRoles(inside))) {
      throw new ServerError("CONFLICT", "nobody would be left who can give roles");
    }
    return result;
  });
}

/** Grants that end do not count: one day, nobody would be left. */
async function somebodyGivesRoles(people: PeopleStore): Promise<boolean> {
  const roleOf = await rolesIn(people);
  const holders = (await people.grants.all()).filter((grant) => givesRoles(grant, roleOf));
  const accounts = new Set(holders.filter(({ holder }) => holder.kind === "account").map(idOf));
  const groups = new Set(holders.filter(({ holder }) => holder.kind === "group").map(idOf));
  const active = await people.accounts.active();
  return active.some((account) => accounts.has(account.id) || account.groups.some((id) => groups.has(id)));
}

function givesRoles({ role, scope, expiresAt }: StoredGrant, roleOf: RoleByName): boolean {
  return (
    expiresAt === null && roleOf(role)?.permissions["roles.write"] === "allow" && containsScope(scope, {})
  );
}

function idOf({ holder }: StoredGrant): string {
  return holder.id;
}
