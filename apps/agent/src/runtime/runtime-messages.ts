import type { RuntimeReport } from "@pratique/api";
import type { EngineAddress } from "@pratique/engine";
import type { PastLimits } from "@pratique/intel";
import type { SavingChoices } from "./recorder/capture-keeper.ts";
import type { RuleSources } from "./rules/rule-files.ts";
import type { PacketLimits } from "./runtime-watch.ts";

/** What an operator chooses about the flight recorder. */
export interface CaptureChoices {
  /** How far back it goes, in memory. */
  readonly seconds: number;
  /** How much of packets is kept; none are where it is absent. */
  readonly packets: PacketLimits | undefined;
  /** When what it holds is saved by itself; never where it is absent. */
  readonly saving: SavingChoices | undefined;
}

/** What an operator chooses about running containers. */
export interface RuntimeChoices {
  readonly builtInRules: boolean;
  readonly hardened: boolean;
  /** Whether what containers do is learned, and deviations told. */
  readonly learning: boolean;
  /** In which containers the kernel refuses what rules forbid: of any runtime, of the engine alone, or in none. */
  readonly prevent: "all" | "engine" | "off";
  /** Whether the kernel goes on refusing when the agent and its sensor have ended. */
  readonly survive: boolean;
  /** What is done at once about channels to listed peers, whatever is done about their containers then. */
  readonly channel: "report" | "cut" | "off";
  readonly capture: CaptureChoices;
  /** How much is kept of whom containers spoke to; undefined where nothing is. */
  readonly past: PastLimits | undefined;
}

/** What the thread that watches is started with. */
export interface RuntimeSettings {
  /** The path of the native sensor. */
  readonly sensor: string;
  readonly engineAddress: EngineAddress;
  /** The URL of the agent's server; absent where it is not reached over a network. */
  readonly server?: string;
  readonly hostName: string;
  /** Where the host's record lies. */
  readonly auditDirectory: string;
  readonly maxRecordBytes: number;
  readonly rules: RuleSources;
  readonly prevent: RuntimeChoices["prevent"];
  readonly channel: RuntimeChoices["channel"];
  readonly capture: CaptureChoices;
  /** Where what is saved by itself lies. */
  readonly captureDirectory: string;
  readonly survive: RuntimeChoices["survive"];
  /** The name that prevention is pinned by. */
  readonly pins: string;
  /** Addresses and names that nobody is ever cut from. */
  readonly neverCut: readonly string[];
  /** The cgroup of the engine's containers, where it is an engine of ours. */
  readonly engineCgroup: string | undefined;
  /** Where `pratique intel update` leaves its sets. */
  readonly intelDirectory: string;
  /** Where it is kept which listed peers are held, and which a person has confirmed. */
  readonly channelState: string;
  readonly responses: {
    /** The operator's policy; the default one holds where there is none. */
    readonly policyFile: string;
    readonly stateFile: string;
    readonly evidenceDirectory: string;
  };
  /** Where what was learned of images lies; undefined where nothing is to be learned. */
  readonly profiles: string | undefined;
  /** Where it is kept whom containers spoke to; undefined where it is not to be. */
  readonly past: { readonly directory: string; readonly limits: PastLimits } | undefined;
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
