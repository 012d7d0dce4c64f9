import { createHash } from "node:crypto";
import path from "node:path";
import { openDatabase } from "@pratique/advisory";
import { messageOf, type Platform, PratiqueError, parseImageTarget, parsePlatform } from "@pratique/core";
import { HttpClient, HttpError } from "@pratique/http";
import { CATALOGER_REVISION } from "@pratique/inventory";
import {
  type CredentialStore,
  dockerConfigCredentials,
  ExchangingLayerIndexCache,
  fixedCredentials,
  isRegistryKindName,
  type LayerIndexCache,
  type Listed,
  type ListImagesOptions,
  listImages,
  noCredentials,
  OciError,
  PacedHttp,
  type RegistryCredentials,
  registryKindOf,
  registrySource,
} from "@pratique/oci";
import { adviceOn, FileInventoryCache, failureOf, scanImage } from "@pratique/scan";
import type { RegistryAccess, RegistryAnswer, RegistryTask } from "@pratique/server";
import type { Context } from "../context.ts";
import { licenseRules, openLayerIndexes } from "../images/scanner.ts";
import { soughtBy } from "../settings/parse-scanners.ts";
import { AskedLayerIndexes } from "./asked-layer-indexes.ts";
import { sharedLayerIndexes } from "./shared-layer-indexes.ts";

type List = Extract<RegistryTask, { readonly kind: "list" }>;
type Scan = Extract<RegistryTask, { readonly kind: "scan" }>;
type Failed = Extract<RegistryAnswer, { readonly kind: "failed" }>;
type Fault = Failed["fault"];

/** What of the layers may be in memory: those that many images share are asked for again and again. */
const LAYER_MEMORY_BYTES = 128 * 1024 * 1024;
/** A pause that is longer is told to whoever asks, who keeps all others to it as well. */
const MAX_WAIT_MS = 10_000;
const LISTED_AT_ONCE = 500;
const MAX_MESSAGE_CHARS = 2000;
/** More than this of a report is not sent. */
const MAX_REPORT_CHARS = 64 * 1024 * 1024;

/** Lists registries and scans images for a server or worker, one task after the other. */
export class RegistryTasks implements AsyncDisposable {
  readonly #context: Context;
  readonly #send: (answer: RegistryAnswer) => void;
  readonly #http: HttpClient;
  readonly #paced: PacedHttp;
  readonly #askedIndexes: AskedLayerIndexes;
  #layerIndexes: LayerIndexCache | undefined;
  #layerSecret: string | null | undefined;
  #goOn: PromiseWithResolvers<void> | undefined;

