/**
 * Whether a moment that was written down, on a disk or by another machine, lies less than so long before now. What lies
 * as far ahead of now was written by a clock that was wrong, and is as little recent: it would stay so until that time
 * has come. How long ago something was in this process is told by a clock that never turns back instead.
 */
export function isRecent(
  atMs: number,
  { nowMs, withinMs }: { readonly nowMs: number; readonly withinMs: number },
): boolean {
  return Math.abs(nowMs - atMs) < withinMs;
}
