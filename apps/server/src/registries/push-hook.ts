import { parseImageReference } from "@pratique/core";
import type { Push, PushRequest } from "@pratique/oci";
import type { ListedRegistryImage, StoredRegistry } from "@pratique/store";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { nobodyAt } from "../calls/caller.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { networkOf } from "../people/network.ts";
import { RateLimit } from "../rate-limit.ts";
import { openSettingsOf } from "./registry-entry.ts";
import { openRegistrySecrets } from "./registry-secrets.ts";

const MAX_BODY_BYTES = 1024 * 1024;
const MINUTE_MS = 60_000;
const CALLS_PER_MINUTE = 600;
const REFUSALS_PER_MINUTE = 30;
/** More of what was pushed is counted in the record, and not named. */
const MAX_NAMED = 20;
const TRY_AGAIN_SECONDS = 60;

/** What a registry tells of pushes with is loaded with the first that does. */
type OciModule = typeof import("@pratique/oci");

interface Told {
  readonly id: string;
  readonly request: FastifyRequest;
}

/**
 * Hears of pushes: a registry that proves that it knows its secret has the images scanned that it names. They are
 * fetched from the registry that was set up, whatever the request says. Who proves nothing hears no more than that,
 * whether there is such a registry or not.
 */
export async function hearPushes(app: FastifyInstance, context: Context): Promise<void> {
  const limits = {
    calls: new RateLimit({ limit: CALLS_PER_MINUTE, windowMs: MINUTE_MS, now: context.now }),
    refusals: new RateLimit({ limit: REFUSALS_PER_MINUTE, windowMs: MINUTE_MS, now: context.now }),
  };
  await app.register(async (inner) => {
    // Each registry has a media type of its own, and one signs the very bytes.
    inner.removeAllContentTypeParsers();
    inner.addContentTypeParser(
      "*",
      { parseAs: "buffer", bodyLimit: MAX_BODY_BYTES },
      (_request, body, done) => done(null, body),
    );
    inner.post<{ Params: { registryId: string } }>("/hooks/registry/:registryId", {
      bodyLimit: MAX_BODY_BYTES,
      // Before the body is read.
      preParsing: async ({ ip }) => {
        const network = networkOf(ip);
        if (limits.refusals.waitMs(network) > 0 || !limits.calls.admit(network)) throw tooMany();
      },
      handler: async (request, reply) => {
        const told = { id: request.params.registryId, request };
        const heard = await hear(context, told);
        if (heard !== "refused") return await answer(reply, heard);
        limits.refusals.admit(networkOf(request.ip));
        await record(context, told, { action: "registry.push-refused", outcome: "refused", data: {} });
        throw new ServerError(
          "NOT_SIGNED_IN",
          "the request does not prove that it knows the registry's secret",
        );
      },
    });
  });
}

type Heard = "refused" | "malformed" | "full" | "noted";

async function answer(reply: FastifyReply, heard: Exclude<Heard, "refused">): Promise<FastifyReply> {
  switch (heard) {
    case "malformed":
      throw new ServerError("REQUEST_MALFORMED", "it tells of pushes in no form of this kind of registry");
    case "full":
      return await reply.header("retry-after", TRY_AGAIN_SECONDS).status(503).send();
    case "noted":
      return await reply.status(202).send();
  }
}

async function hear(context: Context, told: Told): Promise<Heard> {
  const { store, sealer } = context;
  const registry = await store.registries.settings.find(told.id);
  const oci: OciModule = await import("@pratique/oci");
  const dialect = oci.pushDialects.find(({ name }) => name === registry?.kind);
  if (registry === undefined || dialect === undefined) return "refused";
  const { pushSecret } = await openRegistrySecrets(sealer, registry);
  if (pushSecret === undefined) return "refused";
  const read = oci.readPushes(dialect, requestOf(told.request), pushSecret);
  if (read.kind !== "pushes") return read.kind;
  const images = imagesOf(oci, registry, read.pushes);
  if (images.length === 0) return "noted";
  await record(context, told, {
    action: "registry.pushed",
    outcome: null,
    data: { images: images.slice(0, MAX_NAMED).map(nameOf), count: images.length },
  });
  if (!(await store.registries.queue.push(registry.id, images))) return "full";
  context.registryWork?.wake();
  return "noted";
}

function requestOf({ headers, query, body }: FastifyRequest): PushRequest {
  const single = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as const] : [],
  );
  const { token }: { token?: unknown } = Object(query);
  return {
    headers: Object.fromEntries(single),
    queryToken: typeof token === "string" ? token : undefined,
    body: body instanceof Uint8Array ? body : new Uint8Array(),
  };
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

async function record(
  { record: log }: Context,
  { id, request }: Told,
  entry: {
    readonly action: string;
    readonly outcome: string | null;
    readonly data: { readonly images?: readonly string[]; readonly count?: number };
  },
): Promise<void> {
  await log.append({
    class: "scan",
    actor: nobodyAt(request.ip),
    subject: { kind: "registry", id: id.slice(0, 128) },
    stage: "fact",
    call: null,
    decision: null,
    rule: null,
    ...entry,
  });
}

function tooMany(): ServerError {
  return new ServerError("TOO_MANY_REQUESTS", "too many requests tell of pushes", {
    retryAfterSeconds: TRY_AGAIN_SECONDS,
  });
}
