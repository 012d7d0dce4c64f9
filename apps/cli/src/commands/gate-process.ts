import { GateProcess, pluginSocketOf } from "@pratique/agent";
import { defaultEngineAddress } from "@pratique/engine";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { jsonLogger } from "../part.ts";

/** The process that answers the engine; started by the agent. It runs as root: import nothing here that it does not need. */
export async function runGate(context: Context): Promise<ExitCode> {
  const { settings, now, elapsedMs, sleep } = context;
  const gate = new GateProcess({
    layout: settings.layout,
    engineAddress: settings.engine ?? defaultEngineAddress,
    pluginSocket: pluginSocketOf(settings.gate.plugin),
    now,
    elapsedMs,
    sleep,
    processId: process.pid,
    maxRecordBytes: settings.spoolLimitBytes,
    whenRecordFull: settings.whenRecordFull,
    whenUnproved: settings.gate.whenUnproved,
    log: jsonLogger(context, "gate"),
  });
  await gate.start();
  await context.untilEnded();
  await gate.stop();
  return exitCodes.fine;
}
