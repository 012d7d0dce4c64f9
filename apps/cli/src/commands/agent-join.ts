import { readFileSync } from "node:fs";
import { askLine, joinServer, parseJoinToken } from "@pratique/agent";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";

const ASK_DEADLINE_MS = 1000;

export interface AgentJoinFlags {
  readonly token: string;
  readonly caFingerprint?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `pratique agent join`: this host gets its identity. */
export async function agentJoin(
  { settings, console, version, now }: Context,
  url: string,
  flags: AgentJoinFlags,
): Promise<ExitCode> {
  const { layout, hostName } = settings;
  // On the command line other users of this machine can read it.
  const text = flags.token === "-" ? readFileSync(0, "utf8") : flags.token;
  const identity = await joinServer({
    url,
    token: parseJoinToken(text, flags.caFingerprint),
    host: hostName,
    version,
    directory: layout.identity,
    force: flags.force === true,
    now: () => now().getTime(),
  });
  if (flags.json === true) {
    const { host, url: server, expiresAt, renewAt } = identity;
    console.print(`${JSON.stringify({ host, server, expiresAt, renewAt })}\n`);
  }
  const running = await askLine(
    layout.agentSocket,
    { command: "status" },
    AbortSignal.timeout(ASK_DEADLINE_MS),
  ).catch(() => undefined);
  console.say(`This host has joined ${identity.url} as ${identity.host}.`);
  console.say(
    running === undefined
      ? "Start its agent with  sudo pratique agent"
      : "An agent is running already: start it again, so that it speaks to this server.",
  );
  return exitCodes.fine;
}
