import { type Digest, RecentMap } from "@pratique/core";
import { type Execution, givenScript } from "./given-script.ts";

/** A program that a process of a container has just executed. */
export interface ExecutedProgram {
  readonly pid: number;
  readonly container: string;
  readonly image: Digest;
  readonly execution: Execution;
}

export interface ExecutedScriptsOptions {
  /** Files of the image, as a process of the container has them; undefined where it has ended. */
  readonly find: (
    pid: number,
    given: readonly string[],
    options: { readonly container: string },
  ) => Promise<readonly string[] | undefined>;
  /** A process that lives in the container; undefined where none does. */
  readonly pidIn: (container: string) => number | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The scripts that containers of an image executed, and when one was last missed. */
export interface Scripts {
  readonly files: ReadonlySet<string>;
  readonly missedAt: number;
}

/** What is executed again and again is looked for now and then. */
const AGAIN_AFTER_MS = 900_000;
const NEVER = Number.NEGATIVE_INFINITY;
const FORGET_MS = 7 * 86_400_000;
const MAX_IMAGES = 256;
const MAX_SCRIPTS_PER_IMAGE = 512;
const MAX_AT_ONCE = 4;
const MAX_WAITING = 64;

interface Script {
  lookedAt: number;
  files: readonly string[];
}

interface ImageScripts {
  readonly scripts: Map<string, Script>;
  missedAt: number;
}

interface Waiting {
  readonly program: ExecutedProgram;
  readonly given: readonly string[];
  readonly script: Script;
}

/**
 * Notes which scripts of an image its containers execute, however short a time they run: the sensor tells what an interpreter
 * was given, and the file is looked for at once.
 */
export class ExecutedScripts {
  readonly #options: ExecutedScriptsOptions;
  readonly #images = new RecentMap<Digest, ImageScripts>(MAX_IMAGES);
  readonly #queue: Waiting[] = [];
  #busy = 0;

  constructor(options: ExecutedScriptsOptions) {
    this.#options = options;
  }

  /** To be called with every program that a container executes. */
  take(program: ExecutedProgram): void {
    const given = givenScript(program.execution);
    const [name] = given;
    if (name === undefined) return;
    const now = this.#options.now();
    const image = this.#images.get(program.image) ?? { scripts: new Map<string, Script>(), missedAt: NEVER };
    // What is executed stays longest.
    this.#images.set(program.image, image);
    const known = image.scripts.get(name);
    if (known !== undefined && now - known.lookedAt < AGAIN_AFTER_MS) return;
    const isFull = known === undefined && image.scripts.size >= MAX_SCRIPTS_PER_IMAGE;
    if (isFull || this.#queue.length >= MAX_WAITING) {
      image.missedAt = now;
      return;
    }
    const script = known ?? { lookedAt: now, files: [] };
    script.lookedAt = now;
    image.scripts.set(name, script);
    this.#queue.push({ program, given, script });
    void this.#work();
  }

  of(image: Digest): Scripts {
    const files = new Set<string>();
    const known = this.#images.get(image);
    const now = this.#options.now();
    for (const [name, script] of known?.scripts ?? []) {
      if (now - script.lookedAt > FORGET_MS) known?.scripts.delete(name);
      else for (const file of script.files) files.add(file);
    }
    return { files, missedAt: known?.missedAt ?? NEVER };
  }

  async #work(): Promise<void> {
    if (this.#busy >= MAX_AT_ONCE) return;
    this.#busy += 1;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const files = await this.#look(next);
      if (files === undefined) this.#miss(next);
      else if (files.length > 0) next.script.files = files;
    }
    this.#busy -= 1;
  }

  /** By the process itself, or by another of its container where it has ended meanwhile. */
  async #look({ program: { pid, container }, given }: Waiting): Promise<readonly string[] | undefined> {
    const files = await this.#options.find(pid, given, { container });
    if (files !== undefined) return files;
    const other = this.#options.pidIn(container);
    return other === undefined ? undefined : await this.#options.find(other, given, { container });
  }

  /** It is looked for again when it is executed again. */
  #miss({ program: { image }, script }: Waiting): void {
    script.lookedAt = this.#options.now() - AGAIN_AFTER_MS;
    const known = this.#images.get(image);
    if (known !== undefined) known.missedAt = this.#options.now();
  }
}
