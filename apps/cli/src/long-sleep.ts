/** A timer of Node that is to wait for longer fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

/** Waits as `sleep` does, and for as long as one likes: for more than 24 days as well. */
export function longSleep(sleep: Sleep): Sleep {
  return async (ms, signal) => {
    let leftMs = ms;
    for (; leftMs > LONGEST_TIMER_MS; leftMs -= LONGEST_TIMER_MS) await sleep(LONGEST_TIMER_MS, signal);
    await sleep(leftMs, signal);
  };
}
