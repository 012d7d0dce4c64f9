import { messageOf } from "@pratique/core";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { newSignInLink } from "../server-link.ts";

/** `pratique server link`: a new link for a person who may use this host's socket. */
export async function serverLink(
  { settings, console }: Context,
  flags: { readonly json?: boolean },
): Promise<ExitCode> {
  const socket = settings.layout.serverSocket;
  const url = await newSignInLink(socket).catch((cause: unknown) => {
    throw new CliError("PART_FAILED", `no server answers at ${socket} (${messageOf(cause)})`, {
      cause,
      hint: "start it with pratique up",
    });
  });
  console.print(flags.json === true ? `${JSON.stringify({ url })}\n` : `${url}\n`);
  console.say("It signs in once, within 15 minutes.");
  return exitCodes.fine;
}
