import type { Platform, ScanReport } from "@pratique/core";
import type { Listed } from "@pratique/oci";
import { forPlatforms, type RegistryImage } from "./registry-image.ts";
import { failureOf, outcomeOf, type RegistryOutcome, type Retry } from "./registry-outcome.ts";
import type { RegistryScanJournal } from "./registry-scan-journal.ts";

const DEFAULT_CONCURRENCY = 4;
const DEFAULT_MAX_ATTEMPTS = 3;
/** Of a registry that cannot be reached, no more images are tried than these. */
const MAX_UNREACHED = 8;

export interface ScanRegistryOptions {
  /** All that is meant; asked for only where the journal does not know it yet. */
  readonly list: () => AsyncIterable<Listed>;
  readonly platforms: readonly Platform[];
  /** Scans one image. Rejects with a PratiqueError. */
  readonly scan: (image: RegistryImage) => Promise<ScanReport>;
  /** Has each report before its image counts as done. */
  readonly onReport?: (image: RegistryImage, report: ScanReport) => void;
  readonly onProgress?: (done: number, total: number) => void;
  /** Images at the same time; 4 where absent. */
  readonly concurrency?: number;
  /** How often an image is tried; 3 where absent. */
  readonly maxAttempts?: number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<unknown>;
  readonly signal: AbortSignal;
}

/** How a scan of a registry ended. */
export type RegistryScanEnd =
  | { readonly kind: "whole" }
  /** The registry cannot be reached any more; what is left waits in the journal. */
  | { readonly kind: "stopped"; readonly outcome: RegistryOutcome };

/**
 * Scans what a registry has, and notes each step in the journal, so that it can be cut off at any moment and go on
 * later. An image that cannot be scanned is an outcome among others. Rejects where the registry cannot be listed,
 * and with the signal's reason where that comes.
 */
export async function scanRegistry(
  journal: RegistryScanJournal,
  options: ScanRegistryOptions,
): Promise<RegistryScanEnd> {
  if (!journal.isListed) await list(journal, options);
  return await new Run(journal, options).run();
}

async function list(journal: RegistryScanJournal, { list: listAll, platforms }: ScanRegistryOptions) {
  for await (const listed of listAll()) {
    if (listed.kind === "image") {
      for (const image of forPlatforms(listed.image, platforms)) journal.add(image);
    } else {
      const { repository, error } = listed;
      journal.addFailure({ repository, code: error.code, message: error.message });
    }
  }
  journal.endList();
}

class Run {
  readonly #journal: RegistryScanJournal;
  readonly #options: ScanRegistryOptions;
  readonly #queue: RegistryImage[];
  readonly #total: number;
  #done: number;
  /** Images in a row for which the registry could not be reached. */
  #unreached = 0;
  #stopped: RegistryOutcome | undefined;

  constructor(journal: RegistryScanJournal, options: ScanRegistryOptions) {
    this.#journal = journal;
    this.#options = options;
    this.#queue = [...journal.waiting];
    this.#total = journal.items.length;
    this.#done = this.#total - this.#queue.length;
  }

  async run(): Promise<RegistryScanEnd> {
    const { concurrency = DEFAULT_CONCURRENCY, onProgress } = this.#options;
    onProgress?.(this.#done, this.#total);
    const workers = await Promise.allSettled(Array.from({ length: concurrency }, () => this.#work()));
    for (const worker of workers) if (worker.status === "rejected") throw worker.reason;
    if (this.#stopped !== undefined) return { kind: "stopped", outcome: this.#stopped };
    this.#journal.end();
    return { kind: "whole" };
  }

  async #work(): Promise<void> {
    const { signal } = this.#options;
    for (let image = this.#queue.shift(); image !== undefined; image = this.#queue.shift()) {
      signal.throwIfAborted();
      if (this.#stopped !== undefined) return;
      await this.#scan(image);
    }
  }

  async #scan(image: RegistryImage): Promise<void> {
    const { scan, onReport, signal } = this.#options;
    try {
      const report = await scan(image);
      onReport?.(image, report);
      this.#unreached = 0;
      this.#finish(image, outcomeOf(report));
    } catch (thrown) {
      signal.throwIfAborted();
      const { outcome, retry } = failureOf(thrown);
      await this.#decide(image, outcome, retry);
    }
  }

  async #decide(image: RegistryImage, outcome: RegistryOutcome, retry: Retry): Promise<void> {
    const { maxAttempts = DEFAULT_MAX_ATTEMPTS, sleep, signal } = this.#options;
    if (retry.kind === "after") {
      this.#queue.unshift(image);
      await sleep(retry.waitMs, signal);
      return;
    }
    this.#unreached = retry.kind === "soon" ? this.#unreached + 1 : 0;
    if (this.#unreached >= MAX_UNREACHED) {
      // The fault is not the image's: it stays in the queue, and its tries are not used up.
      this.#stopped = outcome;
      return;
    }
    const attempts = this.#journal.attemptsOf(image) + 1;
    if (retry.kind === "never" || attempts >= maxAttempts) {
      this.#finish(image, outcome);
      return;
    }
    this.#journal.retry(image);
    // Behind all others: by then the registry may have caught itself.
    this.#queue.push(image);
    await sleep(1000 * 2 ** attempts, signal);
  }

  #finish(image: RegistryImage, outcome: RegistryOutcome): void {
    this.#journal.finish(image, outcome);
    this.#done += 1;
    this.#options.onProgress?.(this.#done, this.#total);
  }
}
