import { soughtLists } from "@pratique/core";
import { z } from "zod";
import { type Endpoint, pathOf } from "./endpoint.ts";
import { pageOf, pageQuery } from "./paging.ts";
import { count, identifier, instant, name, text } from "./scalars.ts";

/** A pattern in which `*` stands for any run of characters, slashes too. */
const patterns = z.array(z.string().min(1).max(512)).max(100);

const registryKind = z.enum([
  "acr",
  "distribution",
  "docker-hub",
  "ecr",
  "ghcr",
  "gitlab",
  "google",
  "harbor",
  "quay",
]);

const address = z
  .string()
  .regex(
    /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9a-fA-F:]{2,45}\])(?::\d{1,5})?$/u,
    "expected HOST or HOST:PORT",
  );

const namespace = z
  .string()
  .max(255)
  .regex(/^(?:[a-z0-9][a-z0-9._-]*(?:\/[a-z0-9][a-z0-9._-]*)*)?$/u, "expected a namespace or a repository");

/** What of a registry is meant, and how it is reached. */
const registrySettings = {
  kind: registryKind,
  name: z.string().min(1).max(128),
  address,
  path: namespace.default(""),
  include: patterns.default([]),
  exclude: patterns.default([]),
  tags: patterns.default([]),
  excludeTags: patterns.default([]),
  /** The newest tags of each repository; null for all. */
  newestTags: z.int().min(1).max(100_000).nullable().default(null),
  /** `linux/arm64`; empty for the one of the worker. */
  platforms: z
    .array(z.string().regex(/^[a-z0-9]+\/[a-z0-9]+(?:\/[a-z0-9]+)?$/u, "expected OS/ARCHITECTURE"))
    .max(8)
    .default([]),
  /** Where the maker's own API is, where that is not where it usually is. */
  apiUrl: z
    .url({ protocol: /^https?$/u })
    // It is shown, and recorded.
    .regex(/^https?:\/\/[^/?#@]*(?:[/?#]|$)/u, "expected a URL without a user name or password")
    .max(2048)
    .nullable()
    .default(null),
  /** May be reached without TLS. */
  insecure: z.boolean().default(false),
  /** What its images are scanned for besides vulnerabilities; what policies look at is looked for in any case. */
  lookFor: z.array(z.enum(soughtLists)).max(soughtLists.length).default([]),
  /** Without credentials of its own, those of the workers' Docker configuration and credential helpers are used. */
  dockerCredentials: z.boolean().default(false),
  /** More images than this are not listed. */
  maxImages: z.int().min(1).max(200_000).default(20_000),
  /** How often it is listed; 0 for only when it is told to. */
  everyMinutes: z.int().min(0).max(525_600).default(1440),
  /** Images that are scanned at once, by all workers together. */
  concurrency: z.int().min(1).max(64).default(4),
} as const;

const registrySecrets = {
  username: z.string().max(512).exactOptional(),
  password: z.string().max(8192).exactOptional(),
  token: z.string().max(8192).exactOptional(),
  /** What the registry proves itself with when it tells of pushes. */
  pushSecret: z.string().max(512).exactOptional(),
};

/** What went wrong, and what to do about it; the advice is empty where nothing helps but to read the message. */
const fault = z.strictObject({ code: name, message: text, advice: text });

/**
 * `paused`: by somebody. `held-off`: the registry asks to wait, or cannot be reached. `listing` and `scanning`: work is
 * at hand. `failed`: it could not be listed. `idle`: all is done.
 */
const registryState = z.enum(["paused", "held-off", "listing", "scanning", "failed", "idle"]);

const registry = z.strictObject({
  id: identifier,
  ...registrySettings,
  /** The names of the secrets that are set. */
  secrets: z.array(name),
  revision: name,
  state: registryState,
  images: z.strictObject({ waiting: count, running: count, scanned: count, failed: count, absent: count }),
  listedAt: instant.nullable(),
  nextListAt: instant.nullable(),
  /** It is not asked for anything before. */
  heldOffUntil: instant.nullable(),
  error: fault.nullable(),
  /** As {@link pushPathOf} says. */
  pushPath: name,
});

export type Registry = z.output<typeof registry>;

const imageState = z.enum(["waiting", "running", "scanned", "failed", "absent"]);

const registryImage = z.strictObject({
  number: count,
  registry: identifier,
  /** `ghcr.io/acme/app:1`. */
  reference: text,
  /** Empty for the one of the worker. */
  platform: name,
  state: imageState,
  tries: count,
  /** When it is tried next; null where that is not due or already is. */
  nextTryAt: instant.nullable(),
  error: fault.nullable(),
  /** Which worker scans it. */
  worker: name.nullable(),
  imageId: name.nullable(),
  digest: name.nullable(),
  assessment: name.nullable(),
  doneAt: instant.nullable(),
});

export type RegistryImageEntry = z.output<typeof registryImage>;

const params = z.strictObject({ registryId: identifier });
/** One that is there perhaps, or is to be. */
const named = z.strictObject({ registry: identifier });
const registryList = z.strictObject({ items: z.array(registry) });
const registryBody = z.strictObject({ ...registrySettings, ...registrySecrets });
const recorded = Object.keys(registrySettings);

/** What is set up of a registry besides where it is, when it is listed, and its secrets. */
export const registryOptions = registryBody.pick({
  include: true,
  exclude: true,
  tags: true,
  excludeTags: true,
  newestTags: true,
  platforms: true,
  apiUrl: true,
  insecure: true,
  lookFor: true,
  dockerCredentials: true,
  maxImages: true,
});

export type RegistryOptions = z.output<typeof registryOptions>;

export const listRegistries = {
  id: "listRegistries",
  method: "GET",
  path: "/api/v1/registries",
  on: "list",
  summary: "Lists the registries that are scanned as a whole, and how far each is",
  permission: "registries.read",
  audit: "none",
  reply: registryList,
  csv: [
    "id",
    "name",
    "kind",
    "address",
    "path",
    "state",
    "images.waiting",
    "images.running",
    "images.scanned",
    "images.failed",
    "images.absent",
    "listedAt",
    "nextListAt",
    "heldOffUntil",
    "error.code",
    "error.message",
    "error.advice",
  ],
} as const satisfies Endpoint;

export const showRegistry = {
  id: "showRegistry",
  method: "GET",
  path: "/api/v1/registries/{registryId}",
  on: "registry",
  summary: "Shows one registry, and how far it is",
  permission: "registries.read",
  audit: "none",
  params,
  reply: registry,
} as const satisfies Endpoint;

export const putRegistry = {
  id: "putRegistry",
  method: "PUT",
  path: "/api/v1/registries/{registry}",
  on: "installation",
  summary: "Makes or changes a registry, and lists it; secrets that are left out stay as they are",
  permission: "registries.write",
  audit: "settings",
  recorded,
  conditional: "optional",
  params: named,
  body: registryBody,
  reply: registry,
} as const satisfies Endpoint;

export const deleteRegistry = {
  id: "deleteRegistry",
  method: "DELETE",
  path: "/api/v1/registries/{registry}",
  on: "installation",
  summary: "Removes a registry and its queue; the reports of its images stay",
  permission: "registries.write",
  audit: "settings",
  params: named,
} as const satisfies Endpoint;

export const pauseRegistry = {
  id: "pauseRegistry",
  method: "POST",
  path: "/api/v1/registries/{registryId}/pause",
  on: "registry",
  summary: "Begins nothing of a registry any more; what is being scanned is scanned to its end",
  permission: "registries.write",
  audit: "scan",
  params,
  reply: registry,
} as const satisfies Endpoint;

export const resumeRegistry = {
  id: "resumeRegistry",
  method: "POST",
  path: "/api/v1/registries/{registryId}/resume",
  on: "registry",
  summary: "Goes on with a registry that was paused",
  permission: "registries.write",
  audit: "scan",
  params,
  reply: registry,
} as const satisfies Endpoint;

export const retryRegistry = {
  id: "retryRegistry",
  method: "POST",
  path: "/api/v1/registries/{registryId}/retry",
  on: "registry",
  summary:
    "Tries again what could not be scanned: all of it, or one image; never before the registry allows it",
  permission: "registries.write",
  audit: "scan",
  recorded: ["image"],
  params,
  body: z.strictObject({
    /** The number of one image. */
    image: count.exactOptional(),
  }),
  reply: z.strictObject({ images: count }),
} as const satisfies Endpoint;

export const scanRegistryNow = {
  id: "scanRegistryNow",
  method: "POST",
  path: "/api/v1/registries/{registryId}/scan",
  on: "registry",
  summary: "Lists a registry anew and scans all that is meant, as soon as the registry allows it",
  permission: "registries.write",
  audit: "scan",
  params,
  reply: registry,
} as const satisfies Endpoint;

const imageQuery = z.strictObject({
  ...pageQuery,
  registry: identifier.exactOptional(),
  state: imageState.exactOptional(),
  text: z.string().max(256).exactOptional(),
});

export const listRegistryImages = {
  id: "listRegistryImages",
  method: "GET",
  path: "/api/v1/registry-images",
  on: "list",
  summary: "Lists the queue: the images of registries, what became of each, and what to do about it",
  permission: "registries.read",
  audit: "none",
  query: imageQuery,
  reply: pageOf(registryImage),
  csv: [
    "registry",
    "reference",
    "platform",
    "state",
    "tries",
    "nextTryAt",
    "error.code",
    "error.message",
    "error.advice",
    "worker",
    "imageId",
    "digest",
    "assessment",
    "doneAt",
  ],
} as const satisfies Endpoint;

export const notePushes = {
  id: "notePushes",
  method: "POST",
  path: "/hooks/registry/{registryId}",
  on: "self",
  summary:
    "Notes the images that a registry says were pushed, in the form of its kind; they are scanned first",
  permission: "registry",
  audit: "none",
  params,
  query: z.object({
    /** Where a kind of registry can send no header of its own. */
    token: z.string().max(512).exactOptional(),
  }),
  body: z.instanceof(Uint8Array),
  bodyBytes: 1_048_576,
} as const satisfies Endpoint;

/** Where a registry tells of pushes, below the console's address. */
export function pushPathOf(registryId: string): string {
  return pathOf(notePushes, { registryId });
}

export const listRegistriesLocally = {
  ...listRegistries,
  id: "listRegistriesLocally",
  path: "/operator/v1/registries",
  on: "installation",
  permission: "operator",
} as const satisfies Endpoint;

export const deleteRegistryLocally = {
  ...deleteRegistry,
  id: "deleteRegistryLocally",
  path: "/operator/v1/registries/{registry}",
  permission: "operator",
} as const satisfies Endpoint;

export const putRegistryLocally = {
  ...putRegistry,
  id: "putRegistryLocally",
  path: "/operator/v1/registries/{registry}",
  permission: "operator",
} as const satisfies Endpoint;

export const actOnRegistryLocally = {
  id: "actOnRegistryLocally",
  method: "POST",
  path: "/operator/v1/registries/{registryId}/{act}",
  on: "installation",
  summary: "Pauses a registry, goes on with it, lists it anew, or tries again what could not be scanned",
  permission: "operator",
  audit: "scan",
  params: z.strictObject({ registryId: identifier, act: z.enum(["pause", "resume", "retry", "scan"]) }),
  reply: registry,
} as const satisfies Endpoint;

export const listRegistryImagesLocally = {
  ...listRegistryImages,
  id: "listRegistryImagesLocally",
  path: "/operator/v1/registry-images",
  on: "installation",
  permission: "operator",
} as const satisfies Endpoint;
