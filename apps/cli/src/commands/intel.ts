import { mkdirSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { AuditLog } from "@pratique/audit";
import { messageOf } from "@pratique/core";
import {
  type IntelStatus,
  readIntelStatus,
  type SourceLocation,
  shownLocation,
  type UpdateProgress,
  type UpdateResult,
  updateSet,
} from "@pratique/intel";
import { printable } from "@pratique/report";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { readFeedCredentials } from "../feed-credentials.ts";
import { formatAge } from "../format-age.ts";
import { hostResolvers } from "../host-resolvers.ts";
import { makeHttpClient } from "../http-client.ts";
import { Progress } from "../progress.ts";
import { tellAgent } from "../tell-agent.ts";

/** How long an update waits for another one that is under way. */
const LOCK_WAIT_MS = 120_000;
const DAY_MS = 24 * 60 * 60 * 1000;
const MAX_REASONS_SHOWN = 5;

export interface IntelUpdateFlags {
  readonly from: readonly string[];
  readonly warningLists: readonly string[];
  readonly replace?: boolean;
  readonly accept?: boolean;
  readonly json?: boolean;
}

/** `pratique intel update [--from FEED:LOCATION]…` */
export async function intelUpdate(context: Context, flags: IntelUpdateFlags): Promise<ExitCode> {
  const { settings, now, signal, console, elapsedMs } = context;
  const { intel, layout } = settings;
  const named = flags.from.map(parseLocation);
  const warningLists = flags.warningLists.length > 0 ? flags.warningLists : intel.warningLists;
  // A million lines leave as many short-lived texts behind: with nurseries that grow they take half of the memory.
  setFlagsFromString("--semi-space-growth-factor=1");
  mkdirSync(layout.intel, { recursive: true, mode: 0o700 });
  await using http = makeHttpClient(context);
  const progress = new Progress(console, elapsedMs);
  let result: UpdateResult;
  try {
    result = await updateSet({
      directory: layout.intel,
      sources: named.length > 0 ? named : (intel.feeds ?? []).map(parseLocation),
      only: named.length > 0,
      strict: named.length > 0,
      replace: flags.replace === true,
      ...(warningLists !== undefined && { warningLists }),
      ...(intel.ignoreWarningLists !== undefined && { ignoreWarningLists: intel.ignoreWarningLists }),
      allow: [...(intel.allow ?? []), ...hostResolvers()],
      expireDays: intel.expireDays ?? {},
      ...(intel.blockFromConfidence !== undefined && { blockFromConfidence: intel.blockFromConfidence }),
      accept: flags.accept === true,
      clock: now,
      http,
      credentials: readFeedCredentials(intel.credentialsFile),
      signal,
      lockWaitMs: LOCK_WAIT_MS,
      onProgress: ({ phase, source, bytes, totalBytes }: UpdateProgress) =>
        progress.show(`${phase} ${source?.feed ?? ""}`.trim(), bytes ?? 0, totalBytes),
    });
  } finally {
    progress[Symbol.dispose]();
  }
  record(context, result);
  await tellAgent(context);
  report(context, result, flags.json === true);
  return result.failures.length + result.held.length > 0 ? exitCodes.unassessed : exitCodes.fine;
}

/** `pratique intel status` */
export function intelStatus(context: Context, flags: { readonly json?: boolean }): ExitCode {
  const { console } = context;
  const status = statusOf(context);
  if (flags.json === true) console.print(`${JSON.stringify(status, undefined, 2)}\n`);
  else showStatus(context, status);
  const isSound = status.sources.length > 0 && status.sources.every(isSoundSource);
  return isSound ? exitCodes.fine : exitCodes.unassessed;
}

/** What the host's set holds, by the settings. */
export function statusOf({ settings, now }: Context): IntelStatus {
  const { staleAfterDays } = settings.intel;
  return readIntelStatus(settings.layout.intel, {
    clock: now,
    ...(staleAfterDays !== undefined && { staleAfterMs: staleAfterDays * DAY_MS }),
  });
}

/** Whether a source is as fresh as it should be, and nothing of it waits. */
export function isSoundSource({ stale, failure, held }: IntelStatus["sources"][number]): boolean {
  return !stale && failure === undefined && held === undefined;
}

function showStatus(
  { console }: Context,
  { sources, indicators, snapshot, warningLists }: IntelStatus,
): void {
  for (const source of sources) {
    const { feed, location, ageMs, stale, failure, held } = source;
    const age = source.indicators === 0 ? "never read" : `${formatAge(ageMs)} old${stale ? " (stale)" : ""}`;
    const amount = `${source.indicators} indicators`.padStart(18);
    console.print(`${feed.padEnd(10)} ${amount}, ${age}  ${printable(shownLocation(location))}\n`);
    if (source.reportOnly > 0) console.print(`  ${source.reportOnly} are told and not blocked\n`);
    const reasons = Object.entries(source.reasons).sort(([, left], [, right]) => right - left);
    for (const [reason, count] of reasons.slice(0, MAX_REASONS_SHOWN)) {
      console.print(`  ${count} left out: ${printable(reason)}\n`);
    }
    if (held !== undefined) console.print(`  a change is held: ${held.reason}\n`);
    if (failure !== undefined) console.print(`  the last attempt failed: ${printable(failure.message)}\n`);
  }
  if (sources.length === 0) {
    console.say("There is no set of indicators. Build one: pratique intel update --from FEED:PATH_OR_URL");
    return;
  }
  const { v4, v6, names } = snapshot;
  console.print(`${indicators} indicators; in the kernel ${v4} of IPv4, ${v6} of IPv6, ${names} names; `);
  console.print(`${warningLists} warning lists\n`);
}

function report({ console }: Context, result: UpdateResult, json: boolean): void {
  if (json) {
    const failures = result.failures.map(({ error, ...source }) => ({
      ...source,
      code: error.code,
      message: error.message,
    }));
    console.print(`${JSON.stringify({ ...result, failures }, undefined, 2)}\n`);
    return;
  }
  for (const { feed, indicators, reportOnly, refused, ignored, samples } of result.sources) {
    const bad = refused > 0 ? `, ${refused} refused (${printable(samples[0]?.reason ?? "")})` : "";
    const told = reportOnly > 0 ? `, ${reportOnly} of them told and not blocked` : "";
    console.print(
      `${feed}: ${indicators} indicators${told}${bad}${ignored > 0 ? `, ${ignored} ignored` : ""}\n`,
    );
  }
  for (const { feed, location, error } of result.failures) {
    console.say(
      `${feed}:${printable(shownLocation(location))}: ${printable(error.message)}; what was there before is kept`,
    );
  }
  for (const { feed, location, change } of result.held) {
    console.say(
      `${feed}:${printable(shownLocation(location))}: ${change.reason}; what was there before is kept, and --accept takes it`,
    );
  }
  if (result.previousDamage !== undefined) {
    console.say(`the set before was damaged: ${printable(result.previousDamage)}`);
  }
  console.print(
    result.changed ? `revision ${result.revision.slice(0, 12)} is in force\n` : "nothing has changed\n",
  );
}

function record({ settings, now, userId, console }: Context, result: UpdateResult): void {
  const { revision, changed, sources, held } = result;
  try {
    using audit = new AuditLog({ directory: settings.layout.audit, now });
    audit.append({
      class: "detection",
      action: changed ? "intel.replaced" : "intel.confirmed",
      actor: `uid:${userId}`,
      data: {
        revision,
        sources: sources.map(({ feed, location, readAt, indicators }) => ({
          feed,
          location: shownLocation(location),
          readAt,
          indicators,
        })),
        held: held.map(({ feed, location, change: { reason } }) => ({
          feed,
          location: shownLocation(location),
          reason,
        })),
      },
    });
  } catch (thrown) {
    console.say(`the update could not be recorded: ${messageOf(thrown)}`);
  }
}

/** `FEED:PATH_OR_URL`; whether there is such a feed says the set. */
function parseLocation(text: string): SourceLocation {
  const colon = text.indexOf(":");
  if (colon < 1 || colon === text.length - 1) {
    throw new CliError("USAGE", `expected FEED:PATH_OR_URL, found ${JSON.stringify(text)}`);
  }
  return { feed: text.slice(0, colon), location: text.slice(colon + 1) };
}
