import type { Detection } from "@pratique/core";
import type { ScratchOutput } from "@pratique/engine";

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
