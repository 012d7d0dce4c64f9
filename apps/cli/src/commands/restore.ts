import { existsSync, mkdirSync } from "node:fs";
import { restore } from "@pratique/server";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { installationOf } from "../installation.ts";

const PRIVATE = 0o700;

/** `pratique server restore`: reads a backup into a server that has remembered nothing yet. */
export async function serverRestore(
  context: Context,
  file: string,
  flags: { readonly json?: boolean },
): Promise<ExitCode> {
  const { console, settings } = context;
  const installation = installationOf(context);
  if (!existsSync(settings.layout.server)) {
    mkdirSync(settings.layout.server, { recursive: true, mode: PRIVATE });
  }
  const summary = await restore(installation, file);
  if (flags.json === true) console.print(`${JSON.stringify({ file, ...summary })}\n`);
  console.say(
    `read what was saved at ${summary.createdAt}; people sign in anew, agents go on where they were, and tokens to join that were not used yet are made anew`,
  );
  return exitCodes.fine;
}
