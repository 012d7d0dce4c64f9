import { readFileSync } from "node:fs";
import { hasCode } from "@pratique/core";
import { z } from "zod";
import { replaceFileForGood } from "../durable-file.ts";
import type { GateMode } from "./gate-state.ts";

const kept = z.strictObject({ form: z.literal(1), mode: z.enum(["enforce", "observe"]) });

/** What a command said that the gate is to do: it holds over restarts, and over what this host's settings say. */
export class GateModeFile {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Undefined where no command has said anything: then the settings hold. Throws where that cannot be told. */
  read(): GateMode | undefined {
    try {
      return kept.parse(JSON.parse(readFileSync(this.#file, "utf8"))).mode;
    } catch (thrown) {
      if (hasCode(thrown, "ENOENT")) return undefined;
      throw thrown;
    }
  }

  write(mode: GateMode): void {
    replaceFileForGood(this.#file, JSON.stringify({ form: 1, mode }));
  }
}
