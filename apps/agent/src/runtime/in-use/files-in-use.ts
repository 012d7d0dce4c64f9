import { type Digest, KiB } from "@pratique/core";
import type { Scripts } from "./executed-scripts.ts";
import type { Execution } from "./given-script.ts";
import type { Look, LookOptions } from "./look-at-process.ts";

/** A process that lives in a container. */
export interface ContainerProcess {
  /** The same object as long as the process lives. */
  readonly identity: object;
  readonly pid: number;
  /** When it began to execute what it executes: any clock that goes forward. */
  readonly since: number;
  readonly container: string;
  readonly image: Digest;
  readonly execution?: Execution;
}

/** Which files of an image its containers have in use, as this host has seen it. */
export interface InUse {
  /** Milliseconds since 1970: since when its processes are looked at, and when one was last. */
  readonly since: number;
  readonly until: number;
  /** Every process that ran for more than a moment was looked at, and all that it had in use. */
  readonly isWhole: boolean;
  /** Paths from the root, with leading slashes, sorted. */
  readonly executed: readonly string[];
  readonly loaded: readonly string[];
}

export interface FilesInUseOptions {
  readonly processes: () => Iterable<ContainerProcess>;
  readonly look: (pid: number, options: LookOptions) => Promise<Look | undefined>;
  /** What processes executed that may have ended since. */
  readonly scriptsOf: (image: Digest) => Scripts;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** When a process is looked at: it loads most at its start, and something now and then. */
const FIRST_LOOK_MS = 2000;
const SECOND_LOOK_MS = 50_000;
const LATER_LOOKS_MS = 900_000;
/** What was seen in the first minute is not yet all: by its end each process that was there has been looked at twice. */
const SETTLE_MS = 60_000;
const LOOKS_TO_SETTLE = 2;
const PLAN_EVERY_MS = 5000;
/** Together some 0.3 % of a processor while many wait or have very much, and next to nothing when all were looked at. */
const MAX_LOOKS_PER_TICK = 8;
const BYTES_PER_TICK = 128 * KiB;
const MAX_QUEUE = 64;
/** Who holds the memory of a process locked keeps its reader waiting: the process is left alone then, and few may do so. */
const STUCK_MS = 30_000;
const MAX_STUCK = 2;
const FORGET_MS = 7 * 86_400_000;
const FORGET_EVERY_MS = 3_600_000;
const MAX_IMAGES = 256;
const MAX_FILES_PER_IMAGE = 2048;
const MAX_FILES = 32_768;

interface Watched {
  since: number;
  readonly firstAt: number;
  looks: number;
  dueAt: number;
}

interface Waiting {
  readonly process: ContainerProcess;
  readonly watched: Watched;
}

interface ImageFiles {
  readonly since: number;
  lookedAt: number;
  /** When there was last more than is read or kept. */
  cutAt: number;
  /** Files, with when each was last seen. */
  readonly executed: Map<string, number>;
  readonly loaded: Map<string, number>;
}

/**
 * Looks at the processes of containers, each soon after it began and now and then, for the files of their images that they have
 * in use. It takes little time however many there are: they come in turn, container by container.
 */
export class FilesInUse {
  readonly #options: FilesInUseOptions;
  readonly #watched = new WeakMap<object, Watched>();
  readonly #images = new Map<Digest, ImageFiles>();
  /** Images of which processes wait to be looked at, or looked at again, that began long ago. */
  #lacking: ReadonlySet<Digest> = new Set();
  #queue: Waiting[] = [];
  #planAt = 0;
  #forgetAt = 0;
  #credit = BYTES_PER_TICK;
  #files = 0;
  #current: { readonly container: string; readonly since: number } | undefined;
  /** Containers whose processes keep us waiting. */
  readonly #stuck = new Set<string>();

  constructor(options: FilesInUseOptions) {
    this.#options = options;
  }

