import { formatJsonLine, makeProofs, parseCheckpoint, storageTileSource } from "@pratique/audit";
import type { AuditEntryQuery, Store } from "@pratique/store";
import { loggedEntry } from "./entry-view.ts";
import type { ServerLog } from "./server-log.ts";

/** Read and proved at once: what is held in memory, and how long nobody else is answered. */
const PAGE = 100;

/**
 * Entries of the log, newest first, a line each that whoever trusts the log's key can check by itself. All of them are proved over
 * one checkpoint, which is made when the first line is asked for: what is recorded later is not among them.
 */
export async function* provedLines(
  { ledger, store }: { readonly ledger: ServerLog; readonly store: Store },
  query: Omit<AuditEntryQuery, "limit" | "cursor">,
): AsyncGenerator<string, undefined> {
  const source = storageTileSource(ledger.storage);
  const checkpoint = await ledger.checkpoint();
  const { origin, size } = parseCheckpoint(checkpoint);
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await store.audit.entries.page({
      ...query,
      limit: PAGE,
      ...(cursor !== undefined && { cursor }),
    });
    const entries = page.items.filter(({ index }) => index < size);
    const proofs = await makeProofs(
      source,
      checkpoint,
      entries.map(({ index }) => index),
    );
    for (const [at, entry] of entries.entries()) {
      yield `${formatJsonLine(await loggedEntry(origin, entry, ledger.openings), proofs[at])}\n`;
    }
    cursor = page.nextCursor;
  }
}
