import { messageOf } from "@pratique/core";
import type { ScratchEngine } from "@pratique/engine";
import type { Attack } from "./attack.ts";
import { attacks as allAttacks } from "./catalogue.ts";
import { type Coverage, coverageOf, type Observation } from "./coverage.ts";
import { SelftestError } from "./errors.ts";
import type { DetectionSource, HostRunner } from "./ports.ts";
import { type AttackPlace, runInContainer, runOnHost } from "./run-attack.ts";
import { scratchImage } from "./scratch-image.ts";

const ATTACK_DEADLINE_MS = 60_000;

export interface SelftestPorts {
  readonly engine: ScratchEngine;
  /** Where it listens on this host: some attacks are given that. */
  readonly engineSocket: string;
  /** Undefined where no agent can be asked: attacks are then tried, and nobody tells whether they were seen. */
  readonly detections: DetectionSource | undefined;
  /** Undefined: attacks on the host itself are left out. */
  readonly host: HostRunner | undefined;
  /** Where the program with the attacks lies, and what is in it. */
  readonly program: { readonly path: string; readonly bytes: Uint8Array };
  /** Names what this run makes; no other run that lasts may have the same. */
  readonly run: string;
  readonly onCoverage?: (coverage: Coverage) => void;
}

export interface SelftestOptions {
  /** Ids of attacks; all where it is left out. */
  readonly only?: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Tries attacks one after another, each in a container of its own, and tells what became of each. Everything that it
 * makes is removed at the end, also where it fails or is ended. Rejects with a {@link SelftestError}, or what the engine rejects with.
 */
export async function runSelftest(
  ports: SelftestPorts,
  { only, signal }: SelftestOptions,
): Promise<readonly Coverage[]> {
  const chosen = chooseAttacks(only);
  const reference = `${ports.run}:scratch`;
  try {
    await ports.engine.importImage(scratchImage(ports.program.bytes), reference, signal);
    const { engine, engineSocket, run, detections } = ports;
    const place = { engine, engineSocket, image: reference, run, detections };
    const table: Coverage[] = [];
    for (const attack of chosen) {
      const coverage = await tryAttack(attack, { ports, place, signal });
      if (coverage === undefined) continue;
      table.push(coverage);
      ports.onCoverage?.(coverage);
    }
    return table;
  } catch (thrown) {
    if (signal.aborted)
      throw new SelftestError("ABORTED", "ended before all attacks were tried", { cause: thrown });
    throw thrown;
  } finally {
    await removeAll(ports.engine, { run: ports.run, reference });
  }
}

function chooseAttacks(only: readonly string[] | undefined): readonly Attack[] {
  if (only === undefined) return allAttacks;
  const unknown = only.find((id) => !allAttacks.some((attack) => attack.id === id));
  if (unknown !== undefined) {
    throw new SelftestError(
      "ATTACK_UNKNOWN",
      `expected the name of an attack, found ${JSON.stringify(unknown)}`,
    );
  }
  return allAttacks.filter(({ id }) => only.includes(id));
}

async function tryAttack(
  attack: Attack,
  {
    ports,
    place,
    signal,
  }: {
    readonly ports: SelftestPorts;
    readonly place: AttackPlace;
    readonly signal: AbortSignal;
  },
): Promise<Coverage | undefined> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(ATTACK_DEADLINE_MS)]);
  const { host, program, detections } = ports;
  try {
    if (attack.place !== "host") {
      const first = await runInContainer(attack, place, deadline).catch((thrown: unknown) => {
        if (deadline.aborted) throw thrown;
        return undefined;
      });
      // A busy engine may fail to start a container, or lose the words of one that ends as soon as it begins.
      const isUntold = first === undefined || isSilentSuccess(first);
      return coverageOf(attack, isUntold ? await runInContainer(attack, place, deadline) : first);
    }
    if (host === undefined) return undefined;
    const seen = await runOnHost(attack, { host, program: program.path, detections }, deadline);
    return coverageOf(attack, seen);
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    return brokenOf(attack, messageOf(thrown));
  }
}

/** An attack that ends well has said so. */
function isSilentSuccess({ tookEffect, exitCode, said, refusal }: Observation): boolean {
  return !tookEffect && exitCode === 0 && said === "" && refusal === undefined;
}

function brokenOf({ id, row, title, technique, best }: Attack, why: string): Coverage {
  const nothing = { tookEffect: false, detectedBy: [], refusedBy: [] } as const;
  return { id, row, title, technique, verdict: "failed", ...nothing, why, best };
}

/** By the label, so that what was made in the moment of a failure goes too. */
async function removeAll(
  engine: ScratchEngine,
  { run, reference }: { readonly run: string; readonly reference: string },
): Promise<void> {
  for (const id of await engine.listContainers(run)) await engine.removeContainer(id);
  await engine.removeImage(reference);
}
