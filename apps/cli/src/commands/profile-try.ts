import { randomBytes } from "node:crypto";
import { EngineError, EngineScratch, parseEngineAddress, tarOfFiles } from "@pratique/engine";
import { printable } from "@pratique/report";
import { builtProgram } from "../built-program.ts";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import {
  type TrialPlan,
  type Tried,
  trialPlan,
  trialSettings,
  trialText,
  triedBy,
  whyNotTried,
} from "../runtime/profile-trial.ts";
import { askProfile } from "./profile.ts";

export interface TryFlags {
  readonly json?: boolean;
}

const REPLAY_NAME = ".pratique-replay";

/**
 * `pratique profile try IMAGE`: starts a container by the exported settings, and has it do what was learned, and some of what was
 * not. Ends with 2 where something came otherwise than expected, and with 3 where the profile is not whole yet.
 */
export async function profileTry(context: Context, image: string, flags: TryFlags): Promise<ExitCode> {
  const { console } = context;
  const plan = trialPlan.parse(await askProfile(context, { command: "profile-replay", image }));
  const tried = await tryIn(context, plan).catch(sayThatItIsRefused);
  console.print(
    flags.json === true
      ? `${JSON.stringify({ image: plan.image, tried }, undefined, 2)}\n`
      : trialText(tried),
  );
  if (tried.some(({ expected, found }) => found !== "not tried" && found !== expected))
    return exitCodes.refused;
  if (plan.mode !== "learn" && plan.unknown.length === 0) return exitCodes.fine;
  console.say("it is not known yet, or not all of it, what the image does: what was not seen was not tried");
  return exitCodes.unassessed;
}

function sayThatItIsRefused(thrown: unknown): never {
  if (!(thrown instanceof EngineError) || thrown.code !== "SCRATCH_REFUSED") throw thrown;
  throw new CliError("PROFILE_REFUSED", `the trial may not start: ${inOneLine(thrown.message)}`, {
    hint: "the trial is an image of its own, pratique-try:…, and judged like any other: see docs/howto/learn-a-profile.md",
  });
}

function inOneLine(text: string): string {
  return text
    .split("\n")
    .map((line) => printable(line.trim()))
    .join("; ");
}

/** An image of its own, so that what is tried is not learned of the image itself, nor refused by what is enforced for it. */
async function tryIn(context: Context, plan: TrialPlan): Promise<readonly Tried[]> {
  const { signal, mainModule } = context;
  const address = parseEngineAddress(plan.engine);
  if (address.kind !== "unix") {
    throw new CliError(
      "PROFILE_REFUSED",
      `a profile is tried by the socket of its engine, and this one is at ${plan.engine}`,
    );
  }
  const program = await builtProgram(mainModule, "pratique-replay");
  if (program === undefined)
    throw new CliError("PART_FAILED", "the program that repeats a profile was not built");
  const tag = randomBytes(4).toString("hex");
  const run = `pratique-try-${tag}`;
  const engine = new EngineScratch({ address, run });
  const reference = `pratique-try:${tag}`;
  const files = tarOfFiles([{ path: REPLAY_NAME, mode: 0o755, content: program.bytes }]);
  const name = plan.names.at(-1) ?? plan.image;
  await engine.addToImage({ image: plan.image, name, files, reference }, signal);
  try {
    return await tryWith(engine, { plan, image: reference, name: run }, signal);
  } finally {
    await engine.removeImage(reference);
  }
}

async function tryWith(
  engine: EngineScratch,
  { plan, image, name }: { readonly plan: TrialPlan; readonly image: string; readonly name: string },
  signal: AbortSignal,
): Promise<readonly Tried[]> {
  const steps = plan.steps.map((step) => ({ step, left: whyNotTried(step, plan) }));
  const asked = steps.filter(({ left }) => left === undefined).map(({ step }) => step);
  const id = await engine.create(
    name,
    {
      Image: image,
      Entrypoint: [`/${REPLAY_NAME}`],
      Cmd: asked.flatMap(({ action, target }) => [action, target.replace("ephemeral", "0")]),
      ...trialSettings(plan),
    },
    signal,
  );
  try {
    await engine.start(id, signal);
    const { text, exitCode } = await engine.output(id, signal);
    const answers = new Map(
      [...text.matchAll(/^(?<at>\d+) (?<answer>\w+)$/gmu)].map(({ groups }) => [
        Number(groups?.at),
        groups?.answer ?? "",
      ]),
    );
    if (answers.size < asked.length) {
      throw new CliError(
        "PART_FAILED",
        `the trial ended with ${exitCode} after ${answers.size} of ${asked.length} steps`,
      );
    }
    const found = new Map(asked.map((step, at) => [step, triedBy(step, answers.get(at) ?? "")]));
    return steps.map(
      ({ step, left }) =>
        found.get(step) ?? {
          action: step.action,
          target: step.target,
          expected: step.expected,
          found: "not tried",
          ...(left !== undefined && { error: left }),
        },
    );
  } finally {
    await engine.removeContainer(id);
  }
}
