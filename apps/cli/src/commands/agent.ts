import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { openDatabase } from "@pratique/advisory";
import { Agent, advisoryStateOf, IdentityFile } from "@pratique/agent";
import { defaultEngineAddress } from "@pratique/engine";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { holdDirectory } from "../hold-directory.ts";
import { gateNodeFlags } from "../node-flags.ts";
import { flagsForChildren, jsonLogger } from "../part.ts";
import { hostResolvers } from "../runtime/host-resolvers.ts";

export interface AgentFlags {
  readonly ownEngine?: boolean;
  /** Prints one JSON object to standard output once the agent runs. */
  readonly json?: boolean;
}

/** `pratique agent`: one part of `pratique up`, by itself. */
export async function runAgent(context: Context, flags: AgentFlags): Promise<ExitCode> {
  const { settings, mainModule, now, elapsedMs, sleep, version } = context;
  const { layout, gate, hostLabels } = settings;
  // Another one would take orders twice, and forget what this one does about containers.
  using _ = await holdDirectory(layout.agentState, "agent");
  const identity = new IdentityFile(layout.identity).read();
  // The server knows the host by the name in its certificate.
  const hostName = identity?.host ?? settings.hostName;
  const childFlags = flagsForChildren(context);
  const agent = new Agent({
    layout,
    engineAddress: settings.engine ?? defaultEngineAddress,
    hostName,
    hostLabels,
    version,
    gate: {
      command: process.execPath,
      args: [...gateNodeFlags, mainModule, "gate-process", ...childFlags],
      plugin: gate.plugin,
      mode: gate.mode ?? "enforce",
      scanBudgetMs: gate.scanBudgetMs,
      actions: gate.actions,
      whenDead: gate.whenDead,
    },
    ownEngine: flags.ownEngine === true,
    worker: { module: mainModule, args: ["scan-worker", ...childFlags] },
    sought: settings.sought,
    readAdvisories: advisoryReader(context),
    ...(identity !== undefined && { identity }),
    run: randomBytes(16).toString("hex"),
    spoolLimitBytes: settings.spoolLimitBytes,
    ...(settings.runtime !== undefined && {
      runtime: {
        sensor: sensorBesides(mainModule),
        neverCut: [...(settings.intel.allow ?? []), ...hostResolvers()],
        ...settings.runtime,
      },
    }),
    now,
    elapsedMs,
    sleep,
    random: Math.random,
    log: jsonLogger(context, "agent"),
  });
  await agent.start();
  if (flags.json === true) context.console.print(`${JSON.stringify({ ready: true, host: hostName })}\n`);
  await context.untilEnded();
  await agent.stop();
  return exitCodes.fine;
}

/** The native sensor lies beside the program, where the build puts it. */
function sensorBesides(program: string): string {
  const built = path.join(path.dirname(program), "sensor/pratique-sensor");
  return existsSync(built)
    ? built
    : path.resolve(path.dirname(program), "../../../dist/sensor/pratique-sensor");
}

/** Fresh advisories become stale by nothing but time: so often they are looked at again. */
const AGE_CHECK_MS = 600_000;

/** What is in the database now; it is opened anew when another one became current, or when time has passed. */
function advisoryReader({ settings, now, elapsedMs }: Context): () => ReturnType<typeof advisoryStateOf> {
  const pointer = path.join(settings.layout.advisories, "current");
  let seen: string | undefined;
  let openedAt = Number.NEGATIVE_INFINITY;
  let state: ReturnType<typeof advisoryStateOf> | undefined;
  return () => {
    const current = readPointer(pointer);
    if (state === undefined || current !== seen || elapsedMs() - openedAt > AGE_CHECK_MS) {
      using database = openDatabase(settings.layout.advisories, {
        clock: now,
        staleAfterMs: settings.staleAfterMs,
      });
      state = advisoryStateOf(database);
      seen = current;
      openedAt = elapsedMs();
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
