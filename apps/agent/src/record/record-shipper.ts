import type { AuditLog } from "@pratique/audit";
import type { AuditRecord } from "@pratique/core";
import { Backoff } from "../backoff.ts";
import { ServerClient } from "../server/server-client.ts";

const POLL_MS = 500;
const MAX_BACKOFF_MS = 10_000;
/** A server that was brought back from a backup lacks what it had: also a host on which nothing happens is to hear of it. */
const ASK_AGAIN_MS = 300_000;
/** However long a server asks to collect: what happens on a host is not kept from it for longer. */
const MAX_COLLECT_MS = 30_000;

/** The record of this host and what the server holds of it do not fit together: nobody mends that by waiting. */
class RecordUnsendable extends Error {
  override readonly name = "RecordUnsendable";
}

export interface ShipperOptions {
  readonly log: AuditLog;
  readonly server: Pick<ServerClient, "acknowledged" | "sendRecords">;
  readonly host: string;
  readonly signal: AbortSignal;
  /** Waits; rejects when the signal comes. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** More of the record is with the server now, which asks to collect for so long before the next. */
  readonly onShipped: (collectMs: number) => void;
  /** How far the server has it. */
  readonly onAcknowledged?: (sequence: number) => void;
  /** The server holds the record up to `held` alone, and had acknowledged it further: the rest is sent again. */
  readonly onLost?: (lost: { readonly held: number; readonly acknowledged: number }) => void;
  /** Why the server cannot be sent the record, whoever waits; empty where it can. */
  readonly onUnsendable?: (why: string) => void;
  readonly random: () => number;
  readonly onError: (error: unknown) => void;
}

/**
 * Sends the record of this host to the server: always everything after what the server last acknowledged, so
 * that nothing is lost and nothing is counted twice, whichever side dies. The log itself is the spool.
 */
export async function shipRecords(options: ShipperOptions): Promise<void> {
  const { signal, sleep } = options;
  const backoff = new Backoff({ firstMs: POLL_MS, maxMs: MAX_BACKOFF_MS, random: options.random });
  let acknowledged: number | undefined;
  /** For how long to collect, and for how long that has been done: by counting, since clocks are set. */
  let [collectMs, collectedMs] = [0, 0];
  let askedMs = 0;
  let told = 0;
  const heard = (sequence: number) => {
    if (sequence < told) options.onLost?.({ held: sequence, acknowledged: told });
    told = sequence;
  };
  while (!signal.aborted) {
    let waitMs = POLL_MS;
    try {
      if (askedMs >= ASK_AGAIN_MS) acknowledged = undefined;
      if (acknowledged === undefined) {
        acknowledged = await options.server.acknowledged(options.log.logId);
        heard(acknowledged);
        askedMs = 0;
      }
      const shipped = await shipOnce(options, acknowledged, { isDue: collectedMs >= collectMs, heard });
      if (shipped.acknowledged > acknowledged) {
        ({ collectMs } = shipped);
        collectedMs = 0;
        options.onShipped(collectMs);
      }
      collectedMs += POLL_MS;
      askedMs += POLL_MS;
      acknowledged = shipped.acknowledged;
      options.onAcknowledged?.(acknowledged);
      options.onUnsendable?.("");
      backoff.succeeded();
    } catch (thrown) {
      // It may have been replaced by another, or by an older copy of itself: ask again where it stands.
      acknowledged = undefined;
      if (thrown instanceof RecordUnsendable) options.onUnsendable?.(thrown.message);
      if (backoff.failures === 0) options.onError(thrown);
      waitMs = backoff.failed();
    }
    await sleep(waitMs, signal).catch(() => undefined);
  }
}

interface Shipped {
  readonly acknowledged: number;
  readonly collectMs: number;
}

/** An agent that ends does not wait until a day of records is sent: the next start goes on. */
async function shipOnce(
  { log, server, host, signal }: ShipperOptions,
  from: number,
  { isDue, heard }: { readonly isDue: boolean; readonly heard: (sequence: number) => void },
): Promise<Shipped> {
  await refuseUnfitting({ log, server, host }, from);
  let shipped: Shipped = { acknowledged: from, collectMs: 0 };
  for (;;) {
    const { acknowledged } = shipped;
    const records = log.read({ after: acknowledged, limit: ServerClient.maxBatch });
    const full = records.length === ServerClient.maxBatch;
    const isWanted = records.length > 0 && (isDue || full || records.some(isAwaited));
    if (!isWanted || signal.aborted) return shipped;
    const { acknowledged: next, collectMs } = await server.sendRecords({ logId: log.logId, host, records });
    if (next === acknowledged) {
      const why = "it contradicts what the server holds, or what comes before it is missing there";
      throw new RecordUnsendable(`the server does not take record ${acknowledged + 1}: ${why}`);
    }
    heard(next);
    shipped = { acknowledged: next, collectMs: Math.min(collectMs, MAX_COLLECT_MS) };
  }
}

/** Throws where the server holds what this host does not have any more. */
async function refuseUnfitting(
  { log, server, host }: Pick<ShipperOptions, "log" | "server" | "host">,
  from: number,
): Promise<void> {
  const { logId, sequence } = log.head();
  const forgotten = log.forgotten();
  if (from < forgotten) {
    throw new RecordUnsendable(
      `the server holds the record up to ${from} and lacks what this host has forgotten up to ${forgotten}`,
    );
  }
  if (from <= sequence) return;
  // The server compares it with what it holds, and says so to people where it is another.
  const records = log.readNewest(1);
  if (records.length > 0) await server.sendRecords({ logId, host, records });
  throw new RecordUnsendable(
    `the record of this host ends at ${sequence} and the server holds it up to ${from}: it was brought back from a backup`,
  );
}

/** Of what was allowed, people look at sums; all else somebody may be waiting for. */
function isAwaited({ action }: AuditRecord): boolean {
  return !action.endsWith(".allowed");
}
