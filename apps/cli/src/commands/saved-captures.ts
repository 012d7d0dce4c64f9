import { readSavedCaptures, type SavedCapture } from "@pratique/agent";
import { KiB, messageOf } from "@pratique/core";
import { printable } from "@pratique/report";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";

/** `pratique runtime capture --list`: what was saved when something was detected, and where it lies. */
export function listSavedCaptures(
  { settings, console, isRoot }: Context,
  { json = false }: { readonly json?: boolean },
): ExitCode {
  const { captures, unreadable } = read(settings.layout.captures, isRoot);
  if (json) {
    console.print(`${JSON.stringify({ captures, unreadable }, undefined, 2)}\n`);
  } else {
    for (const capture of captures) console.print(linesOf(capture));
    if (captures.length === 0) console.say("nothing was saved yet");
  }
  for (const directory of unreadable) console.say(`cannot be read: ${printable(directory)}`);
  return unreadable.length === 0 ? exitCodes.fine : exitCodes.unassessed;
}

function read(directory: string, isRoot: boolean): ReturnType<typeof readSavedCaptures> {
  try {
    return readSavedCaptures(directory);
  } catch (cause) {
    const what = `what was saved cannot be read: ${messageOf(cause)}`;
    throw new CliError(isRoot ? "PART_FAILED" : "NEEDS_ROOT", what, { cause });
  }
}

function linesOf({ directory, container, detections, files }: SavedCapture): string {
  const [first] = detections;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const more = detections.length > 1 ? ` and ${detections.length - 1} more` : "";
  const what = `${first?.priority ?? ""}  ${first?.rule ?? ""}${more}`;
  const where = `${printable(container.name).padEnd(16)}  ${printable(container.image)}`;
  return `${(first?.time ?? "").slice(0, 19)}  ${where}  ${printable(what)}  ${Math.ceil(bytes / KiB)} KiB\n  ${printable(directory)}\n`;
}
