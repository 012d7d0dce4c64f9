import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { putImage } from "@pratique/api";
import { messageOf, parseImageReference, soughtLists } from "@pratique/core";
import type { Sealer } from "@pratique/sealing";
import {
  type ClaimedImage,
  type JobRun,
  LIST_REGISTRY,
  type ListedRegistryImage,
  type RegistryFault,
  type RegistryImageOutcome,
  type RegistryListing,
  type RegistrySetting,
  SCAN_REGISTRY,
  type Store,
  WAKE_REGISTRY,
} from "@pratique/store";
import type { Logger } from "pino";
import { z } from "zod";
import { PolicyNeeds } from "../fleet/policy-needs.ts";
import { rematchWhatIsDue } from "../rematch/rematcher.ts";
import { type ServerJob, startJobs } from "../server-jobs.ts";
import type { LayerDesk } from "./layer-desk.ts";
import { LayerSharing, type LayerSharingSettings } from "./layer-sharing.ts";
import { openSettingsOf } from "./registry-entry.ts";
import { registrySecrets } from "./registry-secrets.ts";
import type { RegistryAccess } from "./registry-task.ts";
import { type ScannerEnd, ScannerProcess, type ScannerProgram, WORKER_DIED } from "./scanner-process.ts";

/** How registries are scanned by this process. */
export interface RegistryWorkSettings {
  readonly scanner: ScannerProgram;
  /** Tasks at once; with 0 this process leaves all of them to others. */
  readonly workers: number;
  /** What is read of layers is shared with nobody where it is absent. */
  readonly layers?: LayerSharingSettings;
}

export interface RegistryWorkOptions extends RegistryWorkSettings {
  readonly store: Store;
  readonly sealer: Sealer;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Logger;
}

/** How often to look whether what is being read is still to be read here. */
const LOOK_EVERY_MS = 2_000;
const FOLLOW_CLOCK_EVERY_MS = 3_600_000;
/** Images of one registry before another one has its turn. */
const IMAGES_AT_ONCE = 10;
const SCAN_DEADLINE_MS = 30 * 60_000;
const LIST_DEADLINE_MS = 4 * 3_600_000;
const MAX_REPORT_CHARS = 128 * 1024 * 1024;

const registryJob = z.object({ registry: z.string() });
const slotJob = z.object({ registry: z.string(), slot: z.number() });

/**
 * Lists registries when it is time, and scans what they have, together with all other processes on the same store: jobs
 * bring the work to them. The job of a killed process is done again by another one, which takes over what that one held.
 */
