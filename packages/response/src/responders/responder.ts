import type { ChannelAction, JsonObject } from "@pratique/core";
import type {
  ContainerReference,
  ContainerView,
  ControlPower,
  FlowPower,
  Peers,
  ResponseHost,
} from "../ports.ts";

export type Power = ControlPower | FlowPower;

/** What one act is about, and with what it is done. */
export interface Scene {
  readonly host: ResponseHost;
  readonly container: ContainerReference;
  /** As it was when the act, or its release, began. */
  readonly view: ContainerView;
  readonly peers: Peers;
  /** What can be done to this container on this host now. */
  readonly powers: ReadonlySet<Power>;
  readonly graceSeconds: number;
}

/** What a step did, for people, and which flows it ended where it tells them: afterwards nobody can see them any more. */
interface StepAnswer {
  readonly detail: string;
  readonly flows: readonly string[] | undefined;
}

/** One thing that is done. Resolves with what it did; rejects where it could not. */
export interface Step {
  readonly name: string;
  /** An act of which no such step was done is none; what its other steps did is undone. */
  readonly essential?: boolean;
  /** It says which flows it ended: nobody has to look for them before. */
  readonly tellsFlows?: boolean;
  /** Added to what a step may take. */
  readonly extraMs?: number;
  run(signal: AbortSignal): Promise<string | StepAnswer>;
}

/** `holds`: it was seen to be so. `unknown`: this host does not let it be seen. */
export interface CheckAnswer {
  readonly outcome: "holds" | "fails" | "unknown";
  readonly detail: string;
}

/** One thing that is looked at, independently of what the steps said. */
export interface Check {
  readonly name: string;
  /** Without it nothing is proved; the others only speak against. */
  readonly decides: boolean;
  run(signal: AbortSignal): Promise<CheckAnswer>;
}

/**
 * One way to answer an attack. A responder holds no state: what it needs to undo an act it gives from `plan`, which is
 * remembered before anything is changed. Steps and checks may be run again at any time, and change nothing more then:
 * after a crash nobody knows which of them were done. They are tried in order; one that fails does not keep the
 * next from being tried.
 */
export interface Responder {
  readonly action: ChannelAction;
  /** Raised when the same plan is undone in another way. */
  readonly version: number;
  /** It can be done where of each of these at least one power is there. */
  readonly needs: (scene: Pick<Scene, "peers">) => readonly (readonly Power[])[];
  /** What is tried in its place where it cannot be done: milder, the nearest first. */
  readonly otherwise: readonly ChannelAction[];
  /** It has to be done again when the sensor or the container started anew, since the kernel forgot it. */
  readonly renews: boolean;
  /** Whether an act still holds, by the container as it is now: somebody may have undone it. */
  stands(view: ContainerView): boolean;
  /** Reads what undoing will need. Changes nothing. */
  plan(scene: Scene): JsonObject;
  steps(scene: Scene, plan: JsonObject): readonly Step[];
  checks(scene: Scene, plan: JsonObject): readonly Check[];
  /** In this order. */
  undo(scene: Scene, plan: JsonObject): readonly Step[];
}