  constructor(context: Context, send: (answer: RegistryAnswer) => void) {
    const { now, sleep, settings, version } = context;
    this.#askedIndexes = new AskedLayerIndexes(send);
    const { addresses, certificates } = settings.server.outbound();
    this.#context = context;
    this.#send = send;
    this.#http = new HttpClient({
      now: () => now().getTime(),
      random: Math.random,
      userAgent: `pratique/${version}`,
      // Registries are named by people of the console, who have no business in the network of the server.
      addresses: addresses ?? "public",
      ...(certificates !== undefined && { extraCertificates: certificates }),
      // Whoever refuses is waited for by all requests together, and not by each.
      retry: { maxRetryAfterMs: 0 },
    });
    this.#paced = new PacedHttp({
      http: this.#http,
      now: () => now().getTime(),
      sleep,
      maxWaitMs: MAX_WAIT_MS,
    });
  }

  /** Does a task, and sends what comes of it. */
  take(task: RegistryTask): void {
    switch (task.kind) {
      case "list":
        void this.#answer(task, () => this.#list(task));
        break;
      case "scan":
        void this.#answer(task, () => this.#scan(task));
        break;
      case "go-on":
        this.#goOn?.resolve();
        break;
      case "layer":
        this.#askedIndexes.through(task.name);
        break;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http[Symbol.asyncDispose]();
  }

  async #answer(task: List | Scan, work: () => Promise<RegistryAnswer>): Promise<void> {
    try {
      this.#send(await work());
    } catch (thrown) {
      this.#send(failedOf(task.id, thrown));
    }
  }

  async #list(task: List): Promise<RegistryAnswer> {
    const { id, platforms, maxImages } = task;
    const wanted = platforms.length === 0 ? [""] : platforms;
    let batch: Extract<RegistryAnswer, { readonly kind: "listed" }>["images"] = [];
    let total = 0;
    let fault: Fault | undefined;
    for await (const listed of listImages(this.#listOptions(task))) {
      if (listed.kind === "failure") {
        // A repository whose last tag was deleted is still in the catalog of Docker's own registry.
        if (listed.error.code !== "IMAGE_NOT_FOUND") fault ??= faultOfFailure(listed);
      } else if (total + wanted.length > maxImages) {
        fault = tooMany(maxImages);
        break;
      } else {
        const { registry, repository, tag } = listed.image;
        for (const platform of wanted) batch.push({ repository: `${registry}/${repository}`, tag, platform });
        total += wanted.length;
      }
      if (batch.length >= LISTED_AT_ONCE) {
        await this.#tell(id, batch);
        batch = [];
      }
    }
    if (batch.length > 0) await this.#tell(id, batch);
    return { id, kind: "list-ended", ...(fault !== undefined && { fault }) };
  }

  /** No more is listed before what was listed has been noted: a registry that lists without end fills no memory. */
  async #tell(
    id: number,
    images: Extract<RegistryAnswer, { readonly kind: "listed" }>["images"],
  ): Promise<void> {
    this.#goOn = Promise.withResolvers();
    this.#send({ id, kind: "listed", images });
    await this.#goOn.promise;
  }

  #listOptions(task: List): ListImagesOptions {
    const { access, include, exclude, tags, excludeTags, newestTags } = task;
    const { registry, kind, apiUrl, insecure } = access;
    return {
      registry,
      path: task.path,
      kind: registryKindOf(registry, isRegistryKindName(kind) ? kind : undefined),
      filter: {
        repositories: include,
        excludeRepositories: exclude,
        tags,
        excludeTags,
        newestTags: newestTags ?? undefined,
      },
      http: this.#paced,
      credentials: this.#credentialsOf(access),
      insecureRegistries: new Set(insecure ? [registry] : []),
      apiUrl: apiUrl === null ? undefined : new URL(apiUrl),
      signal: this.#context.signal,
    };
  }

  async #scan(task: Scan): Promise<RegistryAnswer> {
    const { id, access, repository, tag, platform, sought: asked, layerSecret } = task;
    this.#askedIndexes.task = id;
    this.#openLayerIndexes(layerSecret);
    const { settings, now, signal } = this.#context;
    const sought = soughtBy({ asked: new Set(asked) }, settings.sought);
    // Opened for each image: the advisories may have been replaced since the last one.
    using advisories = openDatabase(settings.layout.advisories, {
      clock: now,
      staleAfterMs: settings.staleAfterMs,
    });
    const source = registrySource({
      http: this.#paced,
      credentials: this.#credentialsOf(access),
      insecureRegistries: access.insecure ? [access.registry] : [],
    });
    const report = await scanImage(
      parseImageTarget(`registry:${repository}:${tag}`),
      {
        sources: [source],
        advisories,
        cache: new FileInventoryCache(settings.layout.inventoryCache, inventoryRevision(layerSecret)),
        layerIndexes: this.#layerIndexes,
        now,
      },
      {
        platform: platformOf(platform),
        signal,
        secrets: sought.has("secrets"),
        licenses: sought.has("licenses") ? licenseRules(settings, {}) : undefined,
      },
    );
    const text = JSON.stringify(report);
    if (text.length > MAX_REPORT_CHARS) {
      throw new OciError("LIMIT_REACHED", `the report has more than ${MAX_REPORT_CHARS} characters`);
    }
    return { id, kind: "scanned", report: text };
  }

  /** What is kept of layers: by this host alone, or with all who have the same secret. */
  #openLayerIndexes(secret: string | null): void {
    if (this.#layerSecret === secret) return;
    this.#layerSecret = secret;
    const files = openLayerIndexes(this.#context, {
      memoryBytes: LAYER_MEMORY_BYTES,
      ...(secret !== null && { secret: Buffer.from(secret, "base64") }),
    });
    const { layerCache } = this.#context.settings.layout;
    const indexes =
      files && secret !== null ? new ExchangingLayerIndexCache(files, this.#askedIndexes) : files;
    this.#layerIndexes = indexes && sharedLayerIndexes(indexes, layerCache);
  }

  #credentialsOf(access: RegistryAccess): CredentialStore {
    const given = givenIn(access);
    if (given !== undefined) return fixedCredentials(access.registry, given);
    if (!access.dockerCredentials) return noCredentials;
    const { environment, homeDirectory } = this.#context;
    const directory = environment.DOCKER_CONFIG || path.join(homeDirectory, ".docker");
    return dockerConfigCredentials({ directory, environment });
  }
}

