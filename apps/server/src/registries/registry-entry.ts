import {
  pushPathOf,
  putRegistry,
  type Registry,
  type RegistryImageEntry,
  type RegistryOptions,
  registryOptions,
} from "@pratique/api";
import type { RegistryFault, RegistrySetting, StoredRegistry, StoredRegistryImage } from "@pratique/store";

const HELD_OFF: Readonly<Record<string, string>> = {
  RATE_LIMITED: "wait, or sign in: it goes on by itself when the registry allows it",
  SOURCE_UNAVAILABLE: "check the network and the registry: it is tried again by itself",
};

/** What is set up of a registry besides its columns. It was checked before it was stored. */
export function openSettingsOf({ settings }: Pick<RegistrySetting, "settings">): RegistryOptions {
  return registryOptions.parse(settings);
}

/** A registry as the API shows it: without its secrets. */
export function registryEntryOf(registry: StoredRegistry): Registry {
  const { id, name, kind, address, path, everyMinutes, concurrency, secretNames, revision } = registry;
  return {
    id,
    name,
    kind: putRegistry.body.shape.kind.parse(kind),
    address,
    path,
    ...openSettingsOf(registry),
    everyMinutes,
    concurrency,
    secrets: [...secretNames],
    revision,
    state: stateOf(registry),
    images: { ...registry.images },
    listedAt: instantOf(registry.listedAtMs),
    nextListAt: instantOf(registry.listAtMs),
    heldOffUntil: instantOf(registry.waitsUntilMs),
    error: faultOf(registry),
    pushPath: pushPathOf(id),
  };
}

function stateOf({ paused, waitsUntilMs, isListing, images, error }: StoredRegistry): Registry["state"] {
  if (paused) return "paused";
  if (waitsUntilMs !== null) return "held-off";
  if (isListing) return "listing";
  if (images.waiting + images.running > 0) return "scanning";
  return error === null ? "idle" : "failed";
}

function faultOf({ error, waitCode, waitsUntilMs, address }: StoredRegistry): RegistryFault | null {
  if (error !== null || waitsUntilMs === null) return error;
  const why = waitCode === "RATE_LIMITED" ? "asks to wait" : "cannot be reached";
  return { code: waitCode, message: `${address} ${why}`, advice: HELD_OFF[waitCode] ?? "" };
}

/** An image of the queue as the API shows it. */
export function registryImageEntryOf(image: StoredRegistryImage, nowMs: number): RegistryImageEntry {
  const { number, registry, repository, tag, platform, state, tries, nextTryMs } = image;
  const isPutOff = state === "waiting" && nextTryMs > nowMs;
  return {
    number,
    registry,
    reference: `${repository}:${tag}`,
    platform,
    state,
    tries,
    nextTryAt: isPutOff ? instantOf(nextTryMs) : null,
    error: image.error,
    worker: image.holder === null ? null : nameOfWorker(image.holder),
    imageId: image.imageId,
    digest: image.digest,
    assessment: image.assessment,
    doneAt: instantOf(image.doneAtMs),
  };
}

/** What tells one process from another stands behind its name. */
function nameOfWorker(holder: string): string {
  return holder.split(" ")[0] ?? holder;
}

function instantOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
