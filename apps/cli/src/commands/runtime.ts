import { askRuntime } from "@pratique/agent";
import { printable } from "@pratique/report";
import { z } from "zod";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { type TopOrder, type TopRow, topOrders, topTable } from "../runtime/top-table.ts";

export interface TopFlags {
  readonly json?: boolean;
  readonly once?: boolean;
  readonly sort?: string;
}

export interface EventFlags {
  readonly json?: boolean;
  readonly container?: string;
  /** What is said of each, as the outputs of rules are written. */
  readonly format?: string;
  /** Ends after so many. */
  readonly count?: string;
}

const REFRESH_MS = 2000;
const ONCE_MS = 1000;
const CLEAR = "\u001b[H\u001b[2J";

const topAnswer = z.object({
  takenAt: z.string(),
  containers: z.array(
    z.object({
      containerId: z.string(),
      name: z.string(),
      image: z.string(),
      cpuMs: z.number(),
      processes: z.array(z.unknown()),
      listening: z.array(z.unknown()),
      flows: z.array(z.unknown()),
      written: z.array(z.unknown()),
      rates: z.object({ execs: z.number(), opens: z.number(), connects: z.number() }),
    }),
  ),
});

type TopAnswer = z.output<typeof topAnswer>;

/**
 * `pratique runtime top`: what runs in each container, live. On a terminal the letters of the columns order it: `c` for
 * the processor, `p` for processes, `e`, `o` and `n` for programs, files and connections a minute, `f` for flows, `a`
 * for names; `q` ends.
 */
export async function runtimeTop(context: Context, flags: TopFlags): Promise<ExitCode> {
  const { console, sleep, signal } = context;
  let order = orderOf(flags.sort);
  const first = await askTop(context);
  if (flags.json === true) {
    console.print(`${JSON.stringify(first, undefined, 2)}\n`);
    return exitCodes.fine;
  }
  if (flags.once === true || !console.isTerminal) {
    // What a processor did is known of the time between two looks.
    await sleep(ONCE_MS, signal).catch(() => undefined);
    if (signal.aborted) return exitCodes.fine;
    console.print(topTable(rowsOf(await askTop(context), first), order, console.look));
    return exitCodes.fine;
  }
  const ended = new AbortController();
  using _keys = console.onKey((key) => {
    order = keys[key] ?? order;
    if (key === "q" || key === "\u0003") ended.abort();
  });
  const until = AbortSignal.any([signal, ended.signal]);
  for (let before: TopAnswer | undefined, now = first; !until.aborted; ) {
    console.print(`${CLEAR}${heading(now, order)}\n${topTable(rowsOf(now, before), order, console.look)}`);
    await sleep(REFRESH_MS, until).catch(() => undefined);
    if (until.aborted) break;
    before = now;
    now = await askTop(context);
  }
  return exitCodes.fine;
}

const keys: Readonly<Record<string, TopOrder>> = {
  c: "cpu",
  p: "processes",
  e: "execs",
  o: "opens",
  n: "connects",
  f: "flows",
  a: "name",
};

function heading({ takenAt, containers }: TopAnswer, order: TopOrder): string {
  return `${takenAt.slice(11, 19)}  ${containers.length} containers, by ${order}   [c]pu [p]rocs [e]xec [o]pen co[n]n [f]lows n[a]me [q]uit`;
}

function orderOf(text: string | undefined): TopOrder {
  const found = topOrders.find((order) => order === (text ?? "cpu"));
  if (found === undefined) throw new CliError("USAGE", `--sort is one of ${topOrders.join(", ")}`);
  return found;
}

async function askTop({ settings, signal }: Context): Promise<TopAnswer> {
  for await (const answer of askRuntime(settings.layout.runtimeSocket, { command: "top" }, signal)) {
    return topAnswer.parse(answer);
  }
  throw new CliError("PART_FAILED", "the agent does not say what runs");
}

function rowsOf(now: TopAnswer, before: TopAnswer | undefined): readonly TopRow[] {
  const passedMs = before === undefined ? 0 : Date.parse(now.takenAt) - Date.parse(before.takenAt);
  const earlier = new Map(before?.containers.map(({ containerId, cpuMs }) => [containerId, cpuMs]));
  return now.containers.map((container) => {
    const { containerId, name, image, cpuMs, processes, listening, flows, written, rates } = container;
    const had = earlier.get(containerId);
    return {
      name,
      image,
      cpuPercent:
        had === undefined || passedMs <= 0 ? undefined : Math.max(0, ((cpuMs - had) / passedMs) * 100),
      processes: processes.length,
      listening: listening.length,
      flows: flows.length,
      written: written.length,
      execsPerMinute: rates.execs,
      opensPerMinute: rates.opens,
      connectsPerMinute: rates.connects,
    };
  });
}

const eventAnswer = z.object({
  time: z.string(),
  type: z.string(),
  container: z.object({ name: z.string() }).nullable(),
  process: z.object({ pid: z.number(), name: z.string(), commandLine: z.string() }),
  result: z.number().optional(),
  errorName: z.string().optional(),
  path: z.string().optional(),
  remote: z.object({ address: z.string(), port: z.number() }).optional(),
});

const textAnswer = z.object({ text: z.string() });

/** `pratique runtime events [CONDITION]`: events as they happen, those that a condition of the rule language fits. */
export async function runtimeEvents(
  { settings, console, signal }: Context,
  condition: string | undefined,
  flags: EventFlags,
): Promise<ExitCode> {
  const wanted = flags.count === undefined ? Number.POSITIVE_INFINITY : Number(flags.count);
  if (!(wanted > 0)) throw new CliError("USAGE", "--count is a number above zero");
  if (flags.json === true && flags.format !== undefined)
    throw new CliError("USAGE", "either --json or --format says how events are told");
  const request = {
    command: "events" as const,
    ...(flags.format !== undefined && { format: flags.format }),
    ...(condition !== undefined && { filter: condition }),
    ...(flags.container !== undefined && { container: flags.container }),
  };
  let seen = 0;
  for await (const answer of askRuntime(settings.layout.runtimeSocket, request, signal)) {
    if (typeof answer.missed === "number") {
      console.say(`${answer.missed} events were left out: the reader is too slow`);
      continue;
    }
    console.print(flags.json === true ? `${JSON.stringify(answer)}\n` : lineOf(answer, flags));
    seen += 1;
    if (seen >= wanted) break;
  }
  return exitCodes.fine;
}

function lineOf(answer: unknown, { format }: EventFlags): string {
  if (format !== undefined) return `${printable(textAnswer.parse(answer).text)}\n`;
  const { time, type, container, process, result, errorName, path, remote } = eventAnswer.parse(answer);
  const about = path ?? (remote === undefined ? "" : `${remote.address}:${remote.port}`);
  const what = about === "" ? process.commandLine : about;
  const outcome = result === undefined ? "" : ` = ${errorName ?? result}`;
  const where = container?.name ?? "host";
  return `${time.slice(11, 23)}  ${printable(where).padEnd(16)}  ${printable(process.name).padEnd(15)} ${String(process.pid).padStart(7)}  ${type.padEnd(12)} ${printable(what)}${outcome}\n`;
}
