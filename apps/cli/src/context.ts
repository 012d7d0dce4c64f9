import type { Console } from "./console.ts";
import type { Settings } from "./settings/settings.ts";

/** What a command is run with. Commands read no clock, environment or stream of their own. */
export interface Context {
  readonly settings: Settings;
  readonly console: Console;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
  readonly isRoot: boolean;
  readonly userId: number;
  readonly version: string;
  /** The module that this process was started with, for children of the same make. */
  readonly mainModule: string;
  readonly now: () => Date;
  readonly elapsedMs: () => number;
  /** Waits; rejects when the signal comes. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Comes when the user ends the command. */
  readonly signal: AbortSignal;
  /** Waits until the user ends the command. */
  readonly untilEnded: () => Promise<void>;
}
