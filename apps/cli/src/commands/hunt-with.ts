import { type HuntReport, huntIn, type IntelSet } from "@pratique/intel";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { Progress } from "../progress.ts";

/** What a hunt ends with. */
export function codeOf({ hits, complete }: HuntReport, isSound: boolean): ExitCode {
  if (hits.some(({ listed }) => listed[0]?.reportOnlyBy === undefined)) return exitCodes.refused;
  return complete && isSound ? exitCodes.fine : exitCodes.unassessed;
}

export interface HuntWithOptions {
  readonly sinceMs?: number;
  readonly all?: boolean;
  readonly known?: IntelSet | undefined;
}

/** Hunts with a set, and shows how far it is. */
export async function huntWith(
  { settings, now, signal, console, elapsedMs }: Context,
  set: IntelSet,
  { sinceMs, all = false, known }: HuntWithOptions,
): Promise<HuntReport> {
  using progress = new Progress(console, elapsedMs);
  const report = await huntIn(set, {
    directory: settings.layout.past,
    now: () => now().getTime(),
    since: sinceMs === undefined ? undefined : now().getTime() - sinceMs,
    known,
    all,
    signal,
    onProgress: (done, total) => progress.show("hunting", done, total),
  });
  signal.throwIfAborted();
  return report;
}
