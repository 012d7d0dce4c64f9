import { existsSync } from "node:fs";
import {
  AgentError,
  askLine,
  countGateCalls,
  type GateInstalled,
  GateInstaller,
  readGateInstall,
} from "@pratique/agent";
import { AuditLog } from "@pratique/audit";
import { defaultEngineAddress, Engine } from "@pratique/engine";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { tellAgent } from "../tell-agent.ts";

const ASK_DEADLINE_MS = 3000;

export interface GateFlags {
  readonly json?: boolean;
}

/** `pratique gate install` */
export async function gateInstall(context: Context, flags: GateFlags): Promise<ExitCode> {
  needRoot(context);
  await gateStatusOf(context);
  await withInstaller(context, async (installer) => {
    const installed = await installer.install();
    const { configFile, backup, by } = installed;
    tell(context, flags, { line: lineOf(installed), json: { installed: true, by, configFile, backup } });
    await tellAgent(context);
  });
  return exitCodes.fine;
}

function lineOf({ by, configFile, backup }: GateInstalled): string {
  switch (by) {
    case "change": {
      const before = existsSync(backup) ? `the file before is ${backup}` : "there was none before";
      return `the engine asks the gate from now on; ${configFile} was changed, ${before}`;
    }
    case "change-before":
      return `the engine asks the gate already, by ${configFile}; nothing was changed`;
    case "command-line":
      return "the engine asks the gate already, by its command line; nothing was changed";
  }
}

/** `pratique gate uninstall` */
export async function gateUninstall(context: Context, flags: GateFlags): Promise<ExitCode> {
  needRoot(context);
  await withInstaller(context, async (installer) => {
    const { configFile } = await installer.uninstall();
    const line = `the engine no longer asks the gate; ${configFile} is as it was`;
    tell(context, flags, { line, json: { installed: false, configFile } });
    await tellAgent(context);
  });
  return exitCodes.fine;
}

/** `pratique gate status` */
export async function gateStatus(context: Context, flags: GateFlags): Promise<ExitCode> {
  const { console, settings } = context;
  const install = readGateInstall(settings.layout.gateInstall);
  const gate = await gateStatusOf(context);
  if (flags.json === true) {
    console.print(`${JSON.stringify({ installed: install !== undefined, install, gate }, undefined, 2)}\n`);
    return exitCodes.fine;
  }
  console.print(
    install === undefined
      ? "not installed in an engine of the host (an engine of our own asks it from its start)\n"
      : `installed in ${install.configFile}\n`,
  );
  for (const line of describe(gate)) console.print(`${line}\n`);
  return exitCodes.fine;
}

function* describe(gate: unknown): Generator<string> {
  if (typeof gate !== "object" || gate === null) return;
  for (const [name, value] of Object.entries(gate)) {
    yield `${name}: ${typeof value === "object" ? JSON.stringify(value) : String(value)}`;
  }
}

/** Throws where there is no gate that answers: an engine must not be told to ask nobody. */
async function gateStatusOf({ settings }: Context): Promise<unknown> {
  const socket = settings.layout.gateControlSocket;
  try {
    return await askLine(socket, { command: "status" }, AbortSignal.timeout(ASK_DEADLINE_MS));
  } catch (cause) {
    throw new AgentError("GATE_UNAVAILABLE", `no gate answers at ${socket}`, { cause });
  }
}

async function withInstaller(
  { settings, now, sleep, userId }: Context,
  work: (installer: GateInstaller) => Promise<void>,
): Promise<void> {
  const address = settings.engine ?? defaultEngineAddress;
  if (address.kind !== "unix")
    throw new CliError("USAGE", "the gate is installed on the host of the engine: name its Unix socket");
  await using engine = new Engine({ address });
  using audit = new AuditLog({ directory: settings.layout.audit, now });
  const installer = new GateInstaller({
    file: settings.layout.gateInstall,
    engine,
    engineSocket: address.socketPath,
    plugin: settings.gate.plugin,
    audit,
    actor: `uid:${userId}`,
    now: () => now().getTime(),
    sleep,
    countCalls: () => countGateCalls(settings.layout.gateControlSocket),
  });
  await work(installer);
}

function tell(
  { console }: Context,
  { json: asJson }: GateFlags,
  { line, json }: { readonly line: string; readonly json: object },
): void {
  if (asJson === true) console.print(`${JSON.stringify(json, undefined, 2)}\n`);
  else console.say(line);
}

function needRoot({ isRoot }: Context): void {
  if (!isRoot) throw new CliError("NEEDS_ROOT", "the gate can only be changed by root");
}
