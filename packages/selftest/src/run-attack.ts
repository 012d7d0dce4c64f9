import type { Detection } from "@pratique/core";
import type { Attack } from "./attack.ts";
import type { Observation } from "./coverage.ts";
import {
  type DetectionSource,
  type HostRunner,
  type ScratchEngine,
  type ScratchOutput,
  ScratchRefusal,
} from "./ports.ts";
import { ATTACKS_PATH } from "./scratch-image.ts";

/** An exit code of `pratique-attacks`. */
const IMPOSSIBLE = 3;

export interface AttackPlace {
  readonly engine: ScratchEngine;
  readonly image: string;
  /** Value of the label, and beginning of the names. */
  readonly run: string;
  readonly detections: DetectionSource | undefined;
}

/** Tries an attack in a container of its own, and removes it whatever happens. */
export async function runInContainer(
  attack: Attack,
  { engine, image, run, detections }: AttackPlace,
  signal: AbortSignal,
): Promise<Observation> {
  let id: string | undefined;
  try {
    id = await engine.create(
      { image, name: `${run}-${attack.id}`, needs: attack.needs, ...startOf(attack) },
      signal,
    );
    await engine.start(id, signal);
    const output = await engine.output(id, signal);
    const where = { containerId: id };
    const told = await detections?.collect(where, { wanted: wantedOf(attack), signal });
    return observe(attack, output, told);
  } catch (thrown) {
    if (thrown instanceof ScratchRefusal) return refusedBy(thrown.message);
    throw thrown;
  } finally {
    if (id !== undefined) await engine.removeContainer(id);
  }
}

/** Tries an attack on the host itself. */
export async function runOnHost(
  attack: Attack,
  {
    host,
    program,
    detections,
  }: {
    readonly host: HostRunner;
    readonly program: string;
    readonly detections: DetectionSource | undefined;
  },
  signal: AbortSignal,
): Promise<Observation> {
  const { pid, ...output } = await host.run([program, "--as", attack.id, ...attack.argv], signal);
  const told = await detections?.collect({ pid }, { wanted: wantedOf(attack), signal });
  return observe(attack, output, told);
}

function startOf({ id, argv, program }: Attack): {
  readonly command: readonly string[];
  readonly environment: readonly string[];
} {
  if (program === undefined) return { command: [ATTACKS_PATH, "--as", id, ...argv], environment: [] };
  // Under another name from the first process on: the environment says what to be.
  const environment = [`PRATIQUE_ATTACK=${id}`];
  return {
    command: [program, ...argv],
    environment: argv.length > 0 ? [...environment, "PRATIQUE_RUN=read"] : environment,
  };
}

function wantedOf({ rules, upstreamRules }: Attack): readonly string[] {
  return [...rules, ...upstreamRules];
}

function observe(
  { id }: Attack,
  { text, exitCode }: ScratchOutput,
  detections: readonly Detection[] | undefined,
): Observation {
  const lines = text.split(/\r?\n/u);
  const tookEffect = lines.includes(`pratique-effect ${id}`);
  const said = lines.map(
    (line) => /^pratique-(?:refused|impossible) [\w-]+: (?<why>.*)$/u.exec(line)?.groups?.why,
  );
  return {
    tookEffect,
    exitCode,
    said: said.find((why) => why !== undefined) ?? "",
    refusal: undefined,
    impossible: exitCode === IMPOSSIBLE,
    detections,
  };
}

function refusedBy(refusal: string): Observation {
  return { tookEffect: false, exitCode: 0, said: "", refusal, impossible: false, detections: undefined };
}
