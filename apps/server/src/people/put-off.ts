import { publicEndpoints } from "@pratique/api";
import { type Permission, permissions } from "@pratique/core";

const acts = new Set<string>(
  publicEndpoints.filter(({ method }) => method !== "GET").map(({ permission }) => permission),
);

/** What cannot wait for a second person: reading, which happens at once or not at all, and being that person. */
export const neverPutOff: ReadonlySet<Permission> = new Set(
  permissions.filter(
    (permission) =>
      permission.endsWith(".read") || permission === "approvals.decide" || !acts.has(permission),
  ),
);
