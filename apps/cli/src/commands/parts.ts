import { readFileSync } from "node:fs";
import path from "node:path";
import { openDatabase } from "@pratique/advisory";
import {
  Agent,
  type AgentLogger,
  advisoryStateOf,
  GateProcess,
  ImageFactsFiles,
  ReportFiles,
  runScanJob,
} from "@pratique/agent";
import { defaultEngineAddress } from "@pratique/engine";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { Scanner } from "../scanner.ts";

/** Where every Docker Engine looks for plug-ins. */
const PLUGIN_DIRECTORY = "/run/docker/plugins";

export interface AgentFlags {
  readonly ownEngine?: boolean;
  /** Prints one JSON object to standard output once the agent runs. */
  readonly json?: boolean;
}

/** `pratique agent`: one part of `pratique up`, by itself. */
export async function runAgent(context: Context, flags: AgentFlags): Promise<ExitCode> {
  const { settings, mainModule, now, sleep, version } = context;
  const { layout, gate, hostName, hostLabels } = settings;
  const childFlags = flagsForChildren(context);
  const agent = new Agent({
    layout,
    engineAddress: settings.engine ?? defaultEngineAddress,
    hostName,
    hostLabels,
    version,
    gate: {
      command: process.execPath,
      args: [mainModule, "gate-process", ...childFlags],
      plugin: gate.plugin,
      mode: gate.mode ?? "enforce",
      scanBudgetMs: gate.scanBudgetMs,
      actions: gate.actions,
      whenDead: gate.whenDead,
    },
    ownEngine: flags.ownEngine === true,
    worker: { module: mainModule, args: ["worker", ...childFlags] },
    readAdvisories: advisoryReader(context),
    now,
    sleep,
    log: jsonLogger(context, "agent"),
  });
  await agent.start();
  if (flags.json === true) context.console.print(`${JSON.stringify({ ready: true, host: hostName })}\n`);
  await context.untilEnded();
  await agent.stop();
  return exitCodes.fine;
}

/** The process that answers the engine; started by the agent. */
export async function runGate(context: Context): Promise<ExitCode> {
  const { settings, now, elapsedMs, sleep } = context;
  const gate = new GateProcess({
    layout: settings.layout,
    engineAddress: settings.engine ?? defaultEngineAddress,
    pluginSocket: path.join(PLUGIN_DIRECTORY, `${settings.gate.plugin}.sock`),
    now,
    elapsedMs,
    sleep,
    processId: process.pid,
    log: jsonLogger(context, "gate"),
  });
  await gate.start();
  await context.untilEnded();
  await gate.stop();
  return exitCodes.fine;
}

/** The process that scans; started by the agent, and ended by it at any moment. */
export async function runWorker(context: Context): Promise<ExitCode> {
  const { layout } = context.settings;
  const reports = new ReportFiles(layout.reports);
  const facts = new ImageFactsFiles(layout.imageFacts);
  // A worker whose agent is gone has nobody to work for.
  process.on("disconnect", () => process.exit(0));
  process.on("message", async (message) => {
    const outcome = await runScanJob(message, {
      reports,
      facts,
      scan: async (target) => {
        // Opened for each job: the advisories may have been replaced since the last one.
        await using scanner = new Scanner(context, {});
        return await scanner.scan(target);
      },
    });
    if (outcome !== undefined) process.send?.(outcome);
  });
  await context.untilEnded();
  return exitCodes.fine;
}

/** Global flags, for a child that is to see the same host as we do. */
export function flagsForChildren({ settings }: Context): readonly string[] {
  const { config, engine } = settings.flags;
  return [
    `--data=${settings.layout.data}`,
    `--run=${settings.layout.run}`,
    ...(config === undefined ? [] : [`--config=${config}`]),
    ...(engine === undefined ? [] : [`--engine=${engine}`]),
  ];
}

/** One line of JSON an event, on standard error. */
export function jsonLogger({ now }: Context, part: string): AgentLogger {
  const write = (level: string, fields: object, message: string) => {
    process.stderr.write(
      `${JSON.stringify({ time: now().toISOString(), level, part, message, ...fields })}\n`,
    );
  };
  return {
    info: (fields, message) => write("info", fields, message),
    warn: (fields, message) => write("warn", fields, message),
  };
}

/** What is in the database now; it is opened anew only when another one became current. */
function advisoryReader({ settings, now }: Context): () => ReturnType<typeof advisoryStateOf> {
  const pointer = path.join(settings.layout.advisories, "current");
  let seen: string | undefined;
  let state: ReturnType<typeof advisoryStateOf> | undefined;
  return () => {
    const current = readPointer(pointer);
    if (state === undefined || current !== seen) {
      using database = openDatabase(settings.layout.advisories, {
        clock: now,
        staleAfterMs: settings.staleAfterMs,
      });
      state = advisoryStateOf(database);
      seen = current;
    }
    return state;
  };
}

function readPointer(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // There is no database: the starter set answers.
    return "";
  }
}
