import type { Generated } from "kysely";

/** The tables of registries, and of their images that are to be scanned. All moments are by the database's clock. */
export interface RegistrySchema {
  registries: RegistryTable;
  registry_images: RegistryImageTable;
}

export interface RegistryTable {
  id: string;
  name: string;
  kind: string;
  /** `host[:port]`. */
  address: string;
  /** A namespace or a repository; empty for all of it. */
  path: string;
  /** JSON: which images are meant, and how they are reached. */
  settings: string;
  /** 0 where it is listed when it is told to, and not by itself. */
  every_minutes: number;
  /** Images of it that are scanned at once, by all workers together. */
  concurrency: number;
  /** 0 or 1. */
  paused: number;
  /** The secrets as one sealed JSON; null where there are none. */
  sealed_secrets: string | null;
  /** A JSON list of the names of the secrets that are set. */
  secret_names: string;
  revision: string;
  /** Counts its listings. */
  round: Generated<number>;
  /** When it is to be listed; null for not by itself. */
  list_at_ms: number | null;
  list_tries: Generated<number>;
  /** Who lists it; null where nobody does. */
  list_holder: string | null;
  /** When it was listed whole for the last time. */
  listed_at_ms: number | null;
  /** Why the last listing failed, and what to do about it; null where it went well. */
  error_code: string | null;
  error_message: string | null;
  error_advice: string | null;
  /** It is not asked for anything before. */
  not_before_ms: Generated<number>;
  /** `RATE_LIMITED` or `SOURCE_UNAVAILABLE`: why; empty where nothing was ever in the way. */
  wait_code: Generated<string>;
  /** Images in a row for which it could not be reached. */
  unreached: Generated<number>;
}

export interface RegistryImageTable {
  number: Generated<number>;
  registry: string;
  /** With the registry's host: `ghcr.io/acme/app`. */
  repository: string;
  tag: string;
  /** `linux/arm64`; empty for the one of the worker. */
  platform: string;
  state: string;
  /** 1 where it was pushed: those come first. */
  priority: number;
  tries: number;
  next_try_ms: number;
  /** The listing that named it last. */
  round: number;
  /** 1 where it was pushed while it was being scanned: it is scanned once more. */
  again: number;
  holder: string | null;
  /** Where it is scanned, of as many places as the registry has; null where it is not. */
  slot: number | null;
  code: string | null;
  message: string | null;
  advice: string | null;
  image_id: string | null;
  digest: string | null;
  assessment: string | null;
  done_at_ms: number | null;
}
