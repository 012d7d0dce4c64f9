import { rm } from "node:fs/promises";
import { join } from "node:path";
import { MAX_BLOCK_CONTACTS, type PastBlock, type PastShare } from "./past-file.ts";
import { HOUR_MS, listPastHours, type PastHourFile, readPastHour } from "./past-hours.ts";
import { writeHourFile } from "./write-hour-file.ts";

/** How much of the past is kept. */
export interface PastLimits {
  readonly days: number;
  readonly maxBytes: number;
}

/** A container that met no more than these in an hour is not thinned. */
const SPARED = 64;
/** At one time; where that is not enough, the oldest hours go. */
const MAX_THINNED = 48;
/** Of what is too old, no more goes at one time: a clock that is years ahead, for a while, must not end all of the past. */
const MAX_TOO_OLD = 48;

/**
 * Removes what is too old, two days of it at one time. What is too much is first taken from those that take most: of the largest hours, the
 * containers with the most contacts lose half of what they have beyond others, and how much they lost is written down.
 * So one container that talks to everybody shortens its own past, and not that of the others. Only where nobody stands
 * out any more do the oldest hours go. The hour that is still written, `current`, is left alone.
 */
export async function keepPastWithin(
  directory: string,
  { days, maxBytes }: PastLimits,
  { now, current }: { readonly now: number; readonly current: string },
): Promise<void> {
  const oldest = now - days * 24 * HOUR_MS;
  const kept = new Map<string, PastHourFile>();
  let removed = 0;
  for (const hour of listPastHours(directory)) {
    if (hour.startsAt + HOUR_MS <= oldest && removed < MAX_TOO_OLD) {
      await rm(join(directory, hour.name), { force: true });
      removed += 1;
    } else kept.set(hour.name, hour);
  }
  let total = sum(kept.values());
  const settled = new Set([current]);
  for (let thinned = 0; total > maxBytes && thinned < MAX_THINNED; thinned += 1) {
    const largest = largestOf(kept.values(), settled);
    if (largest === undefined) break;
    const bytes = await thin(directory, largest);
    // What does not shrink is not tried again.
    if (bytes >= largest.bytes) settled.add(largest.name);
    kept.set(largest.name, { ...largest, bytes });
    total = sum(kept.values());
  }
  for (const { name, bytes } of kept.values()) {
    if (total <= maxBytes) return;
    if (name === current) continue;
    await rm(join(directory, name), { force: true });
    total -= bytes;
  }
}

/** Halves what the containers with the most contacts of an hour have; gives the length of the file after it. */
async function thin(directory: string, hour: PastHourFile): Promise<number> {
  const recorded = readPastHour(directory, hour);
  if (recorded === undefined) return 0;
  // It would look sound afterwards.
  if (recorded.damage !== undefined) return hour.bytes;
  const byContainer = new Map<string, PastShare>();
  for (const share of recorded.shares) {
    const known = byContainer.get(share.container.id);
    byContainer.set(share.container.id, known === undefined ? share : joined(known, share));
  }
  const shares = [...byContainer.values()];
  const most = Math.max(0, ...shares.map(({ contacts }) => contacts.length));
  if (most <= SPARED) return hour.bytes;
  const limit = Math.max(SPARED, Math.floor(most / 2));
  return await writeHourFile(directory, hour.name, blocksOf(shares.map((share) => cut(share, limit))));
}

function joined(left: PastShare, right: PastShare): PastShare {
  return {
    container: left.container,
    contacts: [...left.contacts, ...right.contacts],
    leftOut: left.leftOut + right.leftOut,
  };
}

function cut({ container, contacts, leftOut }: PastShare, limit: number): PastShare {
  const lost = contacts.slice(limit).reduce((count, contact) => count + contact.count, 0);
  return { container, contacts: contacts.slice(0, limit), leftOut: leftOut + lost };
}

function* blocksOf(shares: readonly PastShare[]): Generator<PastBlock, void, undefined> {
  if (shares.length === 0) yield { whole: true, shares: [] };
  for (const { container, contacts, leftOut } of shares) {
    for (let at = 0; at === 0 || at < contacts.length; at += MAX_BLOCK_CONTACTS) {
      const part = contacts.slice(at, at + MAX_BLOCK_CONTACTS);
      yield { whole: true, shares: [{ container, contacts: part, leftOut: at === 0 ? leftOut : 0 }] };
    }
  }
}

function largestOf(hours: Iterable<PastHourFile>, without: ReadonlySet<string>): PastHourFile | undefined {
  let largest: PastHourFile | undefined;
  for (const hour of hours) {
    if (!without.has(hour.name) && hour.bytes > (largest?.bytes ?? 0)) largest = hour;
  }
  return largest;
}

function sum(hours: Iterable<PastHourFile>): number {
  let bytes = 0;
  for (const hour of hours) bytes += hour.bytes;
  return bytes;
}
