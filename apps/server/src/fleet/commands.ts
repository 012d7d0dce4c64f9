import { randomUUID } from "node:crypto";
import { type AgentCommand, awaitWork } from "@pratique/api";
import type { Context } from "../context.ts";

type Task = AgentCommand extends infer Command
  ? Command extends AgentCommand
    ? Omit<Command, "id" | "expiresAt">
    : never
  : never;

/** A command in its form, as it was kept. */
export const agentCommand = awaitWork.reply.shape.commands.element;

const MINUTE_MS = 60_000;

/** For how long a command is worth carrying out. Who quarantines a container does not mean what runs tomorrow. */
const goodForMs: Readonly<Record<AgentCommand["kind"], number>> = {
  respond: 10 * MINUTE_MS,
  "set-gate-mode": 60 * MINUTE_MS,
  "scan-image": 60 * MINUTE_MS,
  "release-response": 10 * MINUTE_MS,
  "set-profile-mode": 60 * MINUTE_MS,
  "decide-profile-item": 60 * MINUTE_MS,
};

/** Has a host's agent do something. Gives the id of the command. */
export async function tellAgent(
  { store, now }: Pick<Context, "store" | "now">,
  { host, by, task }: { readonly host: string; readonly by: string; readonly task: Task },
): Promise<string> {
  const id = randomUUID();
  const at = now();
  const expiresAt = new Date(at + goodForMs[task.kind]).toISOString();
  await store.fleet.commands.add({
    id,
    host,
    document: { id, ...task, expiresAt },
    createdBy: by,
    createdAt: new Date(at).toISOString(),
    expiresAt,
  });
  return id;
}
