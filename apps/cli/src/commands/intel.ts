import { mkdirSync } from "node:fs";
import { AuditLog } from "@pratique/audit";
import { messageOf, PratiqueError } from "@pratique/core";
import {
  type HuntReport,
  type IntelSet,
  type IntelStatus,
  shownLocation,
  type UpdateProgress,
  type UpdateResult,
  updateSet,
} from "@pratique/intel";
import { printable } from "@pratique/report";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { formatAge } from "../format-age.ts";
import { makeHttpClient } from "../http-client.ts";
import { keepHeapSmall } from "../node-flags.ts";
import { Progress } from "../progress.ts";
import { isSoundSource, statusOf } from "../runtime/intel-status.ts";
import { tellAgent } from "../tell-agent.ts";
import { codeOf, huntWith } from "./hunt-with.ts";
import { huntDocument, showHunt } from "./intel-hunt-report.ts";
import { judgedBy, parseLocation } from "./intel-sources.ts";

/** How long an update waits for another one that is under way. */
const LOCK_WAIT_MS = 120_000;
const MAX_REASONS_SHOWN = 5;

export interface IntelUpdateFlags {
  readonly from: readonly string[];
  readonly warningLists: readonly string[];
  readonly replace?: boolean;
  readonly accept?: boolean;
  /** Shows what the set finds in the past before it is put in force. */
  readonly hunt?: boolean;
  /** The same, and leaves the set before in force. */
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `pratique intel update [--from FEED:LOCATION]…` */
export async function intelUpdate(context: Context, flags: IntelUpdateFlags): Promise<ExitCode> {
  const { settings, now, signal, console, elapsedMs } = context;
  const { intel, layout } = settings;
  const named = flags.from.map(parseLocation);
  const warningLists = flags.warningLists.length > 0 ? flags.warningLists : intel.warningLists;
  keepHeapSmall();
  mkdirSync(layout.intel, { recursive: true, mode: 0o700 });
  await using http = makeHttpClient(context);
  const progress = new Progress(console, elapsedMs);
  const dryRun = flags.dryRun === true;
  let hunted: HuntBefore | undefined;
  const review = async (candidate: IntelSet, known: IntelSet | undefined): Promise<boolean> => {
    progress[Symbol.dispose]();
    hunted = await huntBefore(context, { candidate, known, dryRun, json: flags.json === true });
    return !dryRun;
  };
  let result: UpdateResult;
  try {
    result = await updateSet({
      directory: layout.intel,
      sources: named.length > 0 ? named : (intel.feeds ?? []).map(parseLocation),
      only: named.length > 0,
      strict: named.length > 0,
      replace: flags.replace === true,
      ...(warningLists !== undefined && { warningLists }),
      ...judgedBy(context),
      accept: flags.accept === true,
      clock: now,
      http,
      signal,
      lockWaitMs: LOCK_WAIT_MS,
      ...((flags.hunt === true || dryRun) && { review }),
      onProgress: ({ phase, source, bytes, totalBytes }: UpdateProgress) =>
        progress.show(`${phase} ${source?.feed ?? ""}`.trim(), bytes ?? 0, totalBytes),
    });
  } finally {
    progress[Symbol.dispose]();
  }
  if (result.inForce) {
    record(context, result);
    await tellAgent(context);
  }
  report(context, result, { json: flags.json === true, hunt: hunted?.document });
  const isWhole = result.failures.length + result.held.length === 0;
  if (dryRun && hunted !== undefined) return codeOf(hunted.report, isWhole);
  return isWhole ? exitCodes.fine : exitCodes.unassessed;
}

/** An update is held up by no trouble with the past: only a dry run is nothing without it. */
async function huntBefore(
  context: Context,
  { candidate, known, dryRun, json }: HuntBeforeOptions,
): Promise<HuntBefore | undefined> {
  try {
    const hunted = await huntWith(context, candidate, { known });
    if (json) return { report: hunted, document: huntDocument(context, hunted) };
    showHunt(context, hunted, { json });
    return { report: hunted, document: undefined };
  } catch (thrown) {
    if (dryRun || !(thrown instanceof PratiqueError)) throw thrown;
    context.console.say(`the past could not be looked through: ${printable(thrown.message)}`);
    return undefined;
  }
}

interface HuntBefore {
  readonly report: HuntReport;
  /** What is shown with the result of the update. */
  readonly document: object | undefined;
}

interface HuntBeforeOptions {
  readonly candidate: IntelSet;
  readonly known: IntelSet | undefined;
  readonly dryRun: boolean;
  /** Whether it is shown with the result of the update, and not before. */
  readonly json: boolean;
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

function report(
  { console }: Context,
  result: UpdateResult,
  { json, hunt }: { readonly json: boolean; readonly hunt: object | undefined },
): void {
  if (json) {
    const failures = result.failures.map(({ error, ...source }) => ({
      ...source,
      code: error.code,
      message: error.message,
    }));
    console.print(`${JSON.stringify({ ...result, failures, hunt }, undefined, 2)}\n`);
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
  console.print(endingOf(result));
}

function endingOf({ revision, changed, inForce }: UpdateResult): string {
  if (!changed) return "nothing has changed\n";
  const short = revision.slice(0, 12);
  return inForce
    ? `revision ${short} is in force\n`
    : `revision ${short} was not put in force: the one before is\n`;
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
