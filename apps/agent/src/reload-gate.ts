import { messageOf } from "@pratique/core";
import { z } from "zod";
import { AgentError } from "./errors.ts";
import { askLine } from "./line-socket.ts";

const DEADLINE_MS = 5000;

const reply = z.object({ ok: z.boolean(), error: z.string().default("") });

/**
 * Has the gate at a control socket read its state, and resolves when it decides by that. Rejects with `GATE_UNAVAILABLE` where it
 * does not say so: a gate that starts later reads it by itself.
 */
export async function reloadGate(controlSocket: string): Promise<void> {
  const { ok, error } = await ask(controlSocket);
  if (!ok) throw notTold(error);
}

async function ask(controlSocket: string): Promise<z.output<typeof reply>> {
  try {
    return reply.parse(await askLine(controlSocket, { command: "reload" }, AbortSignal.timeout(DEADLINE_MS)));
  } catch (thrown) {
    throw notTold(messageOf(thrown));
  }
}

function notTold(why: string): AgentError {
  return new AgentError("GATE_UNAVAILABLE", `kept, but the gate has not said yet that it goes by it: ${why}`);
}
