import { messageOf } from "@pratique/core";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { readStatistics, statisticsRows } from "../server-link.ts";
import { statisticsText } from "../statistics-text.ts";

const MAX_DAYS = 366;

export interface StatisticsFlags {
  readonly days: string;
  readonly rows?: string;
  readonly json?: boolean;
}

/** `pratique statistics`: how the images of the whole fleet stand, or the rows from which that can be counted again. */
export async function statistics(context: Context, flags: StatisticsFlags): Promise<ExitCode> {
  const { console, settings } = context;
  const days = parseDays(flags.days);
  const rows = parseRows(flags.rows);
  const socket = settings.layout.serverSocket;
  try {
    if (rows !== undefined) {
      for await (const line of statisticsRows(socket, rows)) console.print(`${JSON.stringify(line)}\n`);
      return exitCodes.fine;
    }
    const found = await readStatistics(socket, days);
    console.print(flags.json === true ? `${JSON.stringify(found, undefined, 2)}\n` : statisticsText(found));
  } catch (cause) {
    throw new CliError("PART_FAILED", `no server tells at ${socket} (${messageOf(cause)})`, {
      cause,
      hint: "start it with pratique up",
    });
  }
  return exitCodes.fine;
}

function parseDays(text: string): number {
  const days = Number(text);
  if (Number.isInteger(days) && days >= 1 && days <= MAX_DAYS) return days;
  throw new CliError("USAGE", `expected --days from 1 to ${MAX_DAYS}, found ${JSON.stringify(text)}`);
}

function parseRows(text: string | undefined): "images" | "states" | undefined {
  if (text === undefined || text === "images" || text === "states") return text;
  throw new CliError("USAGE", `expected --rows images or states, found ${JSON.stringify(text)}`);
}
