import type { Command } from "commander";
import type { Context } from "./context.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { GlobalFlags } from "./settings/settings.ts";

/** Flags of the process as a whole. */
export interface ProcessFlags extends GlobalFlags {
  readonly quiet?: boolean;
  readonly progress?: boolean;
  readonly color?: boolean;
  readonly withParent?: boolean;
}

/** Runs a command with the context that its flags ask for. */
export type Runner = (
  flags: ProcessFlags,
  work: (context: Context) => Promise<ExitCode> | ExitCode,
) => Promise<void>;

/** The commands that have their first word in common: `image scan`, `image check`, or `up` alone. */
export interface CommandGroup {
  /** The first word, which is the name of the group's file, too. */
  readonly name: string;
  /**
   * Adds the commands to the program, with their flags and help: one of the group's name, and no other. Their code is
   * imported in what `run` is given, and not before: the start of the process is part of every scan.
   */
  readonly add: (program: Command, run: Runner) => void;
}
