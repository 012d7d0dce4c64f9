import {
  type Holding,
  type Permission,
  type Principal,
  permissions,
  type Role,
  type Scope,
} from "@pratique/core";
import { effectOf } from "./effect.ts";
import { containsScope } from "./scope.ts";

/** What part of the fleet a role is given in, and for how long. */
export interface Extent {
  readonly scope: Scope;
  /** ISO 8601; null for ever, and absent where what is given ends with what the giver holds. */
  readonly until?: string | null;
}

/**
 * The permissions of a role that somebody may not give away, because they do not hold them there themselves, as freely,
 * as widely and as long. Empty where they may. What waits for approval is not held freely.
 */
export function missingToGrant(principal: Principal, role: Role, extent: Extent): readonly Permission[] {
  return permissions.filter((permission) => {
    const effect = effectOf(role, permission);
    return effect !== undefined && !holds(principal, { permission, effect, ...extent });
  });
}

interface Given extends Extent {
  readonly permission: Permission;
  readonly effect: "allow" | "needs-approval";
}

function holds({ holdings, limit }: Principal, { permission, effect, scope, until }: Given): boolean {
  if (limit !== undefined) {
    if (!limit.permissions.includes(permission) || !containsScope(limit.scope, scope)) return false;
  }
  return holdings.some((holding) => {
    const held = effectOf(holding.role, permission);
    const enough = held === "allow" || (held === "needs-approval" && effect === "needs-approval");
    return enough && containsScope(holding.scope, scope) && lasts(holding, until);
  });
}

function lasts({ endsAt }: Holding, until: string | null | undefined): boolean {
  if (endsAt === undefined || until === undefined) return true;
  return until !== null && Date.parse(until) <= Date.parse(endsAt);
}
