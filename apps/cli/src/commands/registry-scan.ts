import path from "node:path";
import { licenseCategories, type Severity, severities } from "@pratique/core";
import { categorySeverities } from "@pratique/licenses";
import { type RegistryOutcome, RegistryScanJournal } from "@pratique/scan";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { isAtLeast, parseFailOn } from "../images/fail-on.ts";
import { writeOutputs } from "../outputs.ts";
import { holdScan, planOf, type RegistryRunFlags, runRegistry } from "../registries/registry-run.ts";
import {
  type RegistryScanResult,
  registryScanDocument,
  registryScanTable,
} from "../registries/registry-scan-table.ts";
import { parseRegistryTarget } from "../registries/registry-target.ts";

export interface RegistryScanFlags extends RegistryRunFlags {
  readonly restart?: boolean;
  readonly retryFailed?: boolean;
  readonly failOn?: string;
  readonly json?: boolean;
  readonly output?: string;
}

/** `pratique registry scan REGISTRY[/REPO]` */
export async function registryScan(
  context: Context,
  text: string,
  flags: RegistryScanFlags,
): Promise<ExitCode> {
  const target = parseRegistryTarget(text);
  const failOn = parseFailOn(flags.failOn);
  const plan = planOf(context, target, flags);
  using held = await holdScan(context, target, plan);
  const journal = RegistryScanJournal.open(path.join(held.directory, "journal"), {
    scope: plan.scope,
    anew: flags.restart === true,
    reopen: flags.retryFailed === true,
  });
  if (flags.retryFailed === true) journal.reopenFailed();
  sayWhereItGoesOn(context, journal);
  const result = await runRegistry(context, { target, plan, journal, flags });
  const output = { format: flags.json === true ? ("json" as const) : ("table" as const), file: flags.output };
  writeOutputs(
    [output],
    (format, look) =>
      format === "json"
        ? [`${JSON.stringify(registryScanDocument(result), undefined, 2)}\n`]
        : registryScanTable(result, look),
    context.console,
  );
  if (isNothing(result)) context.console.say("pratique: nothing that is there fits what was asked for");
  return exitCodeOf(result, failOn);
}

/** All that was asked for is done, and no image was looked at: a name that is misspelt must not look like good news. */
function isNothing({ items, listFailures, end }: RegistryScanResult): boolean {
  return (
    end.kind === "whole" &&
    listFailures.length === 0 &&
    items.every(({ outcome }) => outcome?.kind === "absent")
  );
}

function sayWhereItGoesOn({ console }: Context, journal: RegistryScanJournal): void {
  const { items, waiting } = journal;
  const done = items.length - waiting.length;
  if (!journal.isListed || done === 0) return;
  console.say(`pratique: goes on where it was cut off: ${done} of ${items.length} images are done`);
}

function exitCodeOf(result: RegistryScanResult, failOn: ReturnType<typeof parseFailOn>): ExitCode {
  const { items, listFailures, end } = result;
  const outcomes = items.map(({ outcome }) => outcome);
  const isOver = severities.some(
    (severity) =>
      failOn !== undefined &&
      isAtLeast(severity, failOn) &&
      outcomes.some((outcome) => outcome?.kind === "scanned" && hasAny(outcome, severity)),
  );
  if (isOver) return exitCodes.refused;
  const isWhole =
    !isNothing(result) &&
    end.kind === "whole" &&
    listFailures.length === 0 &&
    outcomes.every(
      (outcome) =>
        outcome?.kind === "absent" || (outcome?.kind === "scanned" && outcome.state === "complete"),
    );
  return isWhole ? exitCodes.fine : exitCodes.unassessed;
}

/** The same that counts in the scan of one image. */
function hasAny(
  { findings, secrets, licenses }: Extract<RegistryOutcome, { kind: "scanned" }>,
  severity: Severity,
): boolean {
  if (findings[severity] > 0 || (secrets?.[severity] ?? 0) > 0) return true;
  return licenseCategories.some(
    (category) => categorySeverities[category] === severity && (licenses?.[category] ?? 0) > 0,
  );
}
