import type { Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/** Accounts, roles, grants, sessions, tokens, approvals, answers and identity providers. */
export const people: StoreMigration = { name: "0005-people", up };

async function up(transaction: Transaction<Schema>, dialect: StoreDialect): Promise<void> {
  const { schema } = transaction;
  await schema
    .createTable("accounts")
    .addColumn("id", dialect.text, (column) => column.primaryKey())
    .addColumn("login", dialect.text, (column) => column.notNull())
    .addColumn("login_key", dialect.text, (column) => column.notNull().unique())
    .addColumn("display_name", dialect.text, (column) => column.notNull())
    .addColumn("email", dialect.text)
    .addColumn("source", dialect.text, (column) => column.notNull())
    .addColumn("subject", dialect.text)
    .addColumn("state", dialect.text, (column) => column.notNull())
    .addColumn("break_glass", "integer", (column) => column.notNull())
    .addColumn("created_at", dialect.text, (column) => column.notNull())
    .addColumn("last_sign_in_at", dialect.text)
    .addColumn("groups", dialect.text, (column) => column.notNull())
    .addColumn("password_hash", dialect.text)
    .addColumn("search", dialect.text, (column) => column.notNull())
    .addUniqueConstraint("accounts_subject", ["source", "subject"])
    .execute();
  await schema
    .createTable("roles")
    .addColumn("name", dialect.text, (column) => column.primaryKey())
    .addColumn("description", dialect.text, (column) => column.notNull())
    .addColumn("permissions", dialect.text, (column) => column.notNull())
    .addColumn("revision", dialect.text, (column) => column.notNull())
    .execute();
  await schema
    .createTable("grants")
    .addColumn("id", dialect.text, (column) => column.primaryKey())
    .addColumn("holder_kind", dialect.text, (column) => column.notNull())
    .addColumn("holder_id", dialect.text, (column) => column.notNull())
    .addColumn("role", dialect.text, (column) => column.notNull())
    .addColumn("scope", dialect.text, (column) => column.notNull())
    .addColumn("created_at", dialect.text, (column) => column.notNull())
    .addColumn("created_by", dialect.text, (column) => column.notNull())
    .addColumn("expires_at", dialect.text)
    .execute();
  await schema.createIndex("grants_holder").on("grants").columns(["holder_kind", "holder_id"]).execute();
  await schema
    .createTable("account_sessions")
    .addColumn("id", dialect.text, (column) => column.primaryKey())
    .addColumn("token_hash", dialect.text, (column) => column.notNull().unique())
    .addColumn("account", dialect.text, (column) => column.notNull())
    .addColumn("method", dialect.text, (column) => column.notNull())
    .addColumn("address", dialect.text, (column) => column.notNull())
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("seen_at_ms", "bigint", (column) => column.notNull())
    .addColumn("expires_at_ms", "bigint", (column) => column.notNull())
    .execute();
  await schema.createIndex("account_sessions_account").on("account_sessions").columns(["account"]).execute();
  await schema
    .createTable("api_tokens")
    .addColumn("id", dialect.text, (column) => column.primaryKey())
    .addColumn("token_hash", dialect.text, (column) => column.notNull().unique())
    .addColumn("account", dialect.text, (column) => column.notNull())
    .addColumn("name", dialect.text, (column) => column.notNull())
    .addColumn("permissions", dialect.text, (column) => column.notNull())
    .addColumn("scope", dialect.text, (column) => column.notNull())
    .addColumn("created_at", dialect.text, (column) => column.notNull())
    .addColumn("expires_at", dialect.text, (column) => column.notNull())
    .addColumn("last_used_at", dialect.text)
    .addColumn("last_used_from", dialect.text)
    .execute();
  await schema.createIndex("api_tokens_account").on("api_tokens").columns(["account"]).execute();
  await schema
    .createTable("approvals")
    .addColumn("id", dialect.text, (column) => column.primaryKey())
    .addColumn("state", dialect.text, (column) => column.notNull())
    .addColumn("endpoint", dialect.text, (column) => column.notNull())
    .addColumn("permission", dialect.text, (column) => column.notNull())
    .addColumn("subject_kind", dialect.text, (column) => column.notNull())
    .addColumn("subject_id", dialect.text, (column) => column.notNull())
    .addColumn("resources", dialect.text, (column) => column.notNull())
    .addColumn("sealed_call", dialect.text, (column) => column.notNull())
    .addColumn("details", dialect.text, (column) => column.notNull())
    .addColumn("reason", dialect.text, (column) => column.notNull())
    .addColumn("requested_by", dialect.text, (column) => column.notNull())
    .addColumn("requested_at", dialect.text, (column) => column.notNull())
    .addColumn("expires_at", dialect.text, (column) => column.notNull())
    .addColumn("decided_by", dialect.text)
    .addColumn("decided_at", dialect.text)
    .addColumn("comment", dialect.text, (column) => column.notNull())
    .addColumn("failure", dialect.text)
    .execute();
  await schema.createIndex("approvals_requested").on("approvals").columns(["requested_at", "id"]).execute();
  await schema
    .createTable("answers")
    .addColumn("key", dialect.text, (column) => column.primaryKey())
    .addColumn("fingerprint", dialect.text, (column) => column.notNull())
    .addColumn("status", "integer")
    .addColumn("sealed_body", dialect.text)
    .addColumn("expires_at_ms", "bigint", (column) => column.notNull())
    .execute();
  await schema.createIndex("answers_expire").on("answers").columns(["expires_at_ms"]).execute();
  await schema
    .createTable("identity_providers")
    .addColumn("id", dialect.text, (column) => column.primaryKey())
    .addColumn("name", dialect.text, (column) => column.notNull())
    .addColumn("issuer", dialect.text, (column) => column.notNull())
    .addColumn("client_id", dialect.text, (column) => column.notNull())
    .addColumn("sealed_secret", dialect.text)
    .addColumn("groups_claim", dialect.text, (column) => column.notNull())
    .addColumn("allowed_groups", dialect.text, (column) => column.notNull())
    .addColumn("enabled", "integer", (column) => column.notNull())
    .execute();
}
