import type { Engine } from "@pratique/engine";

const RECONNECT_MS = 1000;
/** A gate that follows one that was killed hears again of what the other one may not have looked at. */
const LOOK_BACK_MS = 10_000;
/** Of starts at one time the engine may tell the later one first: so much is heard twice where it broke off between them. */
const OVERLAP_MS = 1000;
const MAX_RECENT = 1024;

export interface StartWatchOptions {
  readonly engine: Pick<Engine, "events">;
  readonly signal: AbortSignal;
  readonly now: () => Date;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onStart: (containerId: string) => void;
}

/** Hears of each start of a container, also those that the engine does by itself, for as long as the signal allows. */
export async function watchStarts({ engine, signal, now, sleep, onStart }: StartWatchOptions): Promise<void> {
  let heardUntil = now().getTime() - LOOK_BACK_MS + OVERLAP_MS;
  /** What was heard within the overlap, and when it happened. */
  const recent = new Map<string, number>();
  const filters = { type: ["container"], event: ["start"] };
  while (!signal.aborted) {
    try {
      for await (const { actorId, timeMs } of engine.events({
        signal,
        sinceMs: heardUntil - OVERLAP_MS,
        filters,
      })) {
        const start = `${actorId} ${timeMs}`;
        if (recent.has(start)) continue;
        recent.set(start, timeMs);
        heardUntil = Math.max(heardUntil, timeMs);
        if (recent.size > MAX_RECENT) forgetBefore(recent, heardUntil - OVERLAP_MS);
        onStart(actorId);
      }
    } catch {
      // The engine is down, which is told elsewhere. When it is back, it tells what it has started.
    }
    await sleep(RECONNECT_MS, signal).catch(() => undefined);
  }
}

function forgetBefore(recent: Map<string, number>, timeMs: number): void {
  for (const [start, at] of recent) if (at < timeMs) recent.delete(start);
}
