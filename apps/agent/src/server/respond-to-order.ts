import type { AgentCommand } from "@pratique/api";
import { messageOf } from "@pratique/core";
import { Engine, type EngineAddress } from "@pratique/engine";
import { isSpared } from "@pratique/response";
import { killContainer } from "../engine/kill-container.ts";
import { OwnContainers, ownContainerId } from "../engine/own-containers.ts";
import { AgentError } from "../errors.ts";
import { type OrderRequest, orderResponse } from "../runtime/responses/order-response.ts";
import { policyIn, readPolicyFile } from "../runtime/responses/response-policy-file.ts";

const LOOK_TIMEOUT_MS = 5000;

/** What a person has the server tell this host about a container. */
export type RespondCommand = Extract<AgentCommand, { kind: "respond" }>;

interface EngineHands {
  readonly engineAddress: EngineAddress;
  /** The operator's policy of responses: what it spares is not killed. */
  readonly policyFile: string;
  /** The URL of the agent's server; undefined where it is not reached over a network. */
  readonly server: string | undefined;
}

interface Hands extends EngineHands {
  /** Where the watch over running containers is asked. */
  readonly socketPath: string;
}

/**
 * Does what a person ordered about a container, and says in one line what came of it. Rejects with such a line where
 * nothing was done. Where nobody watches running containers, the engine kills all the same, and no more can be done.
 */
export async function respondToOrder(
  { socketPath, ...engineHands }: Hands,
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
    return await killByEngine(engineHands, command.containerId);
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

async function killByEngine(hands: EngineHands, containerId: string): Promise<string> {
  const spared = await sparedBy(hands, containerId).catch((cause: unknown) => {
    const what = `whether it is to be left alone cannot be seen: ${messageOf(cause)}`;
    throw new AgentError("ENGINE_REFUSED_KILL", `nothing was done: ${what}`, { cause });
  });
  if (spared !== "") throw new AgentError("ENGINE_REFUSED_KILL", `nothing was done: ${spared}`);
  await killContainer(hands.engineAddress, containerId);
  return "killed by the engine; no sensor runs here, so that it is not proved, and its restart policy holds";
}

/** Why nothing is done about a container, whoever asks; empty where it may be killed. */
async function sparedBy(
  { engineAddress, policyFile, server }: EngineHands,
  containerId: string,
): Promise<string> {
  await using engine = new Engine({ address: engineAddress });
  const own = new OwnContainers({ agent: ownContainerId(), server, engine });
  await own.refresh(AbortSignal.timeout(LOOK_TIMEOUT_MS));
  if (own.has(containerId)) return "it is a container of our own: the agent or its server runs in it";
  const { spare } = policyIn(readPolicyFile(policyFile, "").text);
  // Where nothing is spared, the engine has to answer for one call less.
  if (spare.length === 0) return "";
  return isSpared({ spare }, await engine.inspectContainer(containerId)) ? "the policy spares it" : "";
}
