import type { Selectable } from "kysely";
import type { RegistryImageTable, RegistryTable } from "./registry-schema.ts";

/** What became of an image of a registry, or is to become of it. `absent`: the registry has it no more. */
export type RegistryImageState = "waiting" | "running" | "scanned" | "failed" | "absent";

/** What went wrong, in words, and what to do about it. */
export interface RegistryFault {
  readonly code: string;
  readonly message: string;
  /** Empty where nothing helps but to read the message. */
  readonly advice: string;
}

/** What somebody has set up of a registry. */
export interface RegistrySetting {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  /** `host[:port]`. */
  readonly address: string;
  /** A namespace or a repository; empty for all of it. */
  readonly path: string;
  /** Which images are meant, and how they are reached. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** 0 where it is listed when it is told to, and not by itself. */
  readonly everyMinutes: number;
  /** Images of it that are scanned at once, by all workers together. */
  readonly concurrency: number;
  /** The secrets as one sealed JSON; null where there are none. */
  readonly sealedSecrets: string | null;
  readonly secretNames: readonly string[];
  /** Another one whenever it is set up otherwise. */
  readonly revision: string;
}

/** How many images of a registry are in each state. */
export type RegistryImageCounts = Readonly<Record<RegistryImageState, number>>;

/** A registry, and how far it is. Moments are in milliseconds since 1970, by the database's clock. */
export interface StoredRegistry extends RegistrySetting {
  readonly paused: boolean;
  readonly isListing: boolean;
  /** When it is listed next; null for not by itself. */
  readonly listAtMs: number | null;
  /** When it was listed whole for the last time. */
  readonly listedAtMs: number | null;
  /** Why the last listing failed; null where it went well. */
  readonly error: RegistryFault | null;
  /** It is not asked for anything before; null where it may be. */
  readonly waitsUntilMs: number | null;
  /** Why: `RATE_LIMITED` or `SOURCE_UNAVAILABLE`; empty where it may be asked. */
  readonly waitCode: string;
  readonly images: RegistryImageCounts;
}

/** An image of a registry, and what became of it. */
export interface StoredRegistryImage {
  readonly number: number;
  readonly registry: string;
  /** With the registry's host: `ghcr.io/acme/app`. */
  readonly repository: string;
  readonly tag: string;
  /** Empty for the one of the worker. */
  readonly platform: string;
  readonly state: RegistryImageState;
  readonly tries: number;
  readonly nextTryMs: number;
  /** Why the last try failed; null where it did not. */
  readonly error: RegistryFault | null;
  /** Who scans it; null where nobody does. */
  readonly holder: string | null;
  readonly imageId: string | null;
  readonly digest: string | null;
  readonly assessment: string | null;
  readonly doneAtMs: number | null;
}

export const noImages: RegistryImageCounts = { waiting: 0, running: 0, scanned: 0, failed: 0, absent: 0 };

/** Reads a row of `registries`. */
export function registryOf(
  row: Selectable<RegistryTable>,
  { images, nowMs }: { readonly images: RegistryImageCounts; readonly nowMs: number },
): StoredRegistry {
  const waits = row.not_before_ms > nowMs;
  return {
    ...settingOf(row),
    paused: row.paused === 1,
    isListing: row.list_holder !== null,
    listAtMs: row.list_at_ms,
    listedAtMs: row.listed_at_ms,
    error: faultOf(row.error_code, row.error_message, row.error_advice),
    waitsUntilMs: waits ? row.not_before_ms : null,
    waitCode: waits ? row.wait_code : "",
    images,
  };
}

/** Reads what was set up from a row of `registries`. */
export function settingOf(row: Selectable<RegistryTable>): RegistrySetting {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    address: row.address,
    path: row.path,
    settings: JSON.parse(row.settings),
    everyMinutes: row.every_minutes,
    concurrency: row.concurrency,
    sealedSecrets: row.sealed_secrets,
    secretNames: JSON.parse(row.secret_names),
    revision: row.revision,
  };
}

/** Reads a row of `registry_images`. */
export function registryImageOf(row: Selectable<RegistryImageTable>): StoredRegistryImage {
  return {
    number: row.number,
    registry: row.registry,
    repository: row.repository,
    tag: row.tag,
    platform: row.platform,
    state: stateOf(row.state),
    tries: row.tries,
    nextTryMs: row.next_try_ms,
    error: faultOf(row.code, row.message, row.advice),
    holder: row.holder,
    imageId: row.image_id,
    digest: row.digest,
    assessment: row.assessment,
    doneAtMs: row.done_at_ms,
  };
}

/** Reads a state that was written here. */
export function stateOf(text: string): RegistryImageState {
  return text === "waiting" || text === "running" || text === "scanned" || text === "absent"
    ? text
    : "failed";
}

function faultOf(code: string | null, message: string | null, advice: string | null): RegistryFault | null {
  return code === null ? null : { code, message: message ?? "", advice: advice ?? "" };
}
