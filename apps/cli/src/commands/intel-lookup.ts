import { type ListedIndicator, openSet, parseObservable } from "@pratique/intel";
import { printable } from "@pratique/report";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { isSoundSource, statusOf } from "../runtime/intel-status.ts";

/** `pratique intel lookup ADDRESS|NAME|URL|HASH`: 2 where it is listed, 3 where feeds that are not sound do not list it. */
export function intelLookup(context: Context, what: string, flags: { readonly json?: boolean }): ExitCode {
  const { settings, now, console } = context;
  const read = parseObservable(what.trim());
  // "Not listed" would be taken for good news.
  if (read.kind === "refused") throw new CliError("USAGE", `${JSON.stringify(what)}: ${read.reason}`);
  using set = openSet(settings.layout.intel, { now: () => now().getTime() });
  const found = set.find(what);
  const isSound = statusOf(context).sources.every(isSoundSource);
  if (flags.json === true) {
    const indicators = found.map(({ id, indicator, reportOnlyBy }) => ({ id, ...indicator, reportOnlyBy }));
    console.print(
      `${JSON.stringify({ what, revision: set.revision, listed: found.length > 0, indicators }, undefined, 2)}\n`,
    );
  } else if (found.length === 0) {
    console.print(`${printable(what)} is not listed\n`);
  } else {
    for (const each of found) console.print(`${indicatorLine(each)}\n`);
  }
  if (found.length > 0) return exitCodes.refused;
  if (isSound) return exitCodes.fine;
  console.say("some feeds are stale, failed or held: pratique intel status");
  return exitCodes.unassessed;
}

/** One indicator with its age, its source, and whether it is only told. */
export function indicatorLine({ indicator, reportOnlyBy }: ListedIndicator): string {
  const { kind, value, port, source, family, confidence, firstSeen, expiresAt } = indicator;
  const at = port === 0 || kind === "url" ? "" : ` port ${port}`;
  const until = expiresAt === undefined ? "" : `, until ${dayOf(expiresAt)}`;
  const held = reportOnlyBy === undefined ? "" : `; told and not blocked: ${printable(reportOnlyBy)}`;
  const named = family === "" ? "no family named" : printable(family);
  return (
    `${kind} ${printable(value)}${at}: ${named}, confidence ${confidence}, ` +
    `since ${dayOf(firstSeen)}${until}, by ${printable(source)}${held}`
  );
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
