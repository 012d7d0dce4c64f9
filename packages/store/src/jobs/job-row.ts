import type { Selectable } from "kysely";
import type { JobTable } from "../schema.ts";
import type { Job, JobState } from "./job-queue.ts";

/** A row of the table of jobs. */
export type JobRow = Selectable<JobTable>;

/** Reads the row of a list. */
export function jobOf(row: Omit<JobRow, "payload" | "line" | "lease_until_ms">): Job {
  return {
    id: String(row.id),
    name: row.name,
    state: stateOf(row.state),
    ...(row.key !== null && { key: row.key }),
    priority: row.priority,
    runAtMs: row.run_at_ms,
    attempts: row.attempts,
    maxAttempts: row.max_attempts,
    ...(row.error !== null && { error: row.error }),
  };
}

function stateOf(text: string): JobState {
  return text === "queued" || text === "running" || text === "done" ? text : "failed";
}
