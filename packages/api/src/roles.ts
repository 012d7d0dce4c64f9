import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { identifier, name } from "./scalars.ts";
import { effect, permission } from "./scope.ts";

const heldPermissions = z.partialRecord(permission, effect);

const role = z.strictObject({
  name: identifier,
  description: name,
  builtIn: z.boolean(),
  permissions: heldPermissions,
  /** Changes with each change; `If-Match` takes it. */
  revision: name,
  holders: z.int().nonnegative(),
});

export type RoleEntry = z.output<typeof role>;

export const listRoles = {
  id: "listRoles",
  method: "GET",
  path: "/api/v1/roles",
  on: "installation",
  summary: "Lists the roles, built-in and custom, with what each holds",
  permission: "roles.read",
  audit: "none",
  reply: z.strictObject({ items: z.array(role) }),
  csv: ["name", "description", "builtIn", "permissions", "holders"],
} as const satisfies Endpoint;

/** Makes or changes a role. Refused with `MORE_THAN_HELD` where the caller does not hold all of it everywhere. */
export const putRole = {
  id: "putRole",
  method: "PUT",
  path: "/api/v1/roles/{role}",
  on: "installation",
  summary: "Makes or changes a custom role; built-in ones stay as they are",
  permission: "roles.write",
  audit: "account",
  recorded: ["description", "permissions"],
  conditional: true,
  params: z.strictObject({ role: identifier }),
  body: z.strictObject({ description: z.string().max(512), permissions: heldPermissions }),
  reply: role,
} as const satisfies Endpoint;

export const deleteRole = {
  id: "deleteRole",
  method: "DELETE",
  path: "/api/v1/roles/{role}",
  on: "installation",
  summary: "Removes a custom role that nobody holds",
  permission: "roles.write",
  audit: "account",
  params: z.strictObject({ role: identifier }),
} as const satisfies Endpoint;
