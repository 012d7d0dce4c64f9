import { askLine, IdentityFile } from "@pratique/agent";
import { MiB } from "@pratique/core";
import { printable } from "@pratique/report";
import { z } from "zod";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";

const ASK_DEADLINE_MS = 3000;

const state = z.object({
  host: z.string(),
  server: z.string(),
  certificate: z.object({ expiresAt: z.string(), renewAt: z.string() }).nullable(),
  reachedAt: z.string().nullable(),
  problem: z.string(),
  policyErrors: z.array(z.string()),
  unreportedOutcomes: z.number(),
  spool: z.object({
    waiting: z.number().optional(),
    bytes: z.number(),
    limitBytes: z.number(),
    isNearlyFull: z.boolean(),
    problem: z.string(),
    unsendable: z.string().default(""),
  }),
});

type AgentServerState = z.output<typeof state>;

/** `pratique agent status`: how this host stands with its server. Ends with 3 where something needs looking after. */
export async function agentStatus(
  { settings, console }: Context,
  flags: { readonly json?: boolean },
): Promise<ExitCode> {
  const { layout } = settings;
  const heard = await askAgent(layout.agentSocket);
  if (heard === undefined) return stopped({ settings, console }, flags);
  if (flags.json === true) console.print(`${JSON.stringify({ running: true, ...heard }, undefined, 2)}\n`);
  else for (const line of linesOf(heard, settings.whenRecordFull)) console.print(`${line}\n`);
  return isWell(heard) ? exitCodes.fine : exitCodes.unassessed;
}

/** What the running agent says of its server; undefined where none runs. */
export async function askAgent(socket: string): Promise<AgentServerState | undefined> {
  const signal = AbortSignal.timeout(ASK_DEADLINE_MS);
  return state.safeParse(await askLine(socket, { command: "server" }, signal).catch(() => undefined)).data;
}

/** The record has outgrown what it may take while the server does not have it. */
export function isSpoolFull({ spool }: AgentServerState): boolean {
  return spool.waiting !== 0 && spool.isNearlyFull;
}

function isWell(heard: AgentServerState): boolean {
  const { problem, policyErrors, spool } = heard;
  const isSent = spool.unsendable === "" && !isSpoolFull(heard);
  return problem === "" && policyErrors.length === 0 && spool.problem === "" && isSent;
}

function stopped(
  { settings, console }: Pick<Context, "settings" | "console">,
  flags: { readonly json?: boolean },
): ExitCode {
  const identity = new IdentityFile(settings.layout.identity).read();
  const joined =
    identity === undefined
      ? null
      : { host: identity.host, server: identity.url, expiresAt: identity.expiresAt };
  if (flags.json === true) console.print(`${JSON.stringify({ running: false, joined }, undefined, 2)}\n`);
  else {
    console.print("the agent does not run\n");
    if (joined !== null)
      console.print(`joined    ${joined.server} as ${joined.host}, until ${joined.expiresAt}\n`);
  }
  return exitCodes.unassessed;
}

function* linesOf(heard: AgentServerState, whenRecordFull: "refuse" | "pass"): Generator<string> {
  const { host, server, certificate, reachedAt, problem, spool } = heard;
  yield `host      ${printable(host)}`;
  yield `server    ${printable(server)}`;
  if (certificate !== null) {
    yield `identity  good until ${certificate.expiresAt}, renewed from ${certificate.renewAt}`;
  }
  yield problem === ""
    ? `reached   ${reachedAt ?? "not yet"}`
    : `reached   ${reachedAt ?? "never"}; now: ${printable(problem)}`;
  const waiting = spool.waiting === undefined ? "an unknown number of" : String(spool.waiting);
  yield `record    ${waiting} records wait for the server; ${(spool.bytes / MiB).toFixed(1)} MiB of ${Math.round(spool.limitBytes / MiB)} MiB`;
  if (isSpoolFull(heard)) {
    const comes = whenRecordFull === "pass" ? "pass without a record" : "are refused";
    yield `          too much waits: when the record is full, launches ${comes}`;
  }
  if (spool.problem !== "") yield `          nothing can be recorded: ${printable(spool.problem)}`;
  if (spool.unsendable !== "") yield `          not sent: ${printable(spool.unsendable)}`;
  for (const error of heard.policyErrors) yield `policies  not taken from the server: ${printable(error)}`;
}
