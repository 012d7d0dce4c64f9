import { createHash } from "node:crypto";
import type { Scope } from "@pratique/core";
import type { Kysely, Selectable } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import type { Schema } from "../schema.ts";
import type { PolicyTable } from "./fleet-schema.ts";

/** A policy document, or a file of rules for running containers, that the server hands to agents. */
export interface StoredPolicy {
  readonly name: string;
  readonly text: string;
  /** The hosts that it holds on. */
  readonly scope: Scope;
  readonly enabled: boolean;
  /** The same for the same text, scope and state. */
  readonly revision: string;
  /** Names of the rules in it. */
  readonly rules: readonly string[];
  readonly changedAt: string;
  readonly changedBy: string;
}

/** What became of a change: `conflict` where another was faster, so that the caller changes what they have not seen. */
export type PolicyChange =
  | { readonly kind: "done"; readonly policy: StoredPolicy }
  | { readonly kind: "conflict" | "missing" };

type Table = "policies" | "rule_files";

/** The policies of the server, or its files of rules. */
export class PolicyRepository {
  readonly #database: Kysely<Schema>;
  readonly #feed: ChangeFeed;
  readonly #table: Table;

  constructor(database: Kysely<Schema>, feed: ChangeFeed, table: Table) {
    this.#database = database;
    this.#feed = feed;
    this.#table = table;
  }

  async all(): Promise<readonly StoredPolicy[]> {
    const rows = await this.#database.selectFrom(this.#table).selectAll().orderBy("name").execute();
    return rows.map(policyOf);
  }

  async find(name: string): Promise<StoredPolicy | undefined> {
    return await findIn(this.#database, this.#table, name);
  }

  /** Makes a policy, where `from` is `new`, or changes the revision that `from` names. */
  async put(policy: Omit<StoredPolicy, "revision">, from: string): Promise<PolicyChange> {
    return await this.#feed.write(async (transaction, changed) => {
      const held = await findIn(transaction, this.#table, policy.name);
      if (held === undefined && from !== "new") return { kind: "missing" };
      if (held !== undefined && from !== held.revision) return { kind: "conflict" };
      const row = rowOf(policy);
      const { name, ...columns } = row;
      await transaction
        .insertInto(this.#table)
        .values(row)
        .onConflict((conflict) => conflict.column("name").doUpdateSet(columns))
        .execute();
      changed({ kind: "policy", subject: name });
      return { kind: "done", policy: policyOf(row) };
    });
  }

  /** Removes the revision of a policy that `from` names. */
  async remove(name: string, from: string): Promise<PolicyChange> {
    return await this.#feed.write(async (transaction, changed) => {
      const held = await findIn(transaction, this.#table, name);
      if (held === undefined) return { kind: "missing" };
      if (from !== held.revision) return { kind: "conflict" };
      await transaction.deleteFrom(this.#table).where("name", "=", name).execute();
      changed({ kind: "policy", subject: name });
      return { kind: "done", policy: held };
    });
  }
}

async function findIn(
  database: Kysely<Schema>,
  table: Table,
  name: string,
): Promise<StoredPolicy | undefined> {
  const row = await database.selectFrom(table).selectAll().where("name", "=", name).executeTakeFirst();
  return row && policyOf(row);
}

function rowOf(policy: Omit<StoredPolicy, "revision">): PolicyTable {
  const { name, text, enabled, rules, changedAt, changedBy } = policy;
  const scope = JSON.stringify(policy.scope);
  const revision = createHash("sha256")
    .update(JSON.stringify([text, scope, enabled]))
    .digest("hex");
  return {
    name,
    text,
    scope,
    enabled: enabled ? 1 : 0,
    revision,
    rules: JSON.stringify(rules),
    changed_at: changedAt,
    changed_by: changedBy,
  };
}

function policyOf(row: Selectable<PolicyTable>): StoredPolicy {
  return {
    name: row.name,
    text: row.text,
    scope: JSON.parse(row.scope),
    enabled: row.enabled === 1,
    revision: row.revision,
    rules: JSON.parse(row.rules),
    changedAt: row.changed_at,
    changedBy: row.changed_by,
  };
}
