import { backUp } from "@pratique/server";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { usedInstallationOf } from "../installation.ts";

/** `pratique server backup`: everything that the server remembers, in one file; it goes on working meanwhile. */
export async function serverBackup(
  context: Context,
  flags: { readonly output: string; readonly seal: boolean; readonly json?: boolean },
): Promise<ExitCode> {
  const { console } = context;
  const summary = await backUp(usedInstallationOf(context), { file: flags.output, sealed: flags.seal });
  if (flags.json === true) console.print(`${JSON.stringify({ file: flags.output, ...summary })}\n`);
  console.say(`saved to ${flags.output}`);
  if (summary.sealed) {
    console.say(
      `It opens with the key ${summary.openedBy.join(", ")} alone: keep that key, and apart from the backup.`,
    );
  } else {
    console.say("It is not sealed: whoever reads it sees everything but the secrets.");
  }
  return exitCodes.fine;
}
