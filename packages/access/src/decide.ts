import type { Permission, Principal, Resource, Scope } from "@pratique/core";
import { effectOf } from "./effect.ts";
import { covers } from "./scope.ts";

/**
 * The answer to one question. `because` names the rule that decided: the role that lets it pass, or what is
 * missing; it goes into the record.
 */
export interface AccessDecision {
  readonly decision: "allow" | "needs-approval" | "deny";
  readonly because: string;
}

/**
 * Decides whether somebody may do something to a resource. `{}` is the resource of what belongs to the whole
 * installation: only scopes without limits cover it.
 */
export function decide(principal: Principal, permission: Permission, resource: Resource): AccessDecision {
  const { limit, holdings } = principal;
  if (limit !== undefined && !limit.permissions.includes(permission)) {
    return { decision: "deny", because: `the token does not hold ${permission}` };
  }
  if (limit !== undefined && !covers(limit.scope, resource)) {
    return { decision: "deny", because: `the token's scope does not cover it` };
  }
  const holding = holdings.filter(({ role }) => effectOf(role, permission) !== undefined);
  if (holding.length === 0) return { decision: "deny", because: `no role holds ${permission}` };
  const covering = holding.filter(({ scope }) => covers(scope, resource));
  const [first] = covering;
  if (first === undefined) {
    return { decision: "deny", because: `no scope in which ${permission} is held covers it` };
  }
  const free = covering.find(({ role }) => effectOf(role, permission) === "allow");
  if (free !== undefined) return { decision: "allow", because: `role ${free.role.name}` };
  return { decision: "needs-approval", because: `role ${first.role.name}` };
}

/** Whether somebody holds a permission anywhere, in whatever scope. */
export function holdsAnywhere(principal: Principal, permission: Permission): boolean {
  const { holdings, limit } = principal;
  if (limit !== undefined && !limit.permissions.includes(permission)) return false;
  return holdings.some(({ role }) => effectOf(role, permission) !== undefined);
}

/** What of a list somebody may see: things that every member's any scope covers. An empty inner list is nothing. */
export type Visibility = readonly (readonly Scope[])[];

/**
 * The part of the fleet in which somebody holds a permission freely. What is seen is seen at once: a role that puts
 * reading off lets nobody read.
 */
export function visibility({ holdings, limit }: Principal, permission: Permission): Visibility {
  const scopes = holdings
    .filter(({ role }) => effectOf(role, permission) === "allow")
    .map(({ scope }) => scope);
  if (limit === undefined) return [scopes];
  return [scopes, limit.permissions.includes(permission) ? [limit.scope] : []];
}

/** Whether a visibility shows a resource. */
export function shows(seen: Visibility, resource: Resource): boolean {
  return seen.every((scopes) => scopes.some((scope) => covers(scope, resource)));
}
