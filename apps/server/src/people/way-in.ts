import { containsScope } from "@pratique/access";
import { type Permission, permissions } from "@pratique/core";
import type { PeopleStore, StoredAccount, StoredGrant } from "@pratique/store";
import { ServerError } from "../errors.ts";
import { type RoleByName, rolesIn } from "./directory.ts";

/**
 * Makes a change of who may do what, unless something could be given by nobody afterwards that somebody can give now:
 * that could not be undone, and would let whoever gives a few roles do away with those who give them all. Throws
 * `CONFLICT`.
 */
export async function keepingAWayIn<Result>(
  people: PeopleStore,
  change: (people: PeopleStore) => Promise<Result>,
): Promise<Result> {
  return await people.together(async (inside) => {
    const before = await givenBySomebody(inside);
    const result = await change(inside);
    const after = await givenBySomebody(inside);
    const lost = [...before].find((permission) => !after.has(permission));
    if (lost !== undefined) {
      throw new ServerError("CONFLICT", `nobody would be left who can give roles with ${lost}`);
    }
    return result;
  });
}

/** What can be given everywhere, and taken back. Grants that end do not count: one day, nobody would be left. */
async function givenBySomebody(people: PeopleStore): Promise<ReadonlySet<Permission>> {
  const roleOf = await rolesIn(people);
  const lasting = (await people.grants.all()).filter(
    ({ scope, expiresAt }) => expiresAt === null && containsScope(scope, {}),
  );
  const enabled = (await people.providers.list()).filter((provider) => provider.enabled);
  const sources = new Set(["local", ...enabled.map(({ id }) => id)]);
  const given = new Set<Permission>();
  for (const account of await people.accounts.active()) {
    const grants = lasting.filter((grant) => isHeldBy(grant, account));
    const held = heldFreely(grants, roleOf);
    if (!held.has("roles.write")) continue;
    const { source = "" } = (await people.accounts.find(account.id)) ?? {};
    if (sources.has(source)) for (const permission of held) given.add(permission);
  }
  return given;
}

function isHeldBy({ holder }: StoredGrant, { id, groups }: Pick<StoredAccount, "id" | "groups">): boolean {
  return holder.kind === "account" ? holder.id === id : groups.includes(holder.id);
}

function heldFreely(grants: readonly StoredGrant[], roleOf: RoleByName): ReadonlySet<Permission> {
  const held = grants.flatMap(({ role }) => Object.entries(roleOf(role)?.permissions ?? {}));
  const free = new Set(held.filter(([, effect]) => effect === "allow").map(([permission]) => permission));
  return new Set(permissions.filter((permission) => free.has(permission)));
}
