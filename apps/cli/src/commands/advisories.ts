import { accessSync, constants, mkdirSync } from "node:fs";
import {
  type BuildProgress,
  type BuildResult,
  buildDatabase,
  readers,
  readStatus,
  type SourceLocation,
  updateDatabase,
} from "@pratique/advisory";
import { AuditLog } from "@pratique/audit";
import { messageOf } from "@pratique/core";
import { printable } from "@pratique/report";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { formatAge } from "../format-age.ts";
import { makeHttpClient } from "../http-client.ts";
import { Progress } from "../progress.ts";
import { tellAgent } from "../tell-agent.ts";

/** How long a build waits for another one that is under way. */
const LOCK_WAIT_MS = 120_000;

export interface BuildFlags {
  readonly from: readonly string[];
  readonly replace?: boolean;
  readonly json?: boolean;
}

/** `pratique advisories build --from PROVIDER:LOCATION` */
export async function advisoriesBuild(context: Context, flags: BuildFlags): Promise<ExitCode> {
  const from = flags.from.map(parseLocation);
  return withProgress(context, flags.json === true, (common) =>
    buildDatabase({ ...common, from, replace: flags.replace === true }),
  );
}

/** `pratique advisories update` */
export async function advisoriesUpdate(
  context: Context,
  flags: { readonly only: readonly string[]; readonly json?: boolean },
): Promise<ExitCode> {
  return withProgress(context, flags.json === true, (common) =>
    updateDatabase({ ...common, ...(flags.only.length > 0 && { only: flags.only }) }),
  );
}

/** `pratique advisories status` */
export function advisoriesStatus(context: Context, flags: { readonly json?: boolean }): ExitCode {
  const { console, settings, now } = context;
  const status = readStatus(settings.layout.advisories, { clock: now, staleAfterMs: settings.staleAfterMs });
  if (flags.json === true) {
    console.print(`${JSON.stringify(status, undefined, 2)}\n`);
  } else {
    for (const { provider, location, ageMs, stale, advisories, entries } of status.sources) {
      const age = `${formatAge(ageMs)} old${stale ? " (stale)" : ""}`;
      const amount = advisories > 0 ? `${advisories} advisories` : `${entries} entries`;
      console.print(`${provider.padEnd(16)} ${amount.padStart(18)}, ${age}  ${printable(location)}\n`);
    }
    const { starter } = status;
    console.print(`${"starter".padEnd(16)} ${`${starter.advisories} advisories`.padStart(18)}, built in\n`);
    if (status.sources.length === 0) {
      console.say(
        "Only the small set that comes with Pratique is at hand. Get the rest: pratique advisories update",
      );
    }
  }
  return status.sources.length === 0 || status.sources.some(({ stale }) => stale)
    ? exitCodes.unassessed
    : exitCodes.fine;
}

type Common = Pick<
  Parameters<typeof buildDatabase>[0],
  "directory" | "clock" | "http" | "onProgress" | "signal" | "lockWaitMs"
>;

async function withProgress(
  context: Context,
  json: boolean,
  work: (common: Common) => Promise<BuildResult>,
): Promise<ExitCode> {
  const { settings, now, signal, console, elapsedMs } = context;
  checkWritable(settings.layout.advisories);
  await using http = makeHttpClient(context);
  const progress = new Progress(console, elapsedMs);
  const onProgress = ({ phase, source, bytes, totalBytes }: BuildProgress) => {
    progress.show(`${phase} ${source?.provider ?? ""}`.trim(), bytes ?? 0, totalBytes);
  };
  let result: BuildResult;
  try {
    result = await work({
      directory: settings.layout.advisories,
      clock: now,
      http,
      signal,
      lockWaitMs: LOCK_WAIT_MS,
      onProgress,
    });
  } finally {
    progress[Symbol.dispose]();
  }
  record(context, result);
  await tellAgent(context);
  report(context, result, json);
  return result.failures.length > 0 ? exitCodes.unassessed : exitCodes.fine;
}

/** Said before anything is read: SQLite's own words for it tell nobody what is wrong. */
function checkWritable(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  accessSync(directory, constants.W_OK);
}

function report({ console }: Context, result: BuildResult, json: boolean): void {
  if (json) {
    const failures = result.failures.map(({ error, ...source }) => ({
      ...source,
      code: error.code,
      message: error.message,
    }));
    console.print(`${JSON.stringify({ ...result, failures }, undefined, 2)}\n`);
    return;
  }
  for (const { provider, entries, advisories, malformed, samples } of result.sources) {
    const bad =
      malformed > 0 ? `, ${malformed} could not be read (${printable(samples[0]?.reason ?? "")})` : "";
    console.print(`${provider}: ${advisories} advisories from ${entries} entries${bad}\n`);
  }
  for (const { provider, error } of result.failures) {
    console.say(`${provider}: ${printable(error.message)}; what was there before is kept`);
  }
  if (result.previousDamage !== undefined)
    console.say(`the database before was damaged: ${result.previousDamage}`);
  console.print(
    result.changed ? `revision ${result.revision.slice(0, 12)} is in force\n` : "nothing has changed\n",
  );
}

function record(
  { settings, now, userId, console }: Context,
  { revision, changed, sources }: BuildResult,
): void {
  try {
    using audit = new AuditLog({ directory: settings.layout.audit, now });
    const read = sources.map(({ provider, location, builtAt, advisories }) => ({
      provider,
      location,
      builtAt,
      advisories,
    }));
    audit.append({
      class: "advisories",
      action: changed ? "advisories.replaced" : "advisories.confirmed",
      actor: `uid:${userId}`,
      data: { revision, sources: read },
    });
  } catch (thrown) {
    console.say(`the update could not be recorded: ${messageOf(thrown)}`);
  }
}

function parseLocation(text: string): SourceLocation {
  const colon = text.indexOf(":");
  const provider = text.slice(0, colon);
  if (colon < 1 || colon === text.length - 1 || !readers.some(({ name }) => name === provider)) {
    const names = readers.map(({ name }) => name).join(", ");
    throw new CliError(
      "USAGE",
      `expected PROVIDER:PATH_OR_URL with a provider of ${names}, found ${JSON.stringify(text)}`,
    );
  }
  return { provider, location: text.slice(colon + 1) };
}
