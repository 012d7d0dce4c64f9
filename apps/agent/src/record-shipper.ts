import type { AuditLog } from "@pratique/audit";
import { Backoff } from "./backoff.ts";
import { ServerClient } from "./server-client.ts";

const POLL_MS = 500;
const MAX_BACKOFF_MS = 10_000;

export interface ShipperOptions {
  readonly log: AuditLog;
  readonly server: Pick<ServerClient, "acknowledged" | "sendRecords">;
  readonly host: string;
  readonly signal: AbortSignal;
  /** Waits; rejects when the signal comes. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** More of the record is with the server now. */
  readonly onShipped: () => void;
  /** How far the server has it. */
  readonly onAcknowledged?: (sequence: number) => void;
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
  while (!signal.aborted) {
    let waitMs = POLL_MS;
    try {
      acknowledged ??= await options.server.acknowledged(options.log.logId);
      const reached = await shipOnce(options, acknowledged);
      if (reached > acknowledged) options.onShipped();
      acknowledged = reached;
      options.onAcknowledged?.(reached);
      backoff.succeeded();
    } catch (thrown) {
      // It may have been replaced by another, or by an older copy of itself: ask again where it stands.
      acknowledged = undefined;
      if (backoff.failures === 0) options.onError(thrown);
      waitMs = backoff.failed();
    }
    await sleep(waitMs, signal).catch(() => undefined);
  }
}

async function shipOnce({ log, server, host }: ShipperOptions, from: number): Promise<number> {
  let acknowledged = from;
  for (;;) {
    const records = log.read({ after: acknowledged, limit: ServerClient.maxBatch });
    if (records.length === 0) return acknowledged;
    const next = await server.sendRecords({ logId: log.logId, host, records });
    if (next === acknowledged) throw new Error(`the server does not take record ${acknowledged + 1}`);
    acknowledged = next;
  }
}
