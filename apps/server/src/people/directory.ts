import { builtInRoles } from "@pratique/access";
import type { Holding, Principal, Role } from "@pratique/core";
import type { PeopleStore, StoredAccount, StoredGrant } from "@pratique/store";

/** A role by its name; undefined where there is none. */
export type RoleByName = (name: string) => Role | undefined;

/** All roles: those that are always there, and those that somebody made, which cannot take the others' places. */
export async function rolesIn(people: PeopleStore): Promise<RoleByName> {
  const roles = new Map<string, Role>();
  for (const role of [...(await people.roles.list()), ...builtInRoles]) roles.set(role.name, role);
  return (name) => roles.get(name);
}

/** What an account may do now: its own grants and those of its groups, without those that have ended. */
export async function principalOf(
  people: PeopleStore,
  { id, groups }: Pick<StoredAccount, "id" | "groups">,
  nowMs: number,
): Promise<Principal> {
  const grants = await people.grants.of(id, groups);
  return { account: id, holdings: holdingsOf(grants, await rolesIn(people), nowMs) };
}

function holdingsOf(grants: readonly StoredGrant[], roleOf: RoleByName, nowMs: number): readonly Holding[] {
  return grants.flatMap(({ role: name, scope, expiresAt, createdBy }) => {
    const role = roleOf(name);
    const isOver = expiresAt !== null && Date.parse(expiresAt) <= nowMs;
    if (role === undefined || isOver) return [];
    return [{ role, scope, givenBy: createdBy, ...(expiresAt !== null && { endsAt: expiresAt }) }];
  });
}
