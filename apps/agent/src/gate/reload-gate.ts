import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "@pratique/core";
import { z } from "zod";
import { AgentError } from "../errors.ts";
import { askLine } from "../line-socket.ts";

const DEADLINE_MS = 5000;
const AGAIN_AFTER_MS = 20;

const reply = z.object({ ok: z.boolean(), error: z.string().default("") });

/**
 * Has the gate at a control socket read its state, and resolves when it decides by that. Rejects with `GATE_UNAVAILABLE`
 * where it does not say so within `deadlineMs`: a gate that starts later reads it by itself.
 */
export async function reloadGate(controlSocket: string, deadlineMs = DEADLINE_MS): Promise<void> {
  const deadline = AbortSignal.timeout(deadlineMs);
  for (;;) {
    try {
      const { ok, error } = reply.parse(await askLine(controlSocket, { command: "reload" }, deadline));
      if (ok) return;
      throw notTold(error);
    } catch (thrown) {
      if (thrown instanceof AgentError) throw thrown;
      if (deadline.aborted) throw notTold(messageOf(thrown));
      // A gate that opens its doors anew closes those that we came in by before it can answer.
      await sleep(AGAIN_AFTER_MS);
    }
  }
}

function notTold(why: string): AgentError {
  return new AgentError("GATE_UNAVAILABLE", `kept, but the gate has not said yet that it goes by it: ${why}`);
}
