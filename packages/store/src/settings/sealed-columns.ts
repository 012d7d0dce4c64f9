import type { Schema } from "../schema.ts";

/** A column whose values are sealed. */
export interface SealedColumn {
  /** What the data keys of its values are for. */
  readonly purpose: string;
  readonly table: keyof Schema & string;
  readonly column: string;
  /** The primary key: what a value is bound to. */
  readonly key: string;
}

/**
 * Every column whose name begins with `sealed_`, sorted by purpose. A test fails when one is missing here: its values
 * would be left behind when keys change.
 */
export const sealedColumns: readonly SealedColumn[] = [
  { purpose: "agents", table: "agent_authorities", column: "sealed_keys", key: "id" },
  { purpose: "answers", table: "answers", column: "sealed_body", key: "key" },
  { purpose: "approvals", table: "approvals", column: "sealed_call", key: "id" },
  { purpose: "audit", table: "audit_sealed_openings", column: "sealed_opening", key: "id" },
  { purpose: "channels", table: "channels", column: "sealed_secrets", key: "id" },
  { purpose: "exporters", table: "exporters", column: "sealed_secrets", key: "id" },
  { purpose: "layers", table: "layer_secrets", column: "sealed_secret", key: "id" },
  { purpose: "providers", table: "identity_providers", column: "sealed_secret", key: "id" },
  { purpose: "registries", table: "registries", column: "sealed_secrets", key: "id" },
];
