import type { RuntimeProcess } from "@pratique/core";
import type { WireProcess } from "../wire/structures.ts";
import type { TrackedContainer } from "./container-table.ts";
import type { Environment } from "./environment.ts";

/** What stays the same while one process lives: who it is, and which state is its newest. */
export interface ProcessLink {
  readonly pid: number;
  /** The newest state. */
  current: TrackedProcess;
  /** The last state before what it executes now, for records that come late. */
  before: TrackedProcess | undefined;
  parent: ProcessLink | undefined;
  /** What its states still know of their parents, the latest last. */
  readonly lineages: Lineage[];
  /** The container that it was in at its last event; undefined for the host's, and before the first. */
  container: TrackedContainer | undefined;
  /** CLOCK_BOOTTIME; undefined while it lives. */
  exitedNs: number | undefined;
  /** What its standard descriptors are, where it is known. */
  readonly standard: StandardDescriptors;
}

/** Below which state of its parent a process was at one time. */
export interface Lineage {
  /** Undefined where there was none, or where it is known no more. */
  parent: TrackedProcess | undefined;
}

/** Kinds of the descriptors 0 to 2, by the letters of `fd.typechar`. */
type StandardDescriptors = [string | undefined, string | undefined, string | undefined];

/** What a program is executed with; it changes with the next execution only. */
export interface ProcessImage {
  readonly exe: string;
  readonly exePath: string;
  readonly args: readonly string[];
  /** The directory in which it was executed, from the root of the process: what its arguments name lies below it. */
  readonly directory: string;
  /** Undefined where it was not asked for. */
  readonly environment: Environment | undefined;
  /** When it was executed, or the process began: CLOCK_BOOTTIME. */
  readonly sinceNs: number;
}

/**
 * A process as it was at one time. What it executes, its directory and its credentials do not change here: a change
 * makes another state, so that an event that waits is read with what was true when it happened. So do changes of its
 * ancestors: what they do later is not seen from here.
 */
export class TrackedProcess implements RuntimeProcess {
  readonly link: ProcessLink;
  readonly name: string;
  readonly image: ProcessImage;
  readonly cwd: string;
  readonly facts: WireProcess;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly #lineage: Lineage;
  #commandLine: string | undefined;

  constructor(link: ProcessLink, state: ProcessState, lineage: Lineage = { parent: undefined }) {
    this.link = link;
    this.#lineage = lineage;
    this.name = state.name;
    this.image = state.image;
    this.cwd = state.cwd;
    this.facts = state.facts;
    this.startedAt = state.startedAt;
  }

  get pid(): number {
    return this.link.pid;
  }

  get vpid(): number {
    return this.facts.vpid;
  }

  /** As it was when this state was told; as it is now where that is known no more. */
  get parent(): TrackedProcess | undefined {
    return this.#lineage.parent ?? this.link.parent?.current;
  }

  get exe(): string {
    return this.image.exe;
  }

  get exePath(): string {
    return this.image.exePath;
  }

  get args(): readonly string[] {
    return this.image.args;
  }

  get uid(): number {
    return this.facts.euid;
  }

  /** The name and the arguments, as the rule language has it. */
  get commandLine(): string {
    this.#commandLine ??= [this.name, ...this.image.args].join(" ");
    return this.#commandLine;
  }

  /** The same process with something else about it. */
  with(change: Partial<ProcessState>): TrackedProcess {
    const { name, image, cwd, facts, startedAt } = this;
    return new TrackedProcess(this.link, { name, image, cwd, facts, startedAt, ...change }, this.#lineage);
  }

  /** Whether it was told below this very state of its parent. */
  isBelow(parent: TrackedProcess | undefined): boolean {
    return this.#lineage.parent === parent;
  }

  /** The same below another parent, or below another state of it. */
  below(lineage: Lineage): TrackedProcess {
    return new TrackedProcess(this.link, this, lineage);
  }
}

export interface ProcessState {
  readonly name: string;
  readonly image: ProcessImage;
  readonly cwd: string;
  readonly facts: WireProcess;
  readonly startedAt: number;
}
