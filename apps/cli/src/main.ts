import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { CommanderError } from "commander";
import type { ProcessFlags, Runner } from "./command-group.ts";
import { makeConsole } from "./console.ts";
import { describeFailure, exitCodes } from "./exit-codes.ts";
import { longSleep } from "./long-sleep.ts";
import { buildProgram } from "./program.ts";
import { readSettings } from "./settings/settings.ts";
import { terminalAbilities } from "./terminal-abilities.ts";

/** Replaced by the build; from source it says so. */
const VERSION = process.env.PRATIQUE_VERSION ?? "0.1.0";

/** Signals within it are one: npm passes on what the terminal has told us already. */
const ONE_SIGNAL_MS = 1000;

const ended = new AbortController();
const untilEnded = Promise.withResolvers<void>();

const run: Runner = async (flags, work) => {
  endWith(flags);
  const isRoot = process.getuid?.() === 0;
  const abilities = terminalAbilities(process.env);
  const settings = await readSettings(flags, { environment: process.env, isRoot, homeDirectory: homedir() });
  process.exitCode = await work({
    settings,
    console: makeConsole({
      quiet: flags.quiet === true,
      color: abilities.color && flags.color !== false && process.stdout.isTTY === true,
      progress: abilities.redraw && flags.progress !== false,
    }),
    environment: process.env,
    homeDirectory: homedir(),
    isRoot,
    userId: process.getuid?.() ?? -1,
    version: VERSION,
    // Not the path of this module: the build puts it into a file that cannot be started.
    mainModule: realpathSync(process.argv[1] ?? ""),
    now: () => new Date(),
    elapsedMs: () => performance.now(),
    sleep: longSleep((ms, signal) => sleep(ms, undefined, { signal })),
    signal: ended.signal,
    untilEnded: () => untilEnded.promise,
  });
};

// Whoever read what we say has gone; that must not end a gate, and is no defect.
process.stderr.on("error", () => undefined);
process.stdout.on("error", () => undefined);

try {
  await buildProgram(VERSION, run, process.argv[2]).exitOverride().parseAsync();
} catch (thrown) {
  process.exitCode = tell(thrown);
}
// Connections that are kept alive would keep us, too.
process.exit();

/** Ctrl-C and SIGTERM end a command once; a second one ends it at once. */
function endWith({ withParent }: ProcessFlags): void {
  let endedAtMs = 0;
  const end = () => {
    if (ended.signal.aborted && performance.now() - endedAtMs < ONE_SIGNAL_MS) return;
    if (ended.signal.aborted) process.exit(exitCodes.failed);
    endedAtMs = performance.now();
    ended.abort();
    untilEnded.resolve();
  };
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
  if (withParent !== true) return;
  const orphaned = () => {
    if (!ended.signal.aborted) end();
  };
  process.stdin.on("end", orphaned).on("error", orphaned).resume();
}

function tell(thrown: unknown): number {
  // Commander has written its own line by now.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.fine : exitCodes.failed;
  const known = describeFailure(thrown, { interrupted: ended.signal.aborted });
  if (known !== undefined) {
    process.stderr.write(`pratique: ${known.line}\n`);
    return known.exitCode;
  }
  process.stderr.write(
    `pratique: this is a defect of ours: ${thrown instanceof Error ? thrown.stack : String(thrown)}\n`,
  );
  return exitCodes.failed;
}
