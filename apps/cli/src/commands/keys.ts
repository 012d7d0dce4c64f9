import {
  keyStatus,
  type OutermostRotation,
  type PurposeRotation,
  rotateInstallationKek,
  rotateInstallationKeys,
} from "@pratique/server";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { usedInstallationOf } from "../installation.ts";

/** `pratique server keys status`: which keys there are, and what wraps them. */
export async function keysStatus(context: Context, flags: { readonly json?: boolean }): Promise<ExitCode> {
  const { console } = context;
  const keys = await keyStatus(usedInstallationOf(context));
  if (flags.json === true) {
    console.print(`${JSON.stringify({ keys })}\n`);
    return exitCodes.fine;
  }
  for (const { id, state, since, wrappedBy, isCurrent } of keys) {
    console.print(
      `${id.padEnd(32)} ${state.padEnd(9)} since ${since}  under ${wrappedBy}${isCurrent ? "" : " (former)"}\n`,
    );
  }
  return exitCodes.fine;
}

export interface RotateFlags {
  readonly kek?: boolean;
  readonly plan?: boolean;
  readonly json?: boolean;
}

/** `pratique server keys rotate`: new data keys, or with `--kek` a new outermost key. May be stopped and run again. */
export async function keysRotate(context: Context, flags: RotateFlags): Promise<ExitCode> {
  const { console, signal } = context;
  const installation = usedInstallationOf(context);
  const plan = flags.plan === true;
  if (flags.kek === true) {
    const outermost = await rotateInstallationKek(installation, plan);
    if (flags.json === true) console.print(`${JSON.stringify(outermost)}\n`);
    for (const line of outermostLines(outermost)) console.say(line);
    return exitCodes.fine;
  }
  const purposes = await rotateInstallationKeys(installation, {
    plan,
    signal,
    onProgress: (purpose, seen) => console.say(`${purpose}: ${seen} …`),
  });
  if (flags.json === true) console.print(`${JSON.stringify({ plan, purposes })}\n`);
  for (const purpose of purposes) console.say(purposeLine(purpose, plan));
  const failed = purposes.some(({ report }) => report.failed > 0);
  return failed ? exitCodes.failed : exitCodes.fine;
}

function purposeLine({ purpose, begun, report }: PurposeRotation, plan: boolean): string {
  const { resealed, failed, retired, kept } = report;
  const does = plan ? "would be sealed anew" : "sealed anew";
  const failures = failed === 0 ? "" : `, ${failed} do not open and keep their key`;
  const goes =
    retired.length === 0 ? "" : `, ${retired.length} old ${retired.length === 1 ? "key" : "keys"} erased`;
  const stays =
    kept.length === 0 ? "" : `, ${kept.length} old ${kept.length === 1 ? "key stays" : "keys stay"} for now`;
  return `${purpose}: ${begun === "new" ? "a new key" : "went on"}, ${resealed} ${does}${failures}${goes}${stays}`;
}

function outermostLines({ rotation, formerFile, isNewKey }: OutermostRotation): readonly string[] {
  const { plan, to, rewrapped, already } = rotation;
  const count = `${rewrapped.length} data ${rewrapped.length === 1 ? "key" : "keys"}`;
  const before = already.length === 0 ? "" : `, ${already.length} were before`;
  if (!isNewKey && rewrapped.length === 0) {
    return [`nothing is left to wrap: every data key is under ${to}`, ...formerLines(formerFile, isNewKey)];
  }
  if (plan) return [`${count} would be wrapped under ${to}${before}`];
  return [
    `${count} wrapped under ${to}${before}`,
    "Start every server anew, and run this again: it is done when nothing is left to wrap.",
    ...formerLines(formerFile, isNewKey),
  ];
}

function formerLines(formerFile: string | undefined, isNewKey: boolean): readonly string[] {
  if (formerFile === undefined) return [];
  const until = isNewKey ? ", once that is done" : "; as long as it lies there no new key is made";
  return [
    `The key before lies at ${formerFile}: move it to where you keep the backups of its time open, apart from them${until}.`,
  ];
}
