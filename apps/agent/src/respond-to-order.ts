import { readFileSync } from "node:fs";
import type { AgentCommand } from "@pratique/api";
import type { EngineAddress } from "@pratique/engine";
import { AgentError } from "./errors.ts";
import { killContainer } from "./kill-container.ts";
import { type OrderRequest, orderResponse } from "./runtime/order-response.ts";

/** What a person has the server tell this host about a container. */
export type RespondCommand = Extract<AgentCommand, { kind: "respond" }>;

interface Hands {
  /** Where the watch over running containers is asked. */
  readonly socketPath: string;
  readonly engineAddress: EngineAddress;
}

/**
 * Does what a person ordered about a container, and says in one line what came of it. Rejects with such a line where
 * nothing was done. Where nobody watches running containers, the engine kills all the same, and no more can be done.
 */
export async function respondToOrder(
  { socketPath, engineAddress }: Hands,
  command: RespondCommand,
): Promise<string> {
  try {
    const { state, text } = await orderResponse(socketPath, requestOf(command));
    if (state === "not-done") throw new AgentError("RUNTIME_REFUSED", text);
    return text;
  } catch (thrown) {
    if (!(thrown instanceof AgentError) || thrown.code !== "RUNTIME_UNAVAILABLE") throw thrown;
    if (command.action !== "kill") {
      throw new AgentError(
        "RUNTIME_UNAVAILABLE",
        `nothing was done: without a sensor, containers of this host can only be killed (${thrown.message})`,
        { cause: thrown },
      );
    }
    return await killByEngine(engineAddress, command.containerId);
  }
}

function requestOf({
  containerId,
  action,
  peers,
  forSeconds,
  reason,
  by,
  answers,
}: RespondCommand): OrderRequest {
  return {
    container: containerId,
    action,
    ...(peers !== undefined && { peers }),
    ...(forSeconds !== undefined && { forMs: forSeconds * 1000 }),
    reason,
    by,
    ...(answers !== undefined && { answers }),
  };
}

async function killByEngine(address: EngineAddress, containerId: string): Promise<string> {
  if (isOwn(containerId)) {
    throw new AgentError("ENGINE_REFUSED_KILL", "nothing was done: it is a container of our own");
  }
  await killContainer(address, containerId);
  return "killed by the engine; no sensor runs here, so that it is not proved, and its restart policy holds";
}

/** Where the agent runs in a container itself, its cgroup is named after that. */
function isOwn(containerId: string): boolean {
  try {
    return containerId !== "" && readFileSync("/proc/self/cgroup", "utf8").includes(containerId);
  } catch {
    // Without /proc nobody knows; the engine has the last word then.
    return false;
  }
}
