import { askRuntime, clearPinned, countPinned, pinnedDirectory, pinsOf } from "@pratique/agent";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";

interface JsonFlag {
  readonly json?: boolean;
}

/** `pratique runtime clear`: ends what the kernel goes on preventing without the agent. */
export async function runtimeClear(
  { settings, console, signal }: Context,
  flags: JsonFlag,
): Promise<ExitCode> {
  const pins = pinsOf(settings.layout.data);
  if (countPinned(pins) > 0 && (await isWatched(settings.layout.runtimeSocket, signal))) {
    throw new CliError("PART_FAILED", "the agent runs, and would go on preventing", {
      hint: "stop it, or set runtime.survive to false and start it anew",
    });
  }
  let cleared = 0;
  try {
    cleared = clearPinned(pins);
  } catch (cause) {
    throw new CliError("NEEDS_ROOT", `cannot clear ${pinnedDirectory(pins)}`, { cause });
  }
  if (flags.json === true) console.print(`${JSON.stringify({ cleared })}\n`);
  else
    console.say(
      cleared === 0 ? "nothing was left in the kernel" : `${cleared} things are gone from the kernel`,
    );
  return exitCodes.fine;
}

async function isWatched(socket: string, signal: AbortSignal): Promise<boolean> {
  try {
    for await (const _ of askRuntime(socket, { command: "status" }, signal)) return true;
  } catch {
    // Nobody watches here.
  }
  return false;
}
