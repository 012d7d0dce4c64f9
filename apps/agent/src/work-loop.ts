import type { AgentWork } from "@pratique/api";
import { Backoff } from "./backoff.ts";
import type { ServerClient } from "./server/server-client.ts";

const WAIT_SECONDS = 25;
const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 10_000;
/** Between answers that come at once: a server that always has something must not make us spin. */
const PAUSE_MS = 100;

export interface WorkLoopOptions {
  readonly server: Pick<ServerClient, "awaitWork">;
  readonly signal: AbortSignal;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
  /** The revision that is held. */
  readonly revision: () => string;
  /** That of the rules; undefined where this host watches no containers. */
  readonly rules: () => string | undefined;
  /** Throws where it cannot be taken; it is then asked for again, later and later. */
  readonly onWork: (work: AgentWork) => void;
  readonly onReached: () => void;
  readonly onError: (error: unknown) => void;
}

/** Waits for what the server wants of this host, for as long as the signal allows. */
export async function awaitWorkForever(options: WorkLoopOptions): Promise<void> {
  const { server, signal, sleep, random } = options;
  const backoff = new Backoff({ firstMs: FIRST_BACKOFF_MS, maxMs: MAX_BACKOFF_MS, random });
  let waitSeconds = 0;
  while (!signal.aborted) {
    let pauseMs = PAUSE_MS;
    try {
      const rules = options.rules();
      const work = await server.awaitWork(options.revision(), { rules, waitSeconds, signal });
      // The first answer comes at once, so that it is soon known that there is a server.
      waitSeconds = WAIT_SECONDS;
      options.onReached();
      options.onWork(work);
      backoff.succeeded();
    } catch (thrown) {
      if (signal.aborted) return;
      waitSeconds = 0;
      options.onError(thrown);
      pauseMs = backoff.failed();
    }
    await sleep(pauseMs, signal).catch(() => undefined);
  }
}
