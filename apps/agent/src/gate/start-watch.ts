import type { Engine } from "@pratique/engine";

const RECONNECT_MS = 1000;
/** A gate that follows one that was killed hears again of what the other one may not have looked at. */
const LOOK_BACK_MS = 10_000;
/** The engine is asked in whole milliseconds. */
const ROUNDING_MS = 1;

export interface StartWatchOptions {
  readonly engine: Pick<Engine, "events">;
  readonly signal: AbortSignal;
  readonly now: () => Date;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onStart: (containerId: string) => void;
}

/** Hears of each start of a container, also those that the engine does by itself, for as long as the signal allows. */
export async function watchStarts({ engine, signal, now, sleep, onStart }: StartWatchOptions): Promise<void> {
  let heardUntil = now().getTime() - LOOK_BACK_MS;
  const filters = { type: ["container"], event: ["start"] };
  while (!signal.aborted) {
    try {
      for await (const event of engine.events({ signal, sinceMs: heardUntil - ROUNDING_MS, filters })) {
        if (event.timeMs <= heardUntil) continue;
        heardUntil = event.timeMs;
        onStart(event.actorId);
      }
    } catch {
      // The engine is down, which is told elsewhere. When it is back, it tells what it has started.
    }
    await sleep(RECONNECT_MS, signal).catch(() => undefined);
  }
}
