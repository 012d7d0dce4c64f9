import type { Detection } from "@pratique/core";
import type { ContainerNeeds } from "./attack.ts";

export interface ScratchContainer {
  readonly image: string;
  readonly name: string;
  /** The whole command line. */
  readonly command: readonly string[];
  readonly environment: readonly string[];
  readonly needs: ContainerNeeds;
}

/** What a container said, and what it ended with. */
export interface ScratchOutput {
  readonly text: string;
  /** As a shell tells it: 137 where SIGKILL ended it. */
  readonly exitCode: number;
}

/** An engine as attacks are tried in it. Everything that it makes carries {@link SCRATCH_LABEL}. */
export interface ScratchEngine {
  /** Gives the image's id. */
  importImage(archive: Iterable<Uint8Array>, reference: string, signal: AbortSignal): Promise<string>;
  /** Rejects with an {@link ScratchRefusal} where a gate says no. Gives the container's id, all 64 characters. */
  create(container: ScratchContainer, signal: AbortSignal): Promise<string>;
  /** Rejects as `create` does. */
  start(id: string, signal: AbortSignal): Promise<void>;
  /** Waits until it has ended. */
  output(id: string, signal: AbortSignal): Promise<ScratchOutput>;
  /** Whether it runs or not; one that is gone is no error. Takes no signal: it has to happen. */
  removeContainer(id: string): Promise<void>;
  removeImage(reference: string): Promise<void>;
  /** Ids of the containers that carry the label with this value. */
  listContainers(run: string): Promise<readonly string[]>;
}

export const SCRATCH_LABEL = "org.pratique.selftest";

/** Somebody between us and the engine did not let a container be made, or start. */
export class ScratchRefusal extends Error {
  override readonly name = "ScratchRefusal";
}

/** What the agent of this host saw. */
export interface DetectionSource {
  /**
   * The detections of a container, or of a process on the host, once the sensor has told all that it has of it. May
   * resolve as soon as each of the wanted rules is among them.
   */
  collect(
    where: { readonly containerId: string } | { readonly pid: number },
    options: { readonly wanted: readonly string[]; readonly signal: AbortSignal },
  ): Promise<readonly Detection[]>;
}

/** Runs the attacks that are meant for the host itself. */
export interface HostRunner {
  run(command: readonly string[], signal: AbortSignal): Promise<ScratchOutput & { readonly pid: number }>;
}
