import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { defaultEngineAddress, EngineScratch } from "@pratique/engine";
import { printable } from "@pratique/report";
import {
  adviceOnRefusals,
  attacks,
  type Coverage,
  type DetectionSource,
  formatCoverage,
  type HostRunner,
  runSelftest,
  SelftestError,
  type SelftestPorts,
  summarizeCoverage,
} from "@pratique/selftest";
import { builtProgram } from "../built-program.ts";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { AgentDetections } from "../runtime/agent-detections.ts";
import { rulesInForce } from "./rules.ts";

export interface SelftestFlags {
  readonly json?: boolean;
  readonly list?: boolean;
  readonly host?: boolean;
  readonly only?: string;
}

/**
 * `pratique selftest`: tries harmless attacks on this host, and tells what became of each. Ends with 2 where one was
 * missed, and with 3 where one broke or nobody could be asked whether it was seen.
 */
export async function selftest(context: Context, flags: SelftestFlags): Promise<ExitCode> {
  const { console, settings, sleep, signal } = context;
  if (flags.list === true) return listAttacks(context, flags);
  await using heard = new AgentDetections({ socketPath: settings.layout.runtimeSocket, sleep });
  const isWatched = await heard.listen().then(
    () => true,
    () => false,
  );
  if (!isWatched) {
    console.say("no agent watches here: this tells which attacks take effect, and not which are seen");
  }
  const ports = await portsOf(context, flags, isWatched ? heard : undefined);
  const only = flags.only?.split(",") ?? (isWatched ? await concerned(context) : undefined);
  const table = await runSelftest(ports, { signal, ...(only !== undefined && { only }) });
  console.print(
    flags.json === true
      ? `${JSON.stringify({ attacks: table }, undefined, 2)}\n`
      : `\n${summarizeCoverage(table)}\n`,
  );
  const advice = adviceOnRefusals(table);
  if (advice !== undefined) console.say(advice);
  return exitCodeOf(table);
}

/** Attacks that a rule in force here is there for, and those that no rule is: what others would tell is not missed. */
async function concerned({ settings, signal }: Context): Promise<readonly string[]> {
  const inForce = await rulesInForce(settings.layout.runtimeSocket, signal);
  const names = new Set(inForce?.rules.filter(({ enabled }) => enabled).map(({ rule }) => rule));
  return attacks
    .filter(({ rules, upstreamRules }) => {
      const expected = [...rules, ...upstreamRules];
      return expected.length === 0 || expected.some((rule) => names.has(rule));
    })
    .map(({ id }) => id);
}

function listAttacks({ console }: Context, { json }: SelftestFlags): ExitCode {
  if (json === true) console.print(`${JSON.stringify({ attacks }, undefined, 2)}\n`);
  else {
    for (const { id, technique, title } of attacks) {
      console.print(`${id.padEnd(28)}  ${technique.padEnd(9)}  ${title}\n`);
    }
  }
  return exitCodes.fine;
}

async function portsOf(
  { settings, console, mainModule }: Context,
  { json, host }: SelftestFlags,
  detections: DetectionSource | undefined,
): Promise<SelftestPorts> {
  const address = settings.engine ?? defaultEngineAddress;
  if (address.kind !== "unix") {
    throw new CliError("USAGE", "only this host can be tested: name its engine's socket with --engine");
  }
  const run = `pratique-selftest-${randomBytes(4).toString("hex")}`;
  return {
    engine: new EngineScratch({ address, run }),
    engineSocket: address.socketPath,
    detections,
    host: host === true ? hostRunner : undefined,
    program: await attackProgram(mainModule),
    run,
    onCoverage: (coverage) => {
      if (json !== true) console.print(`${printable(formatCoverage(coverage))}\n`);
    },
  };
}

async function attackProgram(mainModule: string): Promise<SelftestPorts["program"]> {
  const program = await builtProgram(mainModule, "pratique-attacks");
  if (program !== undefined) return program;
  throw new SelftestError("ATTACKS_MISSING", "the program with the attacks was not built");
}

const hostRunner: HostRunner = {
  async run([command = "", ...args], signal) {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"], signal });
    const ended = once(child, "exit");
    const said = await text(child.stdout);
    await ended;
    return { text: said, exitCode: child.exitCode ?? 255, pid: child.pid ?? 0 };
  },
};

function exitCodeOf(table: readonly Coverage[]): ExitCode {
  if (table.some(({ verdict }) => verdict === "missed")) return exitCodes.refused;
  const isOpen = table.some(({ verdict }) => verdict === "unwatched" || verdict === "failed");
  return isOpen ? exitCodes.unassessed : exitCodes.fine;
}
