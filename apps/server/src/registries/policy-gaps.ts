import { messageOf, type SoughtList, soughtLists } from "@pratique/core";
import type { JobRun, Store } from "@pratique/store";
import type { Logger } from "pino";
import { PolicyNeeds } from "../fleet/policy-needs.ts";
import type { ServerJob } from "../server-jobs.ts";

export interface PolicyGapsOptions {
  readonly store: Store;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Logger;
}

const JOB = "registry.gaps";
/** One waits at a time, and one is run, by whichever server. */
const ONE_AT_A_TIME = { key: JOB, line: JOB };
/** The lists that policies look at, and for which images of registries were looked through. */
const APPLIED = "registries.sought";
const LOOK_EVERY_MS = 2_000;

/**
 * Has images of registries scanned again when a policy begins to look at what nobody has looked for in them, without
 * waiting until their registry is listed. What is known of an image stays as it is: a policy that looks at nothing new
 * asks for no scan. Killed at any moment, it goes on when it is begun again; of several servers one does it.
 */
export class PolicyGaps {
  readonly #options: PolicyGapsOptions;
  readonly #policies: PolicyNeeds;
  /** The lists for which a job was asked last. */
  #asked: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: PolicyGapsOptions) {
    this.#options = options;
    this.#policies = new PolicyNeeds(options.store);
  }

  /** For who does the jobs of the server. */
  get jobs(): readonly ServerJob[] {
    const failed = "images could not be looked through for policies";
    return [{ name: JOB, failed, handler: async (_, run) => await this.#run(run) }];
  }

  /** Looks at the policies from now on. */
  start(): void {
    this.#look();
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closed = true;
    await this.#looking;
  }

  #look(): void {
    this.#looking = this.#looking
      .then(() => this.#ask())
      .catch((thrown: unknown) =>
        this.#options.log.warn({ reason: messageOf(thrown) }, "what policies look at cannot be told"),
      );
  }

  /** Asks for a job where policies look at something else, and once at the start: what was begun then goes on. */
  async #ask(): Promise<void> {
    if (this.#closed) return;
    const lists = JSON.stringify(await this.#sought());
    if (lists === this.#asked) return;
    await this.#options.store.jobs.enqueue(JOB, null, ONE_AT_A_TIME);
    this.#asked = lists;
  }

  async #run({ signal }: JobRun): Promise<void> {
    const { store, log } = this.#options;
    const sought = await this.#sought();
    const applied = await this.#applied();
    const lists = sought.filter((list) => !applied.includes(list));
    let asked = 0;
    if (lists.length > 0) {
      for (let after: number | undefined = 0; after !== undefined; ) {
        signal.throwIfAborted();
        const found = await store.registries.gaps.close(lists, after);
        asked += found.asked;
        after = found.next;
      }
      log.info({ lists, images: asked }, "images of registries are scanned again for what policies look at");
    }
    await store.settings.documents.remember(APPLIED, [...sought]);
  }

  async #sought(): Promise<readonly SoughtList[]> {
    const sought = await this.#policies.sought();
    return soughtLists.filter((list) => sought.has(list));
  }

  async #applied(): Promise<readonly SoughtList[]> {
    const value: unknown = (await this.#options.store.settings.documents.find(APPLIED))?.value;
    return Array.isArray(value) ? soughtLists.filter((list) => value.includes(list)) : [];
  }
}
