import { rotateAgentAuthority } from "@pratique/server";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { usedInstallationOf } from "../installation.ts";

/** `pratique server keys rotate-authority`: another authority certifies hosts before long. */
export async function rotateAuthority(
  context: Context,
  flags: { readonly json?: boolean },
): Promise<ExitCode> {
  const { console, settings, elapsedMs } = context;
  const certificateMs = settings.agents?.certificateMs;
  await rotateAgentAuthority(usedInstallationOf(context), {
    elapsedMs,
    ...(certificateMs !== undefined && { hostCertificateMs: certificateMs }),
  });
  if (flags.json === true) console.print(`${JSON.stringify({ made: true })}\n`);
  console.say("Hosts are certified by a new authority a quarter of an hour from now.");
  console.say(
    "The old one is trusted until the last certificate that it gave has ended; nothing has to be done.",
  );
  return exitCodes.fine;
}
