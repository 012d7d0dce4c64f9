import { type JsonObject, messageOf } from "@pratique/core";
import { ResponseError } from "./errors.ts";
import type { Step } from "./responders/responder.ts";

/** What became of one step. Times are milliseconds; `at` counts from the decision. */
export interface StepRecord {
  readonly name: string;
  /** `timed-out`: nobody knows whether it took effect. */
  readonly outcome: "done" | "failed" | "timed-out";
  readonly detail: string;
  readonly atMs: number;
  readonly tookMs: number;
  /** What it ended, where it tells that. */
  readonly flows?: readonly string[] | undefined;
}

export interface StepLimits {
  readonly stepMs: number;
  /** Milliseconds since the decision. */
  readonly elapsed: () => number;
}

/** Runs each step, one after another, whatever became of those before. */
export async function runSteps(steps: readonly Step[], limits: StepLimits): Promise<readonly StepRecord[]> {
  const records: StepRecord[] = [];
  for (const step of steps) records.push(await runStep(step, limits));
  return records;
}

async function runStep(step: Step, { stepMs, elapsed }: StepLimits): Promise<StepRecord> {
  const atMs = elapsed();
  const record = (outcome: StepRecord["outcome"], detail: string, flows?: readonly string[]) => {
    return { name: step.name, outcome, detail, atMs, tookMs: elapsed() - atMs, flows };
  };
  try {
    const answer = await withDeadline(stepMs + (step.extraMs ?? 0), (signal) => step.run(signal));
    return typeof answer === "string" ? record("done", answer) : record("done", answer.detail, answer.flows);
  } catch (thrown) {
    const late = thrown instanceof ResponseError && thrown.code === "STEP_TIMED_OUT";
    return record(late ? "timed-out" : "failed", messageOf(thrown));
  }
}

/** Rejects with `STEP_TIMED_OUT` in time, also where what is waited for does not heed its signal. */
export async function withDeadline<T>(ms: number, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new ResponseError("STEP_TIMED_OUT", `not done within ${Math.round(ms)} ms`);
    reject(error);
    controller.abort(error);
  }, ms);
  try {
    return await Promise.race([run(controller.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

export function stepJson({ name, outcome, detail, atMs, tookMs }: StepRecord): JsonObject {
  return { name, outcome, detail, atMs: rounded(atMs), tookMs: rounded(tookMs) };
}

/** Tenths of a millisecond are what these clocks can tell. */
export function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
