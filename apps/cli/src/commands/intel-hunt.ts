import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import {
  type HuntReport,
  IntelError,
  type IntelSet,
  openSet,
  readRememberedSources,
  updateSet,
} from "@pratique/intel";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { makeHttpClient } from "../http-client.ts";
import { keepHeapSmall } from "../node-flags.ts";
import { Progress } from "../progress.ts";
import { readSpan } from "../read-span.ts";
import { isSoundSource, statusOf } from "../runtime/intel-status.ts";
import { codeOf, type HuntWithOptions, huntWith } from "./hunt-with.ts";
import { showHunt } from "./intel-hunt-report.ts";
import { judgedBy, parseLocation } from "./intel-sources.ts";

export interface IntelHuntFlags {
  readonly since?: string;
  readonly from: readonly string[];
  readonly warningLists: readonly string[];
  readonly set?: string;
  readonly all?: boolean;
  readonly format?: string;
  readonly json?: boolean;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Of the directory that a candidate is built in. */
const CANDIDATE = "hunt-";

/**
 * `pratique intel hunt`: whom containers spoke to, against the set in force or another: 2 where something is found, 3
 * where nothing is but part of the past or of the feeds is not there.
 */
export async function intelHunt(context: Context, flags: IntelHuntFlags): Promise<ExitCode> {
  if (flags.from.length > 0 && flags.set !== undefined) {
    throw new CliError("USAGE", "expected either --from or --set, found both");
  }
  const format = flags.json === true ? "json" : (flags.format ?? "table");
  if (format !== "json" && format !== "table") {
    throw new CliError("USAGE", `expected table or json, found ${JSON.stringify(format)}`);
  }
  const sinceMs = flags.since === undefined ? undefined : readSpan("--since", flags.since);
  const report = await huntWithChosen(context, flags, { ...(sinceMs !== undefined && { sinceMs }) });
  showHunt(context, report, { json: format === "json" });
  const isInForce = flags.from.length === 0 && flags.set === undefined;
  return codeOf(report, !isInForce || statusOf(context).sources.every(isSoundSource));
}

async function huntWithChosen(
  context: Context,
  { from, warningLists, set, all = false }: IntelHuntFlags,
  span: HuntWithOptions,
): Promise<HuntReport> {
  const { layout } = context.settings;
  const now = (): number => context.now().getTime();
  if (from.length === 0 && set === undefined) {
    using inForce = openSet(layout.intel, { now });
    return await huntWith(context, inForce, { ...span, all });
  }
  using inForce = openInForce(context);
  if (set !== undefined) {
    using other = openSet(directoryOf(set), { now });
    return await huntWith(context, other, { ...span, all, known: inForce });
  }
  using directory = candidateDirectory(context);
  await buildCandidate(context, directory.path, { from, warningLists });
  using candidate = openSet(directory.path, { now });
  return await huntWith(context, candidate, { ...span, all, known: inForce });
}

/** Undefined where there is no set that could be asked: then all is news. */
function openInForce({ settings, now, console }: Context): IntelSet | undefined {
  try {
    return openSet(settings.layout.intel, { now: () => now().getTime() });
  } catch (thrown) {
    if (!(thrown instanceof IntelError)) throw thrown;
    if (thrown.code !== "SET_MISSING") console.say(thrown.message);
    return undefined;
  }
}

/** The directory that sets lie in, or the file there that names the set. */
function directoryOf(set: string): string {
  const found = statSync(set, { throwIfNoEntry: false });
  return found?.isDirectory() === false ? path.dirname(set) : set;
}

/** Builds a set of its own, by the same settings as the one in force, which is not touched. */
async function buildCandidate(
  context: Context,
  directory: string,
  { from, warningLists }: Pick<IntelHuntFlags, "from" | "warningLists">,
): Promise<void> {
  const { settings, now, signal, console, elapsedMs } = context;
  const { intel, layout } = settings;
  const remembered = readRememberedSources(layout.intel).warningLists;
  keepHeapSmall();
  await using http = makeHttpClient(context);
  using progress = new Progress(console, elapsedMs);
  await updateSet({
    ...judgedBy(context),
    directory,
    sources: from.map(parseLocation),
    only: true,
    strict: true,
    replace: true,
    warningLists: warningLists.length > 0 ? warningLists : (intel.warningLists ?? remembered),
    clock: now,
    http,
    signal,
    onProgress: ({ phase, source, bytes, totalBytes }) =>
      progress.show(`${phase} ${source?.feed ?? ""}`.trim(), bytes ?? 0, totalBytes),
  });
}

/** On the disk of the sets, and gone at the end. What a hunt left that was killed is removed by a later one. */
function candidateDirectory({ settings, now }: Context): Disposable & { readonly path: string } {
  const { data } = settings.layout;
  mkdirSync(data, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(data).filter((each) => each.startsWith(CANDIDATE))) {
    const found = statSync(path.join(data, name), { throwIfNoEntry: false });
    if (found === undefined || now().getTime() - found.mtimeMs < DAY_MS) continue;
    rmSync(path.join(data, name), { recursive: true, force: true });
  }
  const directory = mkdtempSync(path.join(data, CANDIDATE));
  return {
    path: directory,
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}
