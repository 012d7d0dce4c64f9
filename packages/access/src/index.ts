export type { PendingAct } from "./approve.ts";
export { mayApprove } from "./approve.ts";
export { builtInRoles } from "./built-in-roles.ts";
export type { AccessDecision, Visibility } from "./decide.ts";
export { decide, holdsAnywhere, shows, visibility } from "./decide.ts";
export { missingToGrant } from "./grant.ts";
export { containsScope, covers } from "./scope.ts";
