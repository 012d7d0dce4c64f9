import type { AgentCommand } from "@pratique/api";
import { AgentError } from "../../errors.ts";
import { askRuntime } from "./ask-runtime.ts";
import type { RuntimeRequest } from "./runtime-door.ts";

/** A word of a person about a profile. */
export type ProfileCommand = Extract<AgentCommand, { kind: "set-profile-mode" | "decide-profile-item" }>;

const DEADLINE_MS = 20_000;

/** Asks the watch over running containers one thing. Throws `RUNTIME_UNAVAILABLE` where nobody answers. */
export async function askOnce(
  socketPath: string,
  request: RuntimeRequest,
  deadlineMs = DEADLINE_MS,
): Promise<Readonly<Record<string, unknown>>> {
  for await (const answer of askRuntime(socketPath, request, AbortSignal.timeout(deadlineMs))) return answer;
  throw new AgentError("RUNTIME_UNAVAILABLE", "no agent watches running containers here: nobody answered");
}

/** Does what a person says of a profile. Throws `RUNTIME_UNAVAILABLE`, and `RUNTIME_REFUSED` where it is refused. */
export async function tellProfiles(socketPath: string, command: ProfileCommand): Promise<void> {
  const answer = await askOnce(socketPath, requestOf(command));
  if (typeof answer.refused === "string") throw new AgentError("RUNTIME_REFUSED", answer.refused);
}

function requestOf(command: ProfileCommand): RuntimeRequest {
  const { imageId: image, by } = command;
  if (command.kind === "decide-profile-item") {
    const { item, verdict } = command;
    return { command: "profile-decide", image, item, verdict, by };
  }
  const { mode, afresh, learnMs, watchMs, afterWatch } = command;
  const settings = {
    ...(learnMs !== undefined && { learnMs }),
    ...(watchMs !== undefined && { watchMs }),
    ...(afterWatch !== undefined && { afterWatch }),
  };
  return {
    command: "profile-mode",
    image,
    mode,
    ...(Object.keys(settings).length > 0 && { settings }),
    ...(afresh !== undefined && { afresh }),
    by,
  };
}
