import { type Permission, type Principal, permissions, type Role, type Scope } from "@pratique/core";
import { effectOf } from "./effect.ts";
import { containsScope } from "./scope.ts";

/**
 * The permissions of a role that somebody may not give away in a scope, because they do not hold them there
 * themselves, as freely and as widely. Empty where they may. What waits for approval is not held freely.
 */
export function missingToGrant(principal: Principal, role: Role, scope: Scope): readonly Permission[] {
  return permissions.filter((permission) => {
    const effect = effectOf(role, permission);
    return effect !== undefined && !holds(principal, { permission, effect, scope });
  });
}

interface Given {
  readonly permission: Permission;
  readonly effect: "allow" | "needs-approval";
  readonly scope: Scope;
}

function holds({ holdings, limit }: Principal, { permission, effect, scope }: Given): boolean {
  if (limit !== undefined) {
    if (!limit.permissions.includes(permission) || !containsScope(limit.scope, scope)) return false;
  }
  return holdings.some((holding) => {
    const held = effectOf(holding.role, permission);
    const enough = held === "allow" || (held === "needs-approval" && effect === "needs-approval");
    return enough && containsScope(holding.scope, scope);
  });
}