export class RegistryWork {
  readonly #options: RegistryWorkOptions;
  /** What stands before the space is what people are shown. */
  readonly #holder = `${hostname()}/${process.pid} ${randomUUID()}`;
  readonly #idle: IdleScanner[] = [];
  readonly #policies: PolicyNeeds;
  readonly #sharing: LayerSharing | undefined;
  #resumed: Promise<void> = Promise.resolve();
  #jobs: AsyncDisposable | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RegistryWorkOptions) {
    this.#options = options;
    this.#policies = new PolicyNeeds(options.store);
    const { store, sealer, layers, log } = options;
    const indexes = store.registries.layerIndexes;
    this.#sharing =
      layers && new LayerSharing({ ...layers, indexes, jobs: store.jobs, holder: this.#holder, sealer, log });
  }

  start(): void {
    const { store, now, log, workers } = this.#options;
    const { queue } = store.registries;
    const orSay = (thrown: unknown) => log.error({ err: thrown }, "what is due of registries cannot be told");
    this.#resumed = queue.resume().catch(orSay);
    this.#timer = setInterval(() => {
      this.#resumed = this.#resumed.then(() => queue.followClock()).catch(orSay);
    }, FOLLOW_CLOCK_EVERY_MS).unref();
    // Reading images takes all places that it is given: what else the server does must not wait for it.
    if (workers > 0) this.#jobs = startJobs(this.#handled(), { store, now, log, concurrency: workers });
  }

  /** Gives back what is being worked at. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#jobs?.[Symbol.asyncDispose]();
    await this.#resumed;
    for (const { scanner } of this.#idle) scanner.close();
  }

  #handled(): readonly ServerJob[] {
    const { queue } = this.#options.store.registries;
    const failed = "a registry could not be worked at";
    return [
      {
        name: LIST_REGISTRY,
        failed,
        handler: async (payload, run) => await this.#list(registryJob.parse(payload).registry, run),
      },
      {
        name: SCAN_REGISTRY,
        failed,
        handler: async (payload, run) => await this.#scan(slotJob.parse(payload), run),
      },
      {
        name: WAKE_REGISTRY,
        failed,
        handler: async (payload) => await queue.wake(registryJob.parse(payload).registry),
      },
    ];
  }

  async #list(registry: string, { signal }: JobRun): Promise<void> {
    const { listings } = this.#options.store.registries;
    const listing = await listings.begin(registry, this.#holder);
    if (listing === undefined) return;
    const held = whileHeld(signal, () => listings.isHeld(listing));
    try {
      await this.#noteListing(listing, await this.#readList(listing, held.signal));
    } catch (thrown) {
      if (held.signal.aborted) await listings.release(listing);
      else await listings.fail(listing, this.#defect(thrown), { kind: "never" });
    } finally {
      held.end();
    }
  }

  async #readList(listing: RegistryListing, signal: AbortSignal): Promise<ScannerEnd> {
    const { setting } = listing;
    const { include, exclude, tags, excludeTags, newestTags, platforms, maxImages } = openSettingsOf(setting);
    const filter = { include, exclude, tags, excludeTags, newestTags };
    const access = await this.#accessTo(setting);
    let total = 0;
    return await this.#withScanner(setting, (scanner) =>
      scanner.run(
        { kind: "list", access, path: setting.path, ...filter, platforms, maxImages },
        {
          signal,
          deadlineMs: LIST_DEADLINE_MS,
          onListed: async (images) => {
            total += images.length;
            if (total > maxImages || !images.every((image) => isOf(setting, image))) {
              throw new Error("the process that lists registries told of images that it was not asked for");
            }
            await this.#options.store.registries.listings.add(listing, images);
          },
        },
      ),
    );
  }

  async #noteListing(listing: RegistryListing, end: ScannerEnd): Promise<void> {
    const { listings } = this.#options.store.registries;
    switch (end.kind) {
      case "list-ended":
        return await listings.end(listing, end.fault);
      case "failed":
        return await listings.fail(listing, end.fault, end.retry);
      case "scanned":
        throw new Error("the process that lists registries answered another question");
    }
  }

  async #scan(
    { registry, slot }: { readonly registry: string; readonly slot: number },
    { signal }: JobRun,
  ): Promise<void> {
    const { queue } = this.#options.store.registries;
    for (let done = 0; done < IMAGES_AT_ONCE && !signal.aborted; done += 1) {
      const claimed = await queue.claim(registry, { slot, holder: this.#holder });
      if (claimed === undefined) return;
      const held = whileHeld(signal, () => queue.isHeld(claimed));
      try {
        await queue.finish(claimed, await this.#outcomeOf(claimed, held.signal));
      } finally {
        held.end();
      }
    }
    await queue.handOver(registry, slot);
  }

  async #outcomeOf(claimed: ClaimedImage, signal: AbortSignal): Promise<RegistryImageOutcome> {
    const { setting, image } = claimed;
    const shared = await this.#sharing?.begin(setting.id);
    try {
      const access = await this.#accessTo(setting);
      const { repository, tag, platform } = image;
      const asked = await this.#policies.sought();
      const sought = soughtLists.filter(
        (list) => asked.has(list) || openSettingsOf(setting).lookFor.includes(list),
      );
      const layerSecret = shared?.secret ?? null;
      const end = await this.#withScanner(setting, (scanner) =>
        scanner.run(
          { kind: "scan", access, repository, tag, platform, sought, layerSecret },
          {
            signal,
            deadlineMs: SCAN_DEADLINE_MS,
            onListed: async () => undefined,
            layers: shared?.desk,
          },
        ),
      );
      return await this.#judge(claimed, end, shared?.desk);
    } catch (thrown) {
      if (signal.aborted) return { kind: "given-back" };
      return { kind: "failed", fault: this.#defect(thrown) };
    } finally {
      await shared?.desk.end();
    }
  }

  async #judge(
    claimed: ClaimedImage,
    end: ScannerEnd,
    layers: LayerDesk | undefined,
  ): Promise<RegistryImageOutcome> {
    switch (end.kind) {
      case "scanned":
        return await this.#keep(claimed, end.report, layers);
      case "failed": {
        const { fault, retry, absent, unreached } = end;
        // What it could not read it says nothing about; what it died over may have made it say anything.
        if (fault.code !== WORKER_DIED) layers?.stay("all");
        if (absent) return { kind: "absent", fault };
        if (retry.kind === "after") return { kind: "put-off", fault, waitMs: retry.waitMs };
        if (retry.kind === "never") return { kind: "failed", fault };
        return { kind: unreached ? "unreached" : "unlucky", fault };
      }
      case "list-ended":
        throw new Error("the process that reads images answered another question");
    }
  }

  /** Keeps the report before the image counts as done. */
  async #keep(
    { image }: ClaimedImage,
    text: string,
    layers: LayerDesk | undefined,
  ): Promise<RegistryImageOutcome> {
    if (text.length > MAX_REPORT_CHARS) {
      const message = `the report has more than ${MAX_REPORT_CHARS} characters`;
      return { kind: "failed", fault: { code: "LIMIT_REACHED", message, advice: "distrust the image" } };
    }
    const { store, now } = this.#options;
    const report = putImage.body.parse(JSON.parse(text));
    const { imageId, digest } = report.target;
    if (imageId === undefined) throw new Error("a report without its image");
    const reference = `${image.repository}:${image.tag}`;
    const scannedAt = new Date(Math.min(Date.parse(report.scannedAt), now())).toISOString();
    await store.images.put(imageId, { ...report, scannedAt, target: { ...report.target, reference } });
    await store.fleet.locations.noteName(imageId, reference);
    layers?.stay(report.target.layers ?? []);
    await rematchWhatIsDue(store);
    return { kind: "scanned", imageId, digest: digest ?? null, assessment: report.assessment.state };
  }

  async #accessTo(setting: RegistrySetting): Promise<RegistryAccess> {
    const { apiUrl, insecure, dockerCredentials } = openSettingsOf(setting);
    const { pushSecret: _, ...credentials } = await registrySecrets.open(this.#options.sealer, setting);
    const { address: registry, kind } = setting;
    return { registry, kind, apiUrl, insecure, dockerCredentials, ...credentials };
  }

  async #withScanner<Result>(
    { id, revision }: RegistrySetting,
    work: (scanner: ScannerProcess) => Promise<Result>,
  ): Promise<Result> {
    const reads = `${id} ${revision}`;
    const scanner = this.#scannerFor(reads);
    try {
      return await work(scanner);
    } finally {
      this.#idle.push({ reads, scanner });
    }
  }

  /**
   * What a process has read may have taken it over: it is given the credentials of no other registry, and no image of
   * one to tell of.
   */
  #scannerFor(reads: string): ScannerProcess {
    const found = this.#idle.findIndex((idle) => idle.reads === reads);
    const [idle] = this.#idle.splice(Math.max(0, found), 1);
    if (idle?.reads === reads) return idle.scanner;
    // Another registry's gives its place to this one's.
    idle?.scanner.close();
    return new ScannerProcess(this.#options.scanner);
  }

  #defect(thrown: unknown): RegistryFault {
    this.#options.log.error({ err: thrown }, "a task of a registry failed");
    return {
      code: "INTERNAL",
      message: messageOf(thrown),
      advice: "look into the log of the server or worker",
    };
  }
}

/** Whether an image has a name in a registry. Whoever lists one must not put another one's into the queue. */
function isOf({ address }: RegistrySetting, { repository, tag }: ListedRegistryImage): boolean {
  try {
    const named = parseImageReference(`${repository}:${tag}`);
    return named.registry === address && `${address}/${named.repository}` === repository && named.tag === tag;
  } catch {
    return false;
  }
}

/** A process that waits for its next task, and the registry, as it was set up then, that it has read. */
interface IdleScanner {
  readonly reads: string;
  readonly scanner: ScannerProcess;
}

/** A signal that comes when the other one does, or when what is held is another's by now. */
function whileHeld(
  signal: AbortSignal,
  isHeld: () => Promise<boolean>,
): { readonly signal: AbortSignal; readonly end: () => void } {
  const lost = new AbortController();
  const look = async () => {
    if (!(await isHeld())) lost.abort();
  };
  // A store that does not answer now may answer the next time; what comes of what was lost counts for nothing anyway.
  const timer = setInterval(() => void look().catch(() => undefined), LOOK_EVERY_MS);
  return { signal: AbortSignal.any([signal, lost.signal]), end: () => clearInterval(timer) };
}
