import { askRuntime, type ExportFormat, exportFormats, type RuntimeRequest } from "@pratique/agent";
import { printable } from "@pratique/report";
import { z } from "zod";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { type OutputFlags, planOutputs, writeOutputs } from "../outputs.ts";
import { readSpan } from "../read-span.ts";
import { profileSummary, profilesAnswer, profileView } from "../runtime/profile-answers.ts";
import { profileTable, profileText } from "../runtime/profile-text.ts";

interface JsonFlag {
  readonly json?: boolean;
}

export interface ExportFlags extends OutputFlags {
  readonly name?: string;
  readonly seccompPath?: string;
}

export interface ModeFlags extends JsonFlag {
  readonly learnFor?: string;
  readonly watchFor?: string;
  readonly settleFor?: string;
  readonly then?: string;
  readonly afresh?: boolean;
}

/** `pratique profile list`: the images of which something was learned, and how far that is. */
export async function profileList(context: Context, flags: JsonFlag): Promise<ExitCode> {
  const { console } = context;
  const answer = await askProfile(context, { command: "profiles" });
  const { profiles, leftOut } = profilesAnswer.parse(answer);
  if (flags.json === true) printJson(context, answer);
  else console.print(profileTable(profiles));
  if (leftOut === 0) return exitCodes.fine;
  console.say(`of ${leftOut} more images nothing is learned: there is no place for their profiles`);
  return exitCodes.unassessed;
}

/** `pratique profile show IMAGE`: what is known of an image, and what is new. */
export async function profileShow(context: Context, image: string, flags: JsonFlag): Promise<ExitCode> {
  const answer = await askProfile(context, { command: "profile", image });
  if (flags.json === true) printJson(context, answer);
  else context.console.print(profileText(profileView.parse(answer)));
  return exitCodes.fine;
}

const exported = z.object({
  mode: z.string(),
  unknown: z.array(z.string()),
  explanation: z.string(),
  text: z.string(),
});

/**
 * `pratique profile export IMAGE`: how to run an image so that it can do what was learned, and little else. Ends with 3
 * where that is not known yet, or not all of it.
 */
export async function profileExport(context: Context, image: string, flags: ExportFlags): Promise<ExitCode> {
  const { console } = context;
  const outputs = planOutputs(flags, exportFormats, "seccomp");
  const texts = new Map<ExportFormat, string>();
  let code: ExitCode = exitCodes.fine;
  for (const format of new Set(outputs.map((output) => output.format))) {
    const answer = exported.parse(await askProfile(context, exportRequest(image, format, flags)));
    texts.set(format, answer.text);
    if (format === "seccomp" && answer.explanation !== "") console.say(answer.explanation);
    if (answer.mode === "learn" || answer.unknown.length > 0) code = exitCodes.unassessed;
    if (texts.size === 1) sayWhatIsMissing(console, answer);
  }
  writeOutputs(outputs, (format) => texts.get(format) ?? "", console);
  return code;
}

function exportRequest(
  image: string,
  format: ExportFormat,
  { name, seccompPath }: ExportFlags,
): RuntimeRequest {
  return {
    command: "profile-export",
    image,
    format,
    ...(name !== undefined && { name }),
    ...(seccompPath !== undefined && { seccompPath }),
  };
}

function sayWhatIsMissing(console: Context["console"], { mode, unknown }: z.output<typeof exported>): void {
  if (mode === "learn") console.say("it is still being learned: what it has not done yet would be refused");
  if (unknown.length > 0) console.say(`too much was seen to know all of: ${unknown.join(", ")}`);
}

const modes = ["learn", "watch", "enforce"] as const;
const afterWatch = ["stay", "enforce"] as const;

/** `pratique profile mode IMAGE learn|watch|enforce`: whether it is learned, deviations are told, or refused. */
export async function profileMode(
  context: Context,
  image: string,
  wanted: string,
  flags: ModeFlags,
): Promise<ExitCode> {
  const mode = modes.find((each) => each === wanted);
  if (mode === undefined) throw new CliError("USAGE", `the mode is one of ${modes.join(", ")}`);
  const settings = settingsOf(flags);
  const answer = await askProfile(context, {
    command: "profile-mode",
    image,
    mode,
    ...(Object.keys(settings).length > 0 && { settings }),
    ...(flags.afresh !== undefined && { afresh: flags.afresh }),
    by: actorOf(context),
  });
  return told(context, answer, flags);
}

function settingsOf({ learnFor, watchFor, settleFor, then }: ModeFlags) {
  const after = afterWatch.find((each) => each === then);
  if (then !== undefined && after === undefined) {
    throw new CliError("USAGE", `--then is one of ${afterWatch.join(", ")}`);
  }
  return {
    ...(learnFor !== undefined && { learnMs: readSpan("--learn-for", learnFor) }),
    ...(watchFor !== undefined && { watchMs: readSpan("--watch-for", watchFor) }),
    ...(settleFor !== undefined && { settleMs: readSpan("--settle-for", settleFor) }),
    ...(after !== undefined && { afterWatch: after }),
  };
}

/** `pratique profile accept IMAGE ITEM`, and `reject`: says that something belongs to an image, or does not. */
export async function profileDecide(
  context: Context,
  {
    image,
    item,
    verdict,
  }: { readonly image: string; readonly item: string; readonly verdict: "accepted" | "rejected" },
  flags: JsonFlag,
): Promise<ExitCode> {
  const by = actorOf(context);
  return told(
    context,
    await askProfile(context, { command: "profile-decide", image, item, verdict, by }),
    flags,
  );
}

function told(context: Context, answer: Answer, flags: JsonFlag): ExitCode {
  if (flags.json === true) printJson(context, answer);
  else context.console.print(profileTable([profileSummary.parse(answer)]));
  return exitCodes.fine;
}

type Answer = Readonly<Record<string, unknown>>;

/** What the agent says of profiles. Throws `PROFILE_REFUSED` with its reason. */
export async function askProfile({ settings, signal }: Context, request: RuntimeRequest): Promise<Answer> {
  for await (const answer of askRuntime(settings.layout.runtimeSocket, request, signal)) {
    if (typeof answer.refused !== "string") return answer;
    const hint = "image" in request ? { hint: "see pratique profile list" } : {};
    throw new CliError("PROFILE_REFUSED", printable(answer.refused), hint);
  }
  throw new CliError("PART_FAILED", "the agent says nothing of profiles");
}

function actorOf({ userId }: Context): string {
  return `uid:${userId}`;
}

function printJson({ console }: Context, value: object): void {
  console.print(`${JSON.stringify(value, undefined, 2)}\n`);
}
