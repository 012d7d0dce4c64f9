import type { Effect, Permission, Role } from "@pratique/core";

/** What a role says of a permission. A role is data from outside: what it does not name itself it does not hold. */
export function effectOf({ permissions }: Role, permission: Permission): Effect | undefined {
  return Object.hasOwn(permissions, permission) ? permissions[permission] : undefined;
}
