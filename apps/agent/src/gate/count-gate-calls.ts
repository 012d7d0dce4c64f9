import { z } from "zod";
import { askLine } from "../line-socket.ts";

const DEADLINE_MS = 2000;

const status = z.object({ counts: z.record(z.string(), z.number()) });

/** How many calls the gate at a control socket has answered. Rejects where no gate answers. */
export async function countGateCalls(controlSocket: string): Promise<number> {
  const reply = await askLine(controlSocket, { command: "status" }, AbortSignal.timeout(DEADLINE_MS));
  return Object.values(status.parse(reply).counts).reduce((sum, count) => sum + count, 0);
}
