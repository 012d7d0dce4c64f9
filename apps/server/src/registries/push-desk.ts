import type { BodyOf, notePushes, QueryOf } from "@pratique/api";
import { parseImageReference } from "@pratique/core";
import type { Push, PushRequest } from "@pratique/oci";
import type { Sealer } from "@pratique/sealing";
import type { ListedRegistryImage, Store, StoredRegistry } from "@pratique/store";
import type { FastifyRequest } from "fastify";
import type { CallLog } from "../calls/call-record.ts";
import { type Caller, nobodyAt } from "../calls/caller.ts";
import { ServerError } from "../errors.ts";
import { networkOf } from "../people/network.ts";
import { RateLimit } from "../rate-limit.ts";
import { openSettingsOf } from "./registry-entry.ts";
import { registrySecrets } from "./registry-secrets.ts";

const MINUTE_MS = 60_000;
const CALLS_PER_MINUTE = 600;
const REFUSALS_PER_MINUTE = 30;
/** More of what was pushed is counted in the record, and not named. */
const MAX_NAMED = 20;
const TRY_AGAIN_SECONDS = 60;

/** What a registry tells of pushes with is loaded with the first that does. */
type OciModule = typeof import("@pratique/oci");

export interface PushDeskOptions {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly record: CallLog;
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
}

/** A request that says that it comes from a registry. */
export interface ToldPushes {
  readonly registryId: string;
  readonly query: QueryOf<typeof notePushes>;
  readonly body: BodyOf<typeof notePushes>;
  readonly headers: FastifyRequest["headers"];
  readonly address: string;
}

/**
 * Hears of pushes: a registry that proves that it knows its secret has the images scanned that it names. They are
 * fetched from the registry that was set up, whatever the request says. Who proves nothing hears no more than that,
 * whether there is such a registry or not.
 */
export class PushDesk {
  readonly #options: PushDeskOptions;
  readonly #calls: RateLimit;
  readonly #refusals: RateLimit;

  constructor(options: PushDeskOptions) {
    this.#options = options;
    const { elapsedMs } = options;
    this.#calls = new RateLimit({ limit: CALLS_PER_MINUTE, windowMs: MINUTE_MS, elapsedMs });
    this.#refusals = new RateLimit({ limit: REFUSALS_PER_MINUTE, windowMs: MINUTE_MS, elapsedMs });
  }

  /** Lets a caller be heard who has proved nothing yet, before the body is read. Throws `TOO_MANY_REQUESTS`. */
  admit(address: string): Caller {
    const network = networkOf(address);
    if (this.#refusals.waitMs(network) > 0 || !this.#calls.admit(network)) {
      throw new ServerError("TOO_MANY_REQUESTS", "too many requests tell of pushes", {
        retryAfterSeconds: TRY_AGAIN_SECONDS,
      });
    }
    return nobodyAt(address);
  }

  /** Throws `NOT_SIGNED_IN` where nothing is proved, `REQUEST_MALFORMED`, and `QUEUE_FULL`. */
  async note(told: ToldPushes): Promise<void> {
    const { store, sealer } = this.#options;
    const registry = await store.registries.settings.find(told.registryId);
    const oci: OciModule = await import("@pratique/oci");
    const dialect = oci.pushDialects.find(({ name }) => name === registry?.kind);
    if (registry === undefined || dialect === undefined) return await this.#refuse(told);
    const { pushSecret } = await registrySecrets.open(sealer, registry);
    if (pushSecret === undefined) return await this.#refuse(told);
    const read = oci.readPushes(dialect, requestOf(told), pushSecret);
    switch (read.kind) {
      case "refused":
        return await this.#refuse(told);
      case "malformed":
        throw new ServerError("REQUEST_MALFORMED", "it tells of pushes in no form of this kind of registry");
      case "pushes":
        return await this.#queue(told, registry, imagesOf(oci, registry, read.pushes));
    }
  }

  async #queue(
    told: ToldPushes,
    registry: StoredRegistry,
    images: readonly ListedRegistryImage[],
  ): Promise<void> {
    if (images.length === 0) return;
    await this.#record(told, {
      action: "registry.pushed",
      outcome: null,
      data: { images: images.slice(0, MAX_NAMED).map(nameOf), count: images.length },
    });
    if (!(await this.#options.store.registries.queue.push(registry.id, images))) {
      throw new ServerError("QUEUE_FULL", "too many images that were pushed wait already", {
        retryAfterSeconds: TRY_AGAIN_SECONDS,
      });
    }
  }

  async #refuse(told: ToldPushes): Promise<never> {
    this.#refusals.admit(networkOf(told.address));
    await this.#record(told, { action: "registry.push-refused", outcome: "refused", data: {} });
    throw new ServerError("NOT_SIGNED_IN", "the request does not prove that it knows the registry's secret");
  }

  async #record(
    { registryId, address }: ToldPushes,
    entry: {
      readonly action: string;
      readonly outcome: string | null;
      readonly data: { readonly images?: readonly string[]; readonly count?: number };
    },
  ): Promise<void> {
    await this.#options.record.append({
      class: "scan",
      actor: nobodyAt(address),
      subject: { kind: "registry", id: registryId },
      stage: "fact",
      call: null,
      decision: null,
      rule: null,
      ...entry,
    });
  }
}

function requestOf({ headers, query, body }: ToldPushes): PushRequest {
  const single = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as const] : [],
  );
  return { headers: Object.fromEntries(single), queryToken: query.token, body };
}

/** What of it is meant, under the names of the registry that was set up. */
function imagesOf(
  { wantsRepository, wantsTag }: OciModule,
  registry: StoredRegistry,
  pushes: readonly Push[],
): readonly ListedRegistryImage[] {
  const { include, exclude, tags, excludeTags, platforms } = openSettingsOf(registry);
  const filter = {
    repositories: include,
    excludeRepositories: exclude,
    tags,
    excludeTags,
    newestTags: undefined,
  };
  const { address, path } = registry;
  return pushes
    .filter(
      ({ repository, tag }) =>
        (path === "" || repository === path || repository.startsWith(`${path}/`)) &&
        wantsRepository(filter, repository) &&
        wantsTag(filter, tag),
    )
    .flatMap(({ repository, tag }) => {
      const named = parseImageReference(`${address}/${repository}:${tag}`);
      const full = `${named.registry}/${named.repository}`;
      return (platforms.length === 0 ? [""] : platforms).map((platform) => ({
        repository: full,
        tag,
        platform,
      }));
    });
}

function nameOf({ repository, tag }: ListedRegistryImage): string {
  return `${repository}:${tag}`;
}
