import { AuditError, visibleText } from "@pratique/audit";
import { messageOf, PratiqueError } from "@pratique/core";
import type { AuditorContext } from "./context.ts";
import { AuditorError } from "./errors.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { exportCommand } from "./export-command.ts";
import { proveCommand } from "./prove-command.ts";
import { usage } from "./usage.ts";
import { verifyCommand } from "./verify-command.ts";
import { witnessCommand } from "./witness-command.ts";

type Command = (args: readonly string[], context: AuditorContext) => Promise<ExitCode>;

const commands: Readonly<Record<string, Command>> = {
  export: exportCommand,
  prove: proveCommand,
  verify: verifyCommand,
  witness: witnessCommand,
};

/** Runs the program with its arguments; gives what it is to end with. Throws nothing but defects. */
export async function runAuditor(args: readonly string[], context: AuditorContext): Promise<ExitCode> {
  const [name = "", ...rest] = args;
  if (args.includes("--help") || args.includes("-h")) {
    context.write(usage);
    return exitCodes.fine;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  try {
    if (command === undefined) {
      throw new AuditorError("ARGUMENTS_INVALID", "a command is expected: verify, prove, export or witness");
    }
    return await command(rest, context);
  } catch (thrown) {
    if (!isExpected(thrown, context.signal)) throw thrown;
    context.say(visibleText(`pratique-audit: ${messageOf(thrown)}${hintFor(thrown)}`));
    const isPartial = thrown instanceof AuditError && thrown.code === "LOG_UNREADABLE";
    return isPartial ? exitCodes.notFullyChecked : exitCodes.couldNotRun;
  }
}

/** Our own errors, those of the parser of arguments, and being told to end. */
function isExpected(thrown: unknown, signal: AbortSignal): boolean {
  if (thrown instanceof PratiqueError || signal.aborted) return true;
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  return code.startsWith("ERR_PARSE_ARGS_");
}

function hintFor(thrown: unknown): string {
  if (!(thrown instanceof PratiqueError)) return "; see pratique-audit --help";
  switch (thrown.code) {
    case "ARGUMENTS_INVALID":
      return "; see pratique-audit --help";
    case "LOG_NOT_FOUND":
      return hintForLog(thrown);
    case "LOG_LOCKED":
      return "; end the other one first";
    case "NOTE_MALFORMED":
      return "; this is no checkpoint of a log";
    default:
      return "";
  }
}

/** What to do where there is no log; nothing where the server has said why it gives none. */
function hintForLog({ message, cause }: PratiqueError): string {
  if (cause === undefined) return '; name the directory or the URL that holds the file "checkpoint"';
  const isUnknown = /self-signed certificate|unable to (?:get|verify)/u.test(message);
  return isUnknown ? "; name its certificate, or that of its authority, with --ca FILE" : "";
}
