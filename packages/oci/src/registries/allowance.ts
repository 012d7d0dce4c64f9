/** What a server says of how often it may still be asked. */
export interface Allowance {
  /** Requests that are left; undefined where it does not say. */
  readonly remaining?: number;
  /** After how long there are more again. */
  readonly resetMs?: number;
}

/** A number of seconds that is larger is a time since 1970, as GitHub and Docker's API write it. */
const MIN_EPOCH_SECONDS = 1_000_000_000;

/**
 * Reads `RateLimit-Remaining` and `RateLimit-Reset` (IETF draft, ratelimit-headers), the same with `X-` before it as
 * GitHub and Docker's API send it, and the window that Docker Hub's registry writes behind the number: `76;w=21600`.
 */
export function allowanceOf(headers: ReadonlyMap<string, string>, nowMs: number): Allowance {
  const text = headers.get("ratelimit-remaining") ?? headers.get("x-ratelimit-remaining");
  const found = /^\s*(?<left>\d{1,9})(?:;w=(?<window>\d{1,9}))?/u.exec(text ?? "")?.groups;
  if (found?.left === undefined) return {};
  const remaining = Number(found.left);
  const resetMs =
    resetOf(headers.get("ratelimit-reset") ?? headers.get("x-ratelimit-reset"), nowMs) ??
    windowOf(found.window, headers.get("ratelimit-limit"));
  return { remaining, ...(resetMs !== undefined && { resetMs }) };
}

function resetOf(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined || !/^\s*\d{1,12}\s*$/u.test(text)) return undefined;
  const seconds = Number(text);
  return Math.max(0, seconds < MIN_EPOCH_SECONDS ? seconds * 1000 : seconds * 1000 - nowMs);
}

/** The window slides: the next request is free after its share of it. */
function windowOf(windowText: string | undefined, limitText: string | undefined): number | undefined {
  if (windowText === undefined) return undefined;
  const limit = Number(/^\s*(?<limit>\d{1,9})/u.exec(limitText ?? "")?.groups?.limit ?? 1);
  return Math.ceil((Number(windowText) * 1000) / Math.max(1, limit));
}
