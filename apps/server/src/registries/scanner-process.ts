import { type Unnumbered, WorkerProcess, type WorkerProgram } from "@pratique/worker";
import type { LayerDesk } from "./layer-desk.ts";
import { type RegistryAnswer, type RegistryTask, registryAnswer } from "./registry-task.ts";

/** How the process that reads images is started; its heap may take 1 024 MiB where nothing is said. */
export type ScannerProgram = Omit<WorkerProgram, "niceness">;

export type ScannerTask = Unnumbered<Extract<RegistryTask, { readonly kind: "list" | "scan" }>>;

/** How a task ended. */
export type ScannerEnd = Unnumbered<
  Extract<RegistryAnswer, { readonly kind: "list-ended" | "scanned" | "failed" }>
>;
type Listed = Extract<RegistryAnswer, { readonly kind: "listed" }>["images"];

interface RunOptions {
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
  /** Notes what was listed; until it resolves, no more comes. */
  readonly onListed: (images: Listed) => Promise<void>;
  /** Who brings what others have read of layers; nobody where absent. */
  readonly layers?: LayerDesk | undefined;
}

/** The code of a task over which its process died. */
export const WORKER_DIED = "WORKER_DIED";
const DEFAULT_MEMORY_MIB = 1024;
/** It has time, and those who look at the console have not. */
const SCANNER_NICENESS = 10;

/** Lists registries and scans their images in a process that may be killed at any moment. One task at a time. */
export class ScannerProcess {
  readonly #worker: WorkerProcess<RegistryTask, RegistryAnswer>;

  constructor(program: ScannerProgram) {
    this.#worker = new WorkerProcess({
      program: { memoryMiB: DEFAULT_MEMORY_MIB, ...program, niceness: SCANNER_NICENESS },
      parseAnswer: (message) => registryAnswer.safeParse(message).data,
    });
  }

  /** Does a task. Rejects with the signal's reason; that the process died or took too long is an outcome. */
  async run(task: ScannerTask, { signal, deadlineMs, onListed, layers }: RunOptions): Promise<ScannerEnd> {
    const end = await this.#worker.run<ScannerEnd>(task, {
      signal,
      deadlineMs,
      onAnswer: async (answer, reply) => {
        switch (answer.kind) {
          case "listed":
            await onListed(answer.images);
            reply({ kind: "go-on" });
            return undefined;
          case "hold-layer":
            await layers?.hold({ diffId: answer.diffId, name: answer.name });
            reply({ kind: "layer", name: answer.name });
            return undefined;
          case "free-layer":
            layers?.free(answer.name, answer.made);
            return undefined;
          case "list-ended":
          case "scanned":
          case "failed":
            return answer;
        }
      },
    });
    return end.kind === "done" ? end.result : died(end.reason);
  }

  /** Ends the process at once, and with it what it is at. */
  close(): void {
    this.#worker.close();
  }
}

function died(reason: string): ScannerEnd {
  return {
    kind: "failed",
    fault: {
      code: WORKER_DIED,
      message: `the process that reads images ended: ${reason}`,
      advice: "distrust the image, or give workers more memory: registries.scanMemoryMiB",
    },
    retry: { kind: "soon" },
    absent: false,
    unreached: false,
  };
}
