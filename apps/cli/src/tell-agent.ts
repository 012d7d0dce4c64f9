import { askLine } from "@pratique/agent";
import type { Context } from "./context.ts";

const DEADLINE_MS = 3000;

/** Has a running agent look at what has changed at once; without one it is looked at when one starts. */
export async function tellAgent({ settings }: Context): Promise<void> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  await askLine(settings.layout.agentSocket, { command: "refresh" }, signal).catch(() => undefined);
}