/** What images hold by layers that were shared is believed for as long as these are. */
function inventoryRevision(layerSecret: string | null): string {
  if (layerSecret === null) return CATALOGER_REVISION;
  return `${CATALOGER_REVISION}\n${createHash("sha256").update(layerSecret).digest("hex")}`;
}

function platformOf(text: string): Platform | undefined {
  return text === "" ? undefined : parsePlatform(text);
}

function givenIn({ username, password, token }: RegistryAccess): RegistryCredentials | undefined {
  if (token !== undefined) return { kind: "bearer-token", token };
  if (username === undefined || password === undefined) return undefined;
  return { kind: "password", username, password };
}

function faultOfFailure({ repository, error }: Extract<Listed, { readonly kind: "failure" }>): Fault {
  return faultOf(error.code, `${JSON.stringify(repository)} could not be listed: ${error.message}`);
}

function tooMany(maxImages: number): Fault {
  return {
    code: "LIMIT_REACHED",
    message: `it lists more than ${maxImages} images`,
    advice: "narrow what is meant by patterns or by the newest tags, or raise the limit of the registry",
  };
}

function failedOf(id: number, thrown: unknown): RegistryAnswer {
  const forbidden = forbiddenIn(thrown);
  if (forbidden !== undefined) return { ...failed(id, addressFault(forbidden)), retry: { kind: "never" } };
  if (!(thrown instanceof PratiqueError)) return failed(id, faultOf("INTERNAL", messageOf(thrown)));
  const { outcome, retry } = failureOf(thrown);
  const base = failed(id, faultOf(thrown.code, messageOf(thrown)));
  const waitMs = thrown instanceof OciError ? thrown.retryAfterMs : undefined;
  return {
    ...base,
    // A registry that says when to come back is believed, whatever else it says.
    retry: waitMs === undefined ? retry : { kind: "after", waitMs },
    absent: outcome.kind === "absent",
    unreached: thrown.code === "SOURCE_UNAVAILABLE",
  };
}

function failed(id: number, fault: Fault): Failed {
  return { id, kind: "failed", fault, retry: { kind: "never" }, absent: false, unreached: false };
}

function faultOf(code: string, message: string): Fault {
  return { code, message: message.slice(0, MAX_MESSAGE_CHARS), advice: adviceOn(code) ?? "" };
}

function addressFault(error: HttpError): Fault {
  return {
    code: error.code,
    message: error.message.slice(0, MAX_MESSAGE_CHARS),
    advice:
      "name the network in outbound.allow of the server's and the workers' configuration, if you trust it",
  };
}

/** An address that may not be connected to, wherever in the chain of causes it is told. */
function forbiddenIn(thrown: unknown): HttpError | undefined {
  for (let cause = thrown; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof HttpError && cause.code === "ADDRESS_FORBIDDEN") return cause;
  }
  return undefined;
}
