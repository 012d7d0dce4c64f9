import { z } from "zod";
import { AgentError } from "../../errors.ts";
import { askRuntime } from "../door/ask-runtime.ts";
import type { RuntimeRequest } from "../door/runtime-door.ts";
import type { OrderResult } from "./order-words.ts";

/** The container is looked at while it is frozen, may end by itself, and it is looked for the proof. */
const DEADLINE_MS = 180_000;

/** What is asked of the watch about a container. */
export type OrderRequest = Omit<Extract<RuntimeRequest, { command: "respond" }>, "command">;

const answered = z.object({
  state: z.enum(["done", "not-proved", "not-done"]),
  text: z.string(),
  act: z.string().optional(),
});

/**
 * Has the watch over running containers do what a person ordered, and hears what came of it. Throws
 * `RUNTIME_UNAVAILABLE` where nobody watches, so that nothing was done, and `RUNTIME_REFUSED` where it says that it
 * cannot, or broke off.
 */
export async function orderResponse(
  socketPath: string,
  order: OrderRequest,
  signal: AbortSignal = AbortSignal.timeout(DEADLINE_MS),
): Promise<OrderResult> {
  for await (const answer of askRuntime(socketPath, { command: "respond", ...order }, signal)) {
    const { act, ...said } = answered.parse(answer);
    return { ...said, act };
  }
  throw new AgentError(
    "RUNTIME_REFUSED",
    "nobody said what came of it: pratique runtime acts on the host tells what is in force",
  );
}
