import { accessSync, constants, mkdirSync } from "node:fs";
import {
  type BuildOptions,
  type BuildProgress,
  type BuildResult,
  buildDatabase,
  type DatabaseStatus,
  type Mirror,
  type MirrorUpdateResult,
  readers,
  readStatus,
  type SourceLocation,
  updateDatabase,
  updateFromMirror,
} from "@pratique/advisory";
import { AuditLog } from "@pratique/audit";
import { messageOf } from "@pratique/core";
import { printable } from "@pratique/report";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { formatAge } from "../format-age.ts";
import { makeHttpClient } from "../http-client.ts";
import type { RegistryFlags } from "../images/registry-access.ts";
import { MirrorAccess } from "../mirror/mirror-access.ts";
import { type MirrorFlags, mirrorPlanOf } from "../mirror/mirror-plan.ts";
import { Progress } from "../progress.ts";
import { readSpan } from "../read-span.ts";
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

function showMirror(console: Context["console"], mirror: NonNullable<DatabaseStatus["mirror"]>): void {
  const { locations, version, publishedAt, expiresAt, expired, signer, ecosystems } = mirror;
  console.print(`mirror: ${locations.map(printable).join(", ")}\n`);
  console.print(`  version ${version} of ${printable(publishedAt)}, signed by ${printable(signer)}\n`);
  console.print(`  good until ${printable(expiresAt)}${expired ? " (expired)" : ""}\n`);
  if (ecosystems !== undefined) console.print(`  only ${ecosystems.map(printable).join(", ")}\n`);
}

export interface UpdateFlags extends MirrorFlags, RegistryFlags {
  readonly only: readonly string[];
  readonly jitter?: string;
  readonly json?: boolean;
}

/** `pratique advisories update`: from a mirror where one is named, or was; else, or with `--only`, from the feeds. */
export async function advisoriesUpdate(context: Context, flags: UpdateFlags): Promise<ExitCode> {
  const plan = mirrorPlanOf(context, flags);
  if (flags.jitter !== undefined) {
    // Many hosts that are told to update at the same minute do not all ask at once.
    await context.sleep(Math.random() * readSpan("--jitter", flags.jitter), context.signal);
  }
  if (plan !== undefined) {
    return withProgress(context, flags.json === true, async (common) => {
      const access = new MirrorAccess(context, common.http, flags);
      const mirrors: Mirror[] = [];
      for (const location of plan.locations) mirrors.push(await access.open(location));
      return updateFromMirror({ ...common, ...plan, mirrors });
    });
  }
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
    if (status.mirror !== undefined) showMirror(console, status.mirror);
    const { starter } = status;
    console.print(`${"starter".padEnd(16)} ${`${starter.advisories} advisories`.padStart(18)}, built in\n`);
    if (status.sources.length === 0) {
      console.say(
        "Only the small set that comes with Pratique is at hand. Get the rest: pratique advisories update",
      );
    }
  }
  return status.sources.length === 0 ||
    status.mirror?.expired === true ||
    status.sources.some(({ stale }) => stale)
    ? exitCodes.unassessed
    : exitCodes.fine;
}

type Common = Required<
  Pick<BuildOptions, "directory" | "clock" | "http" | "onProgress" | "signal" | "lockWaitMs">
>;

/** What a build or an update has made; from a mirror, with what there is to say of it. */
type Result = BuildResult & { readonly mirror?: MirrorUpdateResult["mirror"] };

async function withProgress(
  context: Context,
  json: boolean,
  work: (common: Common) => Promise<Result>,
): Promise<ExitCode> {
  const { settings, now, signal, console, elapsedMs } = context;
  checkWritable(settings.layout.advisories);
  await using http = makeHttpClient(context);
  const progress = new Progress(console, elapsedMs);
  const onProgress = ({ phase, source, bytes, totalBytes }: BuildProgress) => {
    progress.show(`${phase} ${source?.provider ?? ""}`.trim(), bytes ?? 0, totalBytes);
  };
  let result: Result;
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

function reportMirror(console: Context["console"], mirror: NonNullable<Result["mirror"]>): void {
  for (const { location, error } of mirror.left) {
    console.say(`${printable(location)}: ${printable(error.message)}; the next mirror was asked`);
  }
  const { shardsHeld, shardsChanged, shardsFetched, fetchedBytes } = mirror;
  console.print(
    `${printable(mirror.location)}: version ${mirror.version} of ${mirror.publishedAt}, signed by ${mirror.signer.slice(0, 16)}\n`,
  );
  console.print(
    `${shardsHeld} shards as they were, ${shardsChanged} by their changes, ${shardsFetched} anew: ${fetchedBytes} bytes fetched\n`,
  );
}

/** Said before anything is read: SQLite's own words for it tell nobody what is wrong. */
function checkWritable(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  accessSync(directory, constants.W_OK);
}

function report({ console }: Context, result: Result, json: boolean): void {
  if (json) {
    const failures = result.failures.map(({ error, ...source }) => ({
      ...source,
      code: error.code,
      message: error.message,
    }));
    const { mirror } = result;
    const left = mirror?.left.map(({ location, error: { code, message } }) => ({ location, code, message }));
    const shown = mirror === undefined ? {} : { mirror: { ...mirror, left } };
    console.print(`${JSON.stringify({ ...result, failures, ...shown }, undefined, 2)}\n`);
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
  if (result.mirror !== undefined) reportMirror(console, result.mirror);
  if (result.previousDamage !== undefined)
    console.say(`the database before was damaged: ${result.previousDamage}`);
  console.print(
    result.changed ? `revision ${result.revision.slice(0, 12)} is in force\n` : "nothing has changed\n",
  );
}

function record(
  { settings, now, userId, console }: Context,
  { revision, changed, sources, mirror }: Result,
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
      data: {
        revision,
        sources: read,
        ...(mirror === undefined
          ? {}
          : { mirror: mirror.location, version: mirror.version, signer: mirror.signer }),
      },
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
