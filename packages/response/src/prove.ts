import { setTimeout as sleep } from "node:timers/promises";
import { type JsonObject, messageOf } from "@pratique/core";
import type { Check, CheckAnswer } from "./responders/responder.ts";
import { rounded, withDeadline } from "./run-steps.ts";

/** How long to wait before looking again for what does not hold yet; twice as long each time. */
const FIRST_PAUSE_MS = 10;
const MAX_PAUSE_MS = 200;

interface CheckRecord extends CheckAnswer {
  readonly name: string;
  /** Milliseconds from the decision to when this was seen. */
  readonly atMs: number;
}

/**
 * `proved`: everything that decides was seen to hold, and nothing speaks against it. `not-proved`: something speaks
 * against it, or could not be seen. `not-needed`: there was nothing to prove.
 */
export interface Proof {
  readonly result: "proved" | "not-proved" | "not-needed";
  /** What is missing; empty unless it is not proved. */
  readonly because: string;
  readonly checks: readonly CheckRecord[];
  /** Milliseconds from the decision to the last check. */
  readonly atMs: number;
}

/** Looks until all checks hold or the time is over. What could not be read is not taken for well. */
export async function prove(
  checks: readonly Check[],
  { proofMs, elapsed }: { readonly proofMs: number; readonly elapsed: () => number },
): Promise<Proof> {
  const ends = elapsed() + proofMs;
  const answers = new Map<string, CheckRecord>();
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
    for (const check of checks.filter(({ name }) => answers.get(name)?.outcome !== "holds")) {
      const answer = await runCheck(check, Math.max(ends - elapsed(), FIRST_PAUSE_MS));
      answers.set(check.name, { name: check.name, ...answer, atMs: elapsed() });
    }
    const open = checks.filter((check) => !isWell(check, answers.get(check.name)));
    if (open.length === 0 || elapsed() + pauseMs >= ends)
      return proofOf(open, [...answers.values()], elapsed());
    await sleep(pauseMs);
  }
}

async function runCheck(check: Check, ms: number): Promise<CheckAnswer> {
  try {
    return await withDeadline(ms, (signal) => check.run(signal));
  } catch (thrown) {
    return { outcome: check.decides ? "fails" : "unknown", detail: `not seen: ${messageOf(thrown)}` };
  }
}

function isWell({ decides }: Check, answer: CheckAnswer | undefined): boolean {
  return answer?.outcome === "holds" || (answer?.outcome === "unknown" && !decides);
}

function proofOf(open: readonly Check[], checks: readonly CheckRecord[], atMs: number): Proof {
  if (checks.length === 0) return { result: "not-needed", because: "", checks, atMs };
  if (open.length === 0) return { result: "proved", because: "", checks, atMs };
  const names = new Set(open.map(({ name }) => name));
  const because = checks
    .filter(({ name }) => names.has(name))
    .map(({ name, detail }) => `${name}: ${detail}`);
  return { result: "not-proved", because: because.join("; "), checks, atMs };
}

export function proofJson({ result, because, checks, atMs }: Proof): JsonObject {
  return {
    result,
    proved: result === "proved",
    because,
    ms: rounded(atMs),
    checks: checks.map(({ name, outcome, detail, atMs: at }) => ({
      name,
      outcome,
      detail,
      atMs: rounded(at),
    })),
  };
}
