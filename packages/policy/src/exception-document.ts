import type { PolicyException } from "@pratique/core";
import { stringify } from "yaml";

/** Writes an exception as a document that {@link loadPolicies} reads. */
export function formatException(exception: PolicyException): string {
  const { id, rules, scope, reason, owner, expires } = exception;
  const spec = { rules, scope, reason, owner, expires };
  return stringify({ apiVersion: "pratique/v1", kind: "Exception", metadata: { name: id }, spec });
}
