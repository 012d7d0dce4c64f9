import type { RuntimeReport } from "@pratique/api";
import type { EngineAddress } from "@pratique/engine";
import type { RuleSources } from "./rule-files.ts";

/** What the thread that watches is started with. */
export interface RuntimeSettings {
  /** The path of the native sensor. */
  readonly sensor: string;
  readonly engineAddress: EngineAddress;
  readonly hostName: string;
  /** Where the host's record lies. */
  readonly auditDirectory: string;
  readonly maxRecordBytes: number;
  readonly rules: RuleSources;
  /** Where it answers whoever may look: `pratique runtime` and its kin. */
  readonly socketPath: string;
}

/** What the thread says. */
export type RuntimeMessage =
  | {
      readonly kind: "log";
      readonly level: "info" | "warn";
      readonly fields: object;
      readonly message: string;
    }
  | { readonly kind: "report"; readonly report: RuntimeReport }
  /** It begins, or cannot. */
  | { readonly kind: "state"; readonly state: RuntimeState };

export interface RuntimeState {
  readonly state: RuntimeReport["sensor"]["state"];
  readonly detail: string;
}

/** What the thread is told. */
export interface RuntimeOrder {
  readonly kind: "stop";
}
