import { type ExpressionBuilder, type RawBuilder, sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";

/** Whatever a registry says, it is asked again after this. */
const MAX_WAIT_MS = 24 * 3_600_000;
const MINUTE_MS = 60_000;

/** Rows of `registries` that nobody has paused and that have not asked to wait. */
export function mayBeAsked(nowMs: RawBuilder<number>) {
  return ({ eb, and }: ExpressionBuilder<Schema, "registries">) =>
    and([eb("registries.paused", "=", 0), eb("registries.not_before_ms", "<=", nowMs)]);
}

/**
 * Takes back what of a registry and its images was put off for longer than anything ever is: by a clock that was ahead. False
 * where nothing was.
 */
export async function takeBack(
  transaction: Transaction<Schema>,
  registry: string,
  nowMs: RawBuilder<number>,
): Promise<boolean> {
  const latest = sql<number>`${nowMs} + ${sql.lit(MAX_WAIT_MS)}`;
  const changes = [
    await transaction
      .updateTable("registries")
      .set({ not_before_ms: 0 })
      .where("id", "=", registry)
      .where("not_before_ms", ">", latest)
      .executeTakeFirst(),
    await transaction
      .updateTable("registries")
      .set({ list_at_ms: nowMs })
      .where("id", "=", registry)
      .where("list_at_ms", ">", sql<number>`${latest} + every_minutes * ${sql.lit(MINUTE_MS)}`)
      .executeTakeFirst(),
    await transaction
      .updateTable("registry_images")
      .set({ next_try_ms: 0 })
      .where("registry", "=", registry)
      .where("state", "=", "waiting")
      .where("next_try_ms", ">", latest)
      .executeTakeFirst(),
  ];
  return changes.some(({ numUpdatedRows }) => numUpdatedRows > 0n);
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
