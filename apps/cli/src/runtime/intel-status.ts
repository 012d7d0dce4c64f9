import { type IntelStatus, readIntelStatus } from "@pratique/intel";
import type { Context } from "../context.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** What the host's set holds, by the settings. */
export function statusOf({ settings, now }: Context): IntelStatus {
  const { staleAfterDays } = settings.intel;
  return readIntelStatus(settings.layout.intel, {
    clock: now,
    ...(staleAfterDays !== undefined && { staleAfterMs: staleAfterDays * DAY_MS }),
  });
}

/** Whether a source is as fresh as it should be, and nothing of it waits. */
export function isSoundSource({ stale, failure, held }: IntelStatus["sources"][number]): boolean {
  return !stale && failure === undefined && held === undefined;
}
