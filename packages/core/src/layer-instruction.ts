import { redactScript } from "./redact-command-line.ts";

/** Instructions of real images are a few hundred characters long; scripts in one are cut. */
const MAX_LENGTH = 1000;
/** How much of a text is looked at: nobody writes so much by hand. */
const MAX_READ = 16_384;

/** What the classic builder writes before an instruction that ran no command, and before a command. */
const NO_COMMAND = /^\/bin\/sh -c #\(nop\)\s*/u;
const COMMAND = /^(?:\/bin\/sh -c|cmd \/S \/C)\s+/u;
/** How many build arguments there were, and what follows them. */
const BUILD_ARGUMENTS = /^(?:RUN )?\|\d+ /u;
/** What BuildKit writes behind one. Not as an expression: that would go through spaces without end from each of them. */
const BUILDKIT = "# buildkit";

/**
 * The instruction of a Dockerfile that made a layer, as near as `created_by` of a configuration's history tells (OCI
 * image-spec, config.md, "history"): without what builders write around it, in one line, and without the values of
 * build arguments and what looks like a password, for people pass secrets by both. Empty where the history says nothing.
 */
export function layerInstruction(createdBy: string): string {
  const text = createdBy.slice(0, MAX_READ).trim();
  const written = text.endsWith(BUILDKIT) ? text.slice(0, -BUILDKIT.length).trimEnd() : text;
  const shown = redactScript(oneLine(instructionIn(written)));
  return shown.length > MAX_LENGTH ? `${shown.slice(0, MAX_LENGTH - 1).toWellFormed()}…` : shown;
}

function instructionIn(text: string): string {
  if (NO_COMMAND.test(text)) return text.replace(NO_COMMAND, "");
  if (BUILD_ARGUMENTS.test(text)) return `RUN ${afterArguments(text)}`;
  return COMMAND.test(text)
    ? `RUN ${text.replace(COMMAND, "")}`
    : text.replace(/^RUN \/bin\/sh -c\s+/u, "RUN ");
}

/** Values may hold spaces, and nothing marks their end but the shell that the command is given to. */
function afterArguments(text: string): string {
  const shell = " /bin/sh -c ";
  const at = text.indexOf(shell);
  return at < 0 ? "a command with build arguments" : text.slice(at + shell.length);
}

function oneLine(text: string): string {
  return text.replace(/\s+/gu, " ").trim();
}
