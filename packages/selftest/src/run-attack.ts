import type { Detection } from "@pratique/core";
import { type ContainerBody, EngineError, type ScratchEngine, type ScratchOutput } from "@pratique/engine";
import type { Attack, ContainerNeeds } from "./attack.ts";
import type { Observation } from "./coverage.ts";
import type { DetectionSource, HostRunner } from "./ports.ts";
import { ATTACKS_PATH } from "./scratch-image.ts";

/** An exit code of `pratique-attacks`. */
const IMPOSSIBLE = 3;

export interface AttackPlace {
  readonly engine: ScratchEngine;
  /** Where the engine listens on this host. */
  readonly engineSocket: string;
  readonly image: string;
  /** Value of the label, and beginning of the names. */
  readonly run: string;
  readonly detections: DetectionSource | undefined;
}

/** Tries an attack in a container of its own, and removes it whatever happens. */
export async function runInContainer(
  attack: Attack,
  { engine, engineSocket, image, run, detections }: AttackPlace,
  signal: AbortSignal,
): Promise<Observation> {
  let id: string | undefined;
  try {
    const container = { Image: image, ...startOf(attack), ...givenFor(attack.needs, engineSocket) };
    id = await engine.create(`${run}-${attack.id}`, container, signal);
    await engine.start(id, signal);
    const output = await engine.output(id, signal);
    const where = { containerId: id };
    const told = await detections?.collect(where, { wanted: wantedOf(attack), signal });
    return observe(attack, output, told);
  } catch (thrown) {
    if (thrown instanceof EngineError && thrown.code === "SCRATCH_REFUSED") return refusedBy(thrown.message);
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

function startOf({ id, argv, program }: Attack): ContainerBody {
  if (program === undefined) return { Cmd: [ATTACKS_PATH, "--as", id, ...argv], Env: [] };
  // Under another name from the first process on: the environment says what to be.
  const environment = [`PRATIQUE_ATTACK=${id}`];
  return {
    Cmd: [program, ...argv],
    Env: argv.length > 0 ? [...environment, "PRATIQUE_RUN=read"] : environment,
  };
}

/** What an attack needs, in the words of the engine's API. */
function givenFor(needs: ContainerNeeds, engineSocket: string): ContainerBody {
  return {
    ...(needs.user !== undefined && { User: needs.user }),
    ...(needs.volumes !== undefined && {
      Volumes: Object.fromEntries(needs.volumes.map((place) => [place, {}])),
    }),
    ...(needs.terminal === true && { Tty: true, OpenStdin: true }),
    HostConfig: {
      ...(needs.privileged === true && { Privileged: true }),
      ...(needs.capAdd !== undefined && { CapAdd: needs.capAdd }),
      ...(needs.unconfined === true && { SecurityOpt: ["seccomp=unconfined", "apparmor=unconfined"] }),
      ...(needs.hostProcesses === true && { PidMode: "host" }),
      ...(needs.engineSocket === true && { Binds: [`${engineSocket}:/var/run/docker.sock`] }),
      ...(needs.tmpfs !== undefined && { Tmpfs: needs.tmpfs }),
    },
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
