import type { SoughtList } from "@pratique/core";
import type { EngineAddress } from "@pratique/engine";
import type { EngineActionRules } from "@pratique/gate";
import type { AgentLogger } from "./agent-logger.ts";
import type { GateMode } from "./gate/gate-state.ts";
import type { AdvisoryState } from "./images/advisory-state.ts";
import type { Layout } from "./layout.ts";
import type { RuntimeChoices } from "./runtime/runtime-messages.ts";
import type { HostIdentity } from "./server/identity-file.ts";

/** What an agent is made of: where things lie, what the operator chose, and the effects of the process. */
export interface AgentOptions {
  readonly layout: Layout;
  readonly engineAddress: EngineAddress;
  readonly hostName: string;
  readonly hostLabels: Readonly<Record<string, string>>;
  readonly version: string;
  readonly gate: {
    readonly command: string;
    readonly args: readonly string[];
    /** The name under which the engine knows the gate. */
    readonly plugin: string;
    readonly mode: GateMode;
    readonly scanBudgetMs: number;
    /** What the operator says of actions of the engine. */
    readonly actions: EngineActionRules;
    /** What happens while the gate cannot be kept alive: launches wait, or pass unjudged. */
    readonly whenDead: "closed" | "open";
  };
  /** The engine was started with the gate in its own command line, by us. */
  readonly ownEngine: boolean;
  readonly worker: { readonly module: string; readonly args: readonly string[] };
  /** What images are scanned for besides vulnerabilities, whatever the policies ask. */
  readonly sought: ReadonlySet<SoughtList>;
  /** What is in the advisory database now. */
  readonly readAdvisories: () => AdvisoryState;
  /** With what this host shows itself to its server; absent where that is on this machine. */
  readonly identity?: HostIdentity;
  /** Says which start of the agent this is: 128 random bits in hex. */
  readonly run: string;
  /** What the record may take on the disk before the agent complains that no server takes it. */
  readonly spoolLimitBytes: number;
  /** Watches running containers from the kernel; absent where that was turned off. */
  readonly runtime?: {
    /** The path of the native sensor. */
    readonly sensor: string;
    /** Addresses and names that nobody is cut from, whatever a listed name is answered with. */
    readonly neverCut: readonly string[];
  } & RuntimeChoices;
  readonly now: () => Date;
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly log: AgentLogger;
}
