import { type JsonObject, type Permission, permissions, type Resource } from "@pratique/core";
import type { Kysely, Selectable } from "kysely";
import type { Schema } from "../schema.ts";
import type { ApprovalTable } from "./people-schema.ts";

const approvalStates = ["pending", "approved", "rejected", "withdrawn", "expired", "failed"] as const;

export type ApprovalState = (typeof approvalStates)[number];

/** An act that waits for a second person. */
export interface StoredApproval {
  readonly id: string;
  readonly state: ApprovalState;
  /** The id of the endpoint that was called. */
  readonly endpoint: string;
  readonly permission: Permission;
  readonly subject: { readonly kind: string; readonly id: string };
  readonly resources: readonly Resource[];
  /** The call, sealed: a body may hold secrets. */
  readonly sealedCall: string;
  /** What of it may be shown. */
  readonly details: JsonObject;
  readonly reason: string;
  /** Account ids. */
  readonly requestedBy: string;
  readonly requestedAt: string;
  readonly expiresAt: string;
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
  readonly comment: string;
  readonly failure: string | null;
}

/** What becomes of an approval. */
export type ApprovalMove = Pick<StoredApproval, "state" | "decidedBy" | "decidedAt" | "comment" | "failure">;

/** The most approvals that are looked through for a list. */
const MAX_LISTED = 2000;

/** What waits for a second person, and what came of the rest. */
export class ApprovalRepository {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async add(approval: StoredApproval): Promise<void> {
    const { subject, resources, details } = approval;
    await this.#database
      .insertInto("approvals")
      .values({
        id: approval.id,
        state: approval.state,
        endpoint: approval.endpoint,
        permission: approval.permission,
        subject_kind: subject.kind,
        subject_id: subject.id,
        resources: JSON.stringify(resources),
        sealed_call: approval.sealedCall,
        details: JSON.stringify(details),
        reason: approval.reason,
        requested_by: approval.requestedBy,
        requested_at: approval.requestedAt,
        expires_at: approval.expiresAt,
        decided_by: approval.decidedBy,
        decided_at: approval.decidedAt,
        comment: approval.comment,
        failure: approval.failure,
      })
      .execute();
  }

  async find(id: string): Promise<StoredApproval | undefined> {
    const row = await this.#database
      .selectFrom("approvals")
      .selectAll()
      .where("id", "=", id)
      .executeTakeFirst();
    return row && approvalOf(row);
  }

  /** Moves an approval on, if it is still in the state `from`. Of two that do so at once, one hears true. */
  async move(id: string, from: ApprovalState, to: ApprovalMove): Promise<boolean> {
    const row = await this.#database
      .updateTable("approvals")
      .set({
        state: to.state,
        decided_by: to.decidedBy,
        decided_at: to.decidedAt,
        comment: to.comment,
        failure: to.failure,
      })
      .where("id", "=", id)
      .where("state", "=", from)
      .returning("id")
      .executeTakeFirst();
    return row !== undefined;
  }

  /**
   * The newest ones, and all that wait at a moment, newest first: who may see which of them is decided one by one. What
   * somebody asks for and takes back, again and again, hides nothing that waits.
   */
  async newest(now: string): Promise<readonly StoredApproval[]> {
    const newest = this.#database
      .selectFrom("approvals")
      .select("id")
      .orderBy("requested_at", "desc")
      .orderBy("id", "desc")
      .limit(MAX_LISTED);
    const rows = await this.#database
      .selectFrom("approvals")
      .selectAll()
      .where((builder) =>
        builder.or([
          builder.and([builder("state", "=", "pending"), builder("expires_at", ">", now)]),
          builder("id", "in", newest),
        ]),
      )
      .orderBy("requested_at", "desc")
      .orderBy("id", "desc")
      .execute();
    return rows.map(approvalOf);
  }

  /** How many acts of an account wait. */
  async waitingOf(account: string, now: string): Promise<number> {
    const row = await this.#database
      .selectFrom("approvals")
      .select(({ fn }) => fn.countAll().as("waiting"))
      .where("requested_by", "=", account)
      .where("state", "=", "pending")
      .where("expires_at", ">", now)
      .executeTakeFirst();
    return Number(row?.waiting ?? 0);
  }
}

function approvalOf(row: Selectable<ApprovalTable>): StoredApproval {
  return {
    id: row.id,
    state: approvalStates.find((state) => state === row.state) ?? "expired",
    endpoint: row.endpoint,
    permission: permissionOf(row.permission),
    subject: { kind: row.subject_kind, id: row.subject_id },
    resources: JSON.parse(row.resources),
    sealedCall: row.sealed_call,
    details: JSON.parse(row.details),
    reason: row.reason,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at,
    expiresAt: row.expires_at,
    decidedBy: row.decided_by,
    decidedAt: row.decided_at,
    comment: row.comment,
    failure: row.failure,
  };
}

/** A permission that there is no more is taken for the one that fewest hold. */
function permissionOf(text: string): Permission {
  return permissions.find((permission) => permission === text) ?? "roles.write";
}
