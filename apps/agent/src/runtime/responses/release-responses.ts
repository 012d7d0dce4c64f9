import { AgentError } from "../../errors.ts";
import { askRuntime } from "../door/ask-runtime.ts";

/** Undoing waits for the container's turn, and for what the kernel takes. */
const DEADLINE_MS = 20_000;

/** What is to be undone. */
export interface Release {
  readonly containerId: string;
  /** All that is in force about the container where it is undefined. */
  readonly act: string | undefined;
  /** Who asks, as the record names people. */
  readonly by: string;
}

/** Has the watch over running containers undo what was done about one. Throws `RUNTIME_UNAVAILABLE`. */
export async function releaseResponses(
  socketPath: string,
  { containerId, act, by }: Release,
  deadlineMs = DEADLINE_MS,
): Promise<void> {
  const request = {
    command: "release" as const,
    container: containerId,
    ...(act !== undefined && { act }),
    by,
  };
  for await (const answer of askRuntime(socketPath, request, AbortSignal.timeout(deadlineMs))) {
    if (answer.released === true) return;
  }
  throw new AgentError("RUNTIME_UNAVAILABLE", "nothing was undone: nobody said that it was");
}
