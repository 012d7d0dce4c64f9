import { type ExpressionBuilder, type RawBuilder, sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";

/** Whatever a registry says, it is asked again after this. */
const MAX_WAIT_MS = 24 * 3_600_000;

/** Rows of `registries` that nobody has paused and that have not asked to wait. */
export function mayBeAsked(nowMs: RawBuilder<number>) {
  return ({ eb, and }: ExpressionBuilder<Schema, "registries">) =>
    and([eb("registries.paused", "=", 0), eb("registries.not_before_ms", "<=", nowMs)]);
}

/** How long a registry is left alone that asks for it, in whole milliseconds: never for ever. */
export function boundedWait(waitMs: number): number {
  return Math.min(Math.max(0, Math.ceil(waitMs)), MAX_WAIT_MS);
}

/** Asks nothing of a host before a time has gone by, whichever of its registries wants to; never for a shorter one. */
export async function putOff(
  transaction: Transaction<Schema>,
  {
    address,
    code,
    waitMs,
    nowMs,
  }: {
    readonly address: string;
    readonly code: string;
    readonly waitMs: number;
    readonly nowMs: RawBuilder<number>;
  },
): Promise<void> {
  const until = sql<number>`${nowMs} + cast(${boundedWait(waitMs)} as integer)`;
  await transaction
    .updateTable("registries")
    .set({ not_before_ms: until, wait_code: code })
    .where("address", "=", address)
    .where("not_before_ms", "<", until)
    .execute();
}
