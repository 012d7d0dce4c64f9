import type { Context } from "../context.ts";
import { UNFINISHED } from "./unfinished.ts";

const DAY_MS = 86_400_000;
const UNFINISHED_DAYS = 7;

/** What of the log needs a person. */
export interface AuditConcerns {
  /** Acts of which nobody knows what came of them, and witnesses who know another log. */
  readonly problems: number;
  /** Exports that their receivers do not accept. */
  readonly failingExports: number;
}

export async function auditConcerns({ store, ledger, now }: Context): Promise<AuditConcerns> {
  const since = new Date(now() - UNFINISHED_DAYS * DAY_MS).toISOString();
  const unfinished = await store.audit.entries.count(UNFINISHED, since);
  const refusing = ledger.witnesses.list(undefined).filter(({ state }) => state === "refuses");
  const failing = (await store.audit.exporters.list()).filter(
    ({ enabled, lastError }) => enabled && lastError !== null,
  );
  return { problems: unfinished + refusing.length, failingExports: failing.length };
}
