import { setTimeout as sleep } from "node:timers/promises";
import { patience } from "./patience.ts";

/** Waits for something that comes about by itself, and gives how long that took; rejects, with what it was, where it does not. */
export async function until(
  what: string,
  deadlineMs: number,
  isTrue: () => boolean | Promise<boolean>,
): Promise<number> {
  const started = performance.now();
  while (!(await isTrue())) {
    if (performance.now() - started > deadlineMs * patience)
      throw new Error(`not within ${deadlineMs * patience} ms: ${what}`);
    // What takes long is asked for less often: a server that is asked too often refuses to answer.
    await sleep(Math.min(25 + (performance.now() - started) / 40, 250));
  }
  return performance.now() - started;
}
