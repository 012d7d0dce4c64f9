import { parseArgs } from "node:util";
import {
  formatCef,
  formatJsonLine,
  formatOcsf,
  type LoggedEntry,
  parseCheckpoint,
  verifyTree,
  visibleText,
} from "@pratique/audit";
import { readCount } from "./arguments.ts";
import type { AuditorContext } from "./context.ts";
import { AuditorError } from "./errors.ts";
import type { ExitCode } from "./exit-codes.ts";
import { authorizationOf, openSource, sourceOptions } from "./open-source.ts";
import { exitCodeOf, trustOf, trustOptions } from "./verify-command.ts";

const device = { vendor: "Pratique", product: "Pratique", version: "0.1.0" } as const;

const formats: Readonly<Record<string, (logged: LoggedEntry) => string>> = {
  cef: (logged) => formatCef(logged, device),
  json: formatJsonLine,
  ocsf: (logged) => formatOcsf(logged, { ...device, name: device.product }),
};

/**
 * `pratique-audit export LOG`: each entry as one line, while the log is verified. What is wrong with it is told on
 * standard error and by the exit code: an export is good only with 0.
 */
export async function exportCommand(args: readonly string[], context: AuditorContext): Promise<ExitCode> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...trustOptions,
      ...sourceOptions,
      format: { type: "string", default: "json" },
      from: { type: "string", default: "0" },
      to: { type: "string" },
    },
  });
  const format = Object.hasOwn(formats, values.format) ? formats[values.format] : undefined;
  if (format === undefined) {
    throw new AuditorError("ARGUMENTS_INVALID", "--format has to be one of cef, json, ocsf");
  }
  const source = await openSource(positionals[0], context, authorizationOf(values));
  const { origin } = parseCheckpoint((await source.checkpoint()) ?? "");
  const from = readCount("--from", values.from);
  const to = values.to === undefined ? Number.POSITIVE_INFINITY : readCount("--to", values.to);
  const found = await verifyTree({
    ...trustOf(values),
    source,
    signal: context.signal,
    onEntry: (entry, index) => {
      if (index >= from && index < to) context.write(`${format({ origin, index, entry })}\n`);
    },
  });
  for (const { kind, index, message } of found.problems) {
    context.say(visibleText(`entry ${index}: ${kind}: ${message}`));
  }
  return exitCodeOf(found);
}
