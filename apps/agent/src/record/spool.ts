import type { AuditLog } from "@pratique/audit";

/** Above the first part of the limit, the oldest records go until no more than the second is in use. */
const FULL = 0.8;
const ROOMY = 0.6;

/** Whether so much of the record is in use that it will be full before long. */
export function isNearlyFull({ bytes, limitBytes }: { readonly bytes: number; readonly limitBytes: number }) {
  return bytes >= limitBytes * FULL;
}

/**
 * Up to which record a log is to be shortened; 0 where it has room. Only what the server has acknowledged may go: a host
 * whose server is away keeps everything, until nothing more fits.
 */
export function forgettable(
  log: Pick<AuditLog, "head" | "forgotten" | "usedBytes">,
  { acknowledged, limitBytes }: { readonly acknowledged: number; readonly limitBytes: number },
): number {
  const bytes = log.usedBytes();
  if (!isNearlyFull({ bytes, limitBytes })) return 0;
  const forgotten = log.forgotten();
  const held = log.head().sequence - forgotten;
  const surplus = Math.ceil(held * (1 - (limitBytes * ROOMY) / bytes));
  const upTo = Math.min(acknowledged, forgotten + surplus);
  return upTo > forgotten ? upTo : 0;
}
