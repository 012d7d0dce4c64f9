import { isIP } from "node:net";
import { askRuntime, orderResponse, type RuntimeRequest } from "@pratique/agent";
import { isSomebodys, orderedActions } from "@pratique/api";
import { printable } from "@pratique/report";
import { z } from "zod";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { readSpan } from "../read-span.ts";

interface JsonFlag {
  readonly json?: boolean;
}

const actsAnswer = z.object({
  acts: z.array(
    z.object({
      id: z.string(),
      containerName: z.string(),
      action: z.string(),
      state: z.string(),
      peers: z.array(z.string()).nullable(),
      reason: z.string(),
      expiresAt: z.number().nullable(),
    }),
  ),
  trips: z.array(z.object({ cause: z.string(), because: z.string() })),
  held: z.array(
    z.object({ value: z.string(), source: z.string(), containers: z.number(), running: z.number() }),
  ),
});

/**
 * `pratique runtime acts`: what is in force about containers, and what waits for a person: causes whose circuit breaker
 * has tripped, and listed peers that are not refused since most containers talk to them. Ends with 3 where something
 * waits.
 */
export async function runtimeActs(context: Context, flags: JsonFlag): Promise<ExitCode> {
  const { console } = context;
  const { acts, trips, held } = actsAnswer.parse(await ask(context, { command: "acts" }));
  if (flags.json === true) console.print(`${JSON.stringify({ acts, trips, held }, undefined, 2)}\n`);
  else {
    for (const { id, containerName, action, state, peers, reason, expiresAt } of acts) {
      const whom = peers === null ? "everybody" : peers.join(", ");
      const until =
        expiresAt === null ? "until somebody ends it" : `until ${new Date(expiresAt).toISOString()}`;
      console.print(`${action.padEnd(10)}  ${printable(containerName)}  ${state}, ${until}  ${id}\n`);
      console.print(`            ${printable(`${action === "cut" ? `from ${whom}; ` : ""}${reason}`)}\n`);
    }
    for (const { cause, because } of trips) {
      console.print(`tripped     ${printable(cause)}: ${printable(because)}\n`);
    }
    for (const { value, source, containers, running } of held) {
      const why = `${source} lists it, and it is among what ${containers} of ${running} containers talk to`;
      console.print(`held        ${printable(value)}: ${printable(why)}\n`);
    }
    if (acts.length + trips.length + held.length === 0) console.say("nothing is in force, and nothing waits");
    else if (trips.length + held.length > 0) console.say("let it act: pratique runtime confirm WHAT");
  }
  return trips.length + held.length > 0 ? exitCodes.unassessed : exitCodes.fine;
}

export interface RespondFlags extends JsonFlag {
  readonly action: string;
  readonly reason: string;
  /** A person will end it where it is absent. */
  readonly for?: string;
  /** For a cut: from whom; everybody where there are none. */
  readonly peer?: readonly string[];
}

/**
 * `pratique runtime respond CONTAINER`: cuts, pauses, stops, kills or quarantines it, by the same ladder, record and
 * proof as what the agent does by itself. Ends with 3 where it was done and is not proved.
 */
export async function runtimeRespond(
  context: Context,
  container: string,
  flags: RespondFlags,
): Promise<ExitCode> {
  const { settings, signal, console } = context;
  const order = { container, ...orderIn(flags), by: `uid:${context.userId}` };
  const result = await orderResponse(settings.layout.runtimeSocket, order, signal);
  // Why not is in the words: there is no other hint to give.
  if (result.state === "not-done") throw new CliError("RESPONSE_NOT_DONE", result.text);
  if (flags.json === true) console.print(`${JSON.stringify(result, undefined, 2)}\n`);
  else {
    console.say(printable(result.text));
    console.say(`end it: pratique runtime release ${printable(container)}`);
  }
  return result.state === "done" ? exitCodes.fine : exitCodes.unassessed;
}

function orderIn({ action: wanted, reason, for: span, peer: peers = [] }: RespondFlags) {
  const action = orderedActions.find((each) => each === wanted);
  if (action === undefined) throw new CliError("USAGE", `--action is one of ${orderedActions.join(", ")}`);
  if (reason.trim() === "") throw new CliError("USAGE", "--reason says why");
  if (peers.length > 0 && action !== "cut") throw new CliError("USAGE", "--peer is for --action cut");
  const wrong = peers.find((peer) => isIP(peer) === 0);
  if (wrong !== undefined) {
    throw new CliError("USAGE", `--peer: expected an address, found ${JSON.stringify(wrong)}`);
  }
  const nobodys = peers.find((peer) => !isSomebodys(peer));
  if (nobodys !== undefined) {
    throw new CliError("USAGE", `--peer: nobody has ${nobodys}; without --peer it is cut from everybody`);
  }
  return {
    action,
    reason,
    ...(span !== undefined && { forMs: readSpan("--for", span) }),
    ...(peers.length > 0 && { peers: [...peers] }),
  };
}

/** `pratique runtime release CONTAINER`: undoes what is in force about it, or one act of it. */
export async function runtimeRelease(
  context: Context,
  container: string,
  { act, json }: JsonFlag & { readonly act?: string },
): Promise<ExitCode> {
  const by = `uid:${context.userId}`;
  await ask(context, { command: "release", container, by, ...(act !== undefined && { act }) });
  if (json === true) context.console.print(`${JSON.stringify({ released: true })}\n`);
  else
    context.console.say(`undone: ${printable(act ?? "all that was in force")} about ${printable(container)}`);
  return exitCodes.fine;
}

/** `pratique runtime confirm WHAT`: what is held or has tripped is right, and acts from now on. */
export async function runtimeConfirm(context: Context, what: string, { json }: JsonFlag): Promise<ExitCode> {
  await ask(context, { command: "confirm", what, by: `uid:${context.userId}` });
  if (json === true) context.console.print(`${JSON.stringify({ confirmed: true })}\n`);
  else context.console.say(`confirmed: ${printable(what)}`);
  return exitCodes.fine;
}

async function ask({ settings, signal }: Context, request: RuntimeRequest): Promise<unknown> {
  for await (const answer of askRuntime(settings.layout.runtimeSocket, request, signal)) return answer;
  throw new CliError("PART_FAILED", "the agent does not answer");
}
