import { messageOf } from "@pratique/core";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { newJoinToken } from "../server-link.ts";

export interface ServerJoinTokenFlags {
  readonly host?: string;
  readonly label: readonly string[];
  readonly minutes?: string;
  readonly json?: boolean;
}

/** `pratique server join-token`: lets one host join, once. */
export async function serverJoinToken(
  { settings, console }: Context,
  { host = "", label, minutes = "60", json }: ServerJoinTokenFlags,
): Promise<ExitCode> {
  const socket = settings.layout.serverSocket;
  const wanted = { host, labels: labelsIn(label), minutes: minutesIn(minutes) };
  const made = await newJoinToken(socket, wanted).catch((cause: unknown) => {
    throw new CliError("PART_FAILED", `the server at ${socket} makes no token: ${messageOf(cause)}`, {
      cause,
      hint: "start it with pratique up --listen-agents ADDRESS:PORT",
    });
  });
  if (json === true) {
    console.print(`${JSON.stringify({ ...made.token, secret: made.secret, command: made.command })}\n`);
    return exitCodes.fine;
  }
  console.say(`Run this on the host, once, before ${made.token.expiresAt}:\n`);
  console.print(`${made.command}\n`);
  return exitCodes.fine;
}

function labelsIn(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf("=");
      if (at < 1) throw new CliError("USAGE", `expected KEY=VALUE as a label, found ${JSON.stringify(text)}`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

function minutesIn(text: string): number {
  const minutes = Number(text);
  if (Number.isInteger(minutes) && minutes >= 1 && minutes <= 10_080) return minutes;
  throw new CliError("USAGE", `expected 1 to 10080 minutes, found ${JSON.stringify(text)}`);
}