  /** To be called every second or so. */
  tick(): void {
    const now = this.#options.now();
    if (now >= this.#planAt) this.#plan(now);
    this.#credit = Math.min(BYTES_PER_TICK, this.#credit + BYTES_PER_TICK);
    if (this.#current !== undefined && !this.#giveUp(this.#current, now)) return;
    void this.#lookAtSome();
  }

  /** Undefined before its processes have been looked at for a minute. */
  of(image: Digest): InUse | undefined {
    const now = this.#options.now();
    const files = this.#images.get(image);
    if (files === undefined || now - files.since < SETTLE_MS) return undefined;
    const scripts = this.#options.scriptsOf(image);
    const executed = new Set([...files.executed.keys(), ...scripts.files]);
    const lackedAt = Math.max(files.cutAt, scripts.missedAt);
    return {
      since: files.since,
      until: files.lookedAt,
      isWhole: !this.#lacking.has(image) && now - lackedAt > 2 * LATER_LOOKS_MS,
      executed: [...executed].sort().slice(0, MAX_FILES_PER_IMAGE),
      loaded: [...files.loaded.keys()].filter((path) => !executed.has(path)).sort(),
    };
  }

  /** Puts those that are due into turns, so that a container with very many does not keep the others waiting. */
  #plan(now: number): void {
    this.#planAt = now + PLAN_EVERY_MS;
    if (now >= this.#forgetAt) this.#forget(now);
    const due = new Map<string, Waiting[]>();
    const lacking = new Set<Digest>();
    for (const process of this.#options.processes()) {
      const watched = this.#watch(process, now);
      if (watched.looks < LOOKS_TO_SETTLE && now - watched.firstAt > SETTLE_MS) lacking.add(process.image);
      if (watched.dueAt > now || this.#stuck.has(process.container)) continue;
      const others = due.get(process.container);
      if (others === undefined) due.set(process.container, [{ process, watched }]);
      else if (others.length < MAX_QUEUE) others.push({ process, watched });
    }
    this.#lacking = lacking;
    this.#queue = inTurns([...due.values()]);
  }

  #watch({ identity, since }: ContainerProcess, now: number): Watched {
    const known = this.#watched.get(identity);
    if (known?.since === since) return known;
    const watched = { since, firstAt: now, looks: 0, dueAt: now + FIRST_LOOK_MS };
    this.#watched.set(identity, watched);
    return watched;
  }

  /** Whether what is waited for is waited for no more. */
  #giveUp(
    { container, since }: { readonly container: string; readonly since: number },
    now: number,
  ): boolean {
    if (now - since < STUCK_MS || this.#stuck.size >= MAX_STUCK) return false;
    this.#stuck.add(container);
    this.#queue = this.#queue.filter(({ process }) => process.container !== container);
    this.#current = undefined;
    return true;
  }

  async #lookAtSome(): Promise<void> {
    for (let looks = 0; looks < MAX_LOOKS_PER_TICK && this.#credit > 0; looks += 1) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      const { container } = next.process;
      const current = { container, since: this.#options.now() };
      this.#current = current;
      await this.#lookAt(next);
      this.#stuck.delete(container);
      // Others are looked at since this one kept us waiting.
      if (this.#current !== current) return;
      this.#current = undefined;
    }
  }

  async #lookAt({ process: { pid, container, image, execution }, watched }: Waiting): Promise<void> {
    const known = this.#images.get(image);
    const isKnown = (path: string) => known?.executed.has(path) === true || known?.loaded.has(path) === true;
    const look = await this.#options.look(pid, { container, execution, isKnown });
    const now = this.#options.now();
    watched.looks += 1;
    watched.dueAt = now + (watched.looks === 1 ? SECOND_LOOK_MS : LATER_LOOKS_MS);
    if (look === undefined) return;
    this.#credit -= look.bytes;
    this.#note(image, look, now);
  }

  #note(image: Digest, { program, script, loaded, isCut }: Look, now: number): void {
    const files = this.#images.get(image) ?? this.#begin(image, now);
    if (files === undefined) return;
    files.lookedAt = now;
    if (isCut) files.cutAt = now;
    if (program !== undefined) this.#add(files, files.executed, program, now);
    for (const path of script) this.#add(files, files.executed, path, now);
    for (const path of loaded) this.#add(files, files.loaded, path, now);
  }

  #begin(image: Digest, now: number): ImageFiles | undefined {
    if (this.#images.size >= MAX_IMAGES) return undefined;
    const files = {
      since: now,
      lookedAt: now,
      cutAt: Number.NEGATIVE_INFINITY,
      executed: new Map(),
      loaded: new Map(),
    };
    this.#images.set(image, files);
    return files;
  }

  #add(files: ImageFiles, to: Map<string, number>, path: string, now: number): void {
    const isNew = !to.has(path);
    const isFull = to.size >= MAX_FILES_PER_IMAGE || this.#files >= MAX_FILES;
    if (isNew && isFull) {
      files.cutAt = now;
      return;
    }
    if (isNew) this.#files += 1;
    to.set(path, now);
  }

  /** What no process had in use for a week is in use no more. */
  #forget(now: number): void {
    this.#forgetAt = now + FORGET_EVERY_MS;
    for (const [image, files] of this.#images) {
      for (const kept of [files.executed, files.loaded]) {
        for (const [path, at] of kept) {
          if (now - at > FORGET_MS && kept.delete(path)) this.#files -= 1;
        }
      }
      if (now - files.lookedAt > FORGET_MS) this.#images.delete(image);
    }
  }
}

function inTurns(groups: readonly (readonly Waiting[])[]): Waiting[] {
  const turns: Waiting[] = [];
  for (let turn = 0; turns.length < MAX_QUEUE; turn += 1) {
    const those = groups.flatMap((group) => group[turn] ?? []);
    if (those.length === 0) break;
    turns.push(...those);
  }
  return turns.slice(0, MAX_QUEUE);
}
