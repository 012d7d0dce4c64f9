import { readdirSync } from "node:fs";
import path from "node:path";
import { hasCode } from "@pratique/core";
import { acquireWriterLock } from "@pratique/dataset";
import { printable } from "@pratique/report";
import { adviceOn, type JournalItem, nameOfScope, RegistryScanJournal, referenceOf } from "@pratique/scan";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { registryImageLine } from "../registries/registry-scan-table.ts";
import { registriesHere, registryLine } from "./registry-server.ts";

export interface RegistryQueueFlags {
  readonly json?: boolean;
}

interface KnownScan {
  readonly name: string;
  readonly journal: RegistryScanJournal;
  /** A process is at it. */
  readonly isRunning: boolean;
}

/** `pratique registry list` */
export async function registryList(context: Context, { json }: RegistryQueueFlags): Promise<ExitCode> {
  const rows = (await knownScans(context)).map(({ name, journal, isRunning }) => {
    const { items } = journal;
    const of = (kind: string) => items.filter(({ outcome }) => outcome?.kind === kind).length;
    const waiting = journal.waiting.length;
    const state = isRunning ? "running" : journal.isEnded ? "done" : "cut off";
    return { name, state, images: items.length, scanned: of("scanned"), failed: of("failed"), waiting };
  });
  const registries = await registriesHere(context);
  if (json === true) {
    context.console.print(`${JSON.stringify({ scans: rows, registries }, undefined, 2)}\n`);
    return exitCodes.fine;
  }
  for (const row of rows) context.console.print(`${printable(row.name)}: ${describe(row)}\n`);
  for (const registry of registries) context.console.print(`${registryLine(registry)}\n`);
  return exitCodes.fine;
}

function describe(row: {
  readonly state: string;
  readonly images: number;
  readonly scanned: number;
  readonly failed: number;
  readonly waiting: number;
}): string {
  return `${row.state}; ${row.scanned} of ${row.images} images scanned, ${row.failed} failed, ${row.waiting} wait`;
}

/** `pratique registry queue [REGISTRY]` */
export async function registryQueue(
  context: Context,
  registry: string | undefined,
  { json }: RegistryQueueFlags,
): Promise<ExitCode> {
  const scans = (await knownScans(context)).filter(
    ({ name }) => registry === undefined || name === registry || name.startsWith(`${registry}/`),
  );
  const items = scans.flatMap(({ journal }) => journal.items.filter(isOpen));
  if (json === true) {
    context.console.print(`${JSON.stringify({ images: items.map(entryOf) }, undefined, 2)}\n`);
  } else {
    for (const item of items) context.console.print(`${item.image.registry}/${registryImageLine(item)}\n`);
  }
  return exitCodes.fine;
}

function isOpen({ outcome }: JournalItem): boolean {
  return outcome === undefined || outcome.kind === "failed";
}

function entryOf({ image, attempts, outcome }: JournalItem) {
  const reference = referenceOf(image);
  if (outcome?.kind !== "failed") return { reference, state: "waiting", attempts };
  const { code, message } = outcome;
  return { reference, state: "failed", attempts, code, message, advice: adviceOn(code) };
}

async function knownScans({ settings }: Context): Promise<readonly KnownScan[]> {
  const root = settings.layout.registryScans;
  const scans: KnownScan[] = [];
  for (const entry of directoriesIn(root)) {
    const known = RegistryScanJournal.peek(path.join(root, entry, "journal"));
    if (known === undefined) continue;
    const isRunning = await isHeld(path.join(root, entry, "lock"));
    scans.push({ name: nameOfScope(known.scope), journal: known.journal, isRunning });
  }
  return scans.toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

function directoriesIn(root: string): readonly string[] {
  try {
    return readdirSync(root);
  } catch (thrown) {
    // No registry was scanned here.
    if (hasCode(thrown, "ENOENT")) return [];
    throw thrown;
  }
}

async function isHeld(file: string): Promise<boolean> {
  try {
    using lock = await acquireWriterLock(file, { waitMs: 0 });
    return lock === undefined;
  } catch {
    // Another user's: whether it is held cannot be told.
    return false;
  }
}
