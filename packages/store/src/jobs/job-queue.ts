import type { JsonValue } from "@pratique/core";
import type { Transaction } from "kysely";
import type { Schema } from "../schema.ts";

/** An open transaction of the store: what a repository is given to write in. */
export type StoreTransaction = Transaction<Schema>;

export type JobState = "queued" | "running" | "failed" | "done";

/** A job in a list. What it was given is left out, for it may be secret. */
export interface Job {
  readonly id: string;
  readonly name: string;
  readonly state: JobState;
  readonly key?: string;
  readonly priority: number;
  readonly runAtMs: number;
  /** How often it was begun. */
  readonly attempts: number;
  readonly maxAttempts: number;
  /** Why it failed the last time. */
  readonly error?: string;
}

export interface EnqueueOptions {
  /** Milliseconds since 1970 before which it is not begun; at once where it is absent. */
  readonly runAtMs?: number;
  /**
   * While a job with the same key waits, none is added: the one that waits takes over the new payload, time and
   * priority. A job that runs already does not count, for it may have read what is old by now.
   */
  readonly key?: string;
  /** Where a job with the same key waits, its time stays: whoever adds it often does not put it off. */
  readonly keepsTime?: true;
  /** Of the jobs that stand in one line, none is begun while another one is run, whoever runs it. */
  readonly line?: string;
  /** 5 where it is absent. */
  readonly maxAttempts?: number;
  /** Of the jobs that are due, those with a smaller number are begun first; 0 where it is absent. */
  readonly priority?: number;
  /** The job is there if and when this transaction is stored. */
  readonly transaction?: StoreTransaction;
}

/** What a handler is told besides its payload. */
export interface JobRun {
  readonly id: string;
  /** From 1. */
  readonly attempt: number;
  /** Aborted when the worker is to end. */
  readonly signal: AbortSignal;
}

/** Does the jobs of one name. It may be called twice for one job. What it throws is a failure. */
export type JobHandler = (payload: JsonValue, run: JobRun) => Promise<void>;

export interface WorkOptions {
  /** How many jobs at once. */
  readonly concurrency: number;
  /** Ends the work: no job is begun any more, and those that run are awaited. */
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Told of what keeps the worker from its work, and of the failures of jobs; the worker goes on. */
  readonly onError: (thrown: unknown) => void;
  /** How often to look for jobs that nobody announced; 1 000 where it is absent. */
  readonly pollMs?: number;
  /** After how long without a sign of life a worker counts as dead; 30 000 where it is absent. */
  readonly leaseMs?: number;
}

export interface JobListQuery {
  readonly state?: JobState;
  /** Those alone whose time had come by then, in milliseconds since 1970. */
  readonly dueMs?: number;
  readonly limit: number;
}

/**
 * Work that is to be done later, at least once, by any of the servers, in spite of kills. A job that fails is tried
 * again after ever longer pauses, until it has been begun `maxAttempts` times. The last 1 000 that are done are kept.
 * Throws StoreError.
 */
export interface JobQueue {
  /** Adds a job and gives its id. */
  enqueue(name: string, payload: JsonValue, options?: EnqueueOptions): Promise<string>;
  /** Does the jobs of the names that have a handler, until the signal; resolves when the last has ended. */
  work(handlers: Readonly<Record<string, JobHandler>>, options: WorkOptions): Promise<void>;
  /** Newest first. */
  list(query: JobListQuery): Promise<readonly Job[]>;
  /** Makes a job due at once that failed or waits, and counts its attempts anew. False where there is none. */
  retry(id: string): Promise<boolean>;
  /** Removes a job that waits or failed. False where there is none, or it runs. */
  cancel(id: string): Promise<boolean>;
}

export const MAX_ATTEMPTS = 5;
export const POLL_MS = 1_000;
export const LEASE_MS = 30_000;
export const KEPT_DONE = 1_000;
/** A failure is remembered up to here. */
export const MAX_ERROR_LENGTH = 2_000;

/** How long to wait after a failed attempt: e, e², e³ … seconds, six hours at most. */
export function pauseAfter(attempts: number): number {
  return Math.round(1000 * Math.exp(Math.min(attempts, 10)));
}
