import { shows, type Visibility } from "@pratique/access";
import type { BodyOf, putRegistry, Registry, RegistryImageEntry } from "@pratique/api";
import { messageOf, parseImageReference } from "@pratique/core";
import { AddressGuard, type AddressRule } from "@pratique/http";
import type { Sealer } from "@pratique/sealing";
import type { Store } from "@pratique/store";
import {
  type RegistryImageQuery,
  type RegistrySetting,
  type StoredRegistry,
  seesEverything,
} from "@pratique/store";
import { missing, refuseStale, type SetUp, stale } from "../calls/stale.ts";
import { ServerError } from "../errors.ts";
import { openSettingsOf, registryEntryOf, registryImageEntryOf } from "./registry-entry.ts";
import { resourceOfRegistry } from "./registry-resource.ts";
import { type RegistrySecrets, registrySecrets } from "./registry-secrets.ts";

const MAX_REGISTRIES = 500;
const MIN_PUSH_SECRET_CHARS = 16;

type RegistryBody = BodyOf<typeof putRegistry>;

/** What may be done with a registry besides setting it up. */
export type RegistryAct = "pause" | "resume" | "retry" | "scan";

export interface RegistryDeskOptions {
  readonly store: Store;
  readonly sealer: Sealer;
  /** Where registries may be. */
  readonly addresses: AddressRule;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

interface ImagePage {
  readonly items: RegistryImageEntry[];
  readonly nextCursor: string | null;
  readonly total: number;
}

/** What people do with registries, whichever way they come. */
export class RegistryDesk {
  readonly #options: RegistryDeskOptions;
  readonly #guard: AddressGuard;

  constructor(options: RegistryDeskOptions) {
    this.#options = options;
    this.#guard = new AddressGuard(options.addresses);
  }

  /** Those that somebody sees. */
  async list(seen: Visibility): Promise<{ readonly items: Registry[] }> {
    const all = await this.#options.store.registries.settings.list();
    const shown = seesEverything(seen)
      ? all
      : all.filter((registry) => shows(seen, resourceOfRegistry(registry)));
    return { items: shown.map(registryEntryOf) };
  }

  /** Throws `NOT_FOUND`. */
  async show(id: string): Promise<Registry> {
    return registryEntryOf(await this.#find(id));
  }

  /**
   * Makes or changes one: the revision that is given, `new` where there may be none yet, or empty for whatever is there.
   * Throws `SETTINGS_INVALID`, which names the member that is wrong, `REVISION_STALE` and `NOT_FOUND`.
   */
  async put(
    id: string,
    { body, revision }: { readonly body: RegistryBody; readonly revision: string },
  ): Promise<Registry> {
    const { settings } = this.#options.store.registries;
    const before = await settings.find(id);
    refuseStale(registryNamed(id), { before, revision });
    if (before === undefined && (await settings.count()) >= MAX_REGISTRIES) {
      throw new ServerError("SETTINGS_INVALID", `expected at most ${MAX_REGISTRIES} registries`);
    }
    refuseOtherName(body);
    this.#refuseAddresses(body);
    refuseBorrowing(body);
    if (!(await settings.put(await this.#settingOf(id, body, before), revision)))
      throw stale(registryNamed(id), revision);
    return await this.show(id);
  }

  /** Throws `NOT_FOUND`. */
  async remove(id: string): Promise<void> {
    if (!(await this.#options.store.registries.settings.remove(id))) throw missing(registryNamed(id));
  }

  /** Pauses a registry, goes on with it, or lists it anew. Throws `NOT_FOUND`. */
  async act(id: string, act: RegistryAct): Promise<Registry> {
    await this.#find(id);
    const { settings } = this.#options.store.registries;
    switch (act) {
      case "pause":
      case "resume":
        await settings.setPaused(id, act === "pause");
        break;
      case "retry":
        await settings.retry(id);
        break;
      case "scan":
        await settings.listNow(id);
        break;
    }
    return await this.show(id);
  }

  /** Tries again what could not be scanned, or one image. How many those are. */
  async retry(id: string, image: number | undefined): Promise<number> {
    return await this.#options.store.registries.settings.retry(id, image);
  }

  async images(query: RegistryImageQuery): Promise<ImagePage> {
    const { items, nextCursor, total } = await this.#options.store.registries.queue.list(query);
    const nowMs = this.#options.now();
    return { items: items.map((image) => registryImageEntryOf(image, nowMs)), nextCursor, total };
  }

  async #find(id: string): Promise<StoredRegistry> {
    const found = await this.#options.store.registries.settings.find(id);
    if (found === undefined) throw missing(registryNamed(id));
    return found;
  }

  /** Said at once; each connection is judged again by the address that it is made to. */
  #refuseAddresses({ address, apiUrl }: RegistryBody): void {
    this.#refuseAddress("address", `https://${address}`);
    if (apiUrl !== null) this.#refuseAddress("apiUrl", apiUrl);
  }

  #refuseAddress(member: keyof RegistryBody, url: string): void {
    try {
      this.#guard.checkLiteral(new URL(url).hostname);
    } catch (cause) {
      throw invalid([member], messageOf(cause), cause);
    }
  }

  async #settingOf(
    id: string,
    body: RegistryBody,
    before: StoredRegistry | undefined,
  ): Promise<Omit<RegistrySetting, "revision">> {
    const { username, password, token, pushSecret, ...open } = body;
    const given = { username, password, token, pushSecret };
    const secrets = await this.#secretsAfter(given, body, before);
    const { name, kind, address, path, everyMinutes, concurrency, ...settings } = open;
    const sealedSecrets = await registrySecrets.seal(this.#options.sealer, id, secrets);
    return {
      id,
      name,
      kind,
      address,
      path,
      settings,
      everyMinutes,
      concurrency,
      sealedSecrets,
      secretNames: Object.keys(secrets).sort(),
    };
  }

  /** Those that are given, and of those before what is left out; an empty text removes one. */
  async #secretsAfter(
    given: { readonly [Name in keyof RegistrySecrets]: string | undefined },
    body: RegistryBody,
    before: StoredRegistry | undefined,
  ): Promise<RegistrySecrets> {
    const held = before === undefined ? {} : await registrySecrets.open(this.#options.sealer, before);
    const kept = Object.entries(held).filter(([name]) => given[name as keyof RegistrySecrets] === undefined);
    const leaving = kept.filter(([name]) => name !== "pushSecret").map(([name]) => name);
    // Whoever may change where a registry is must not have a secret sent there that they do not know.
    if (before !== undefined && leaving.length > 0 && isElsewhere(body, before)) {
      const names = leaving.join(", ");
      throw invalid(leaving, `it is another registry now: give the secrets again (${names})`);
    }
    const all = [...kept, ...Object.entries(given)].filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== "",
    );
    const secrets: RegistrySecrets = Object.fromEntries(all);
    refuseHalves(secrets);
    return secrets;
  }
}

/** Images are named by the address: under one that names read otherwise, those of another registry would be meant. */
function refuseOtherName({ address }: RegistryBody): void {
  const named = registryNamedBy(address);
  if (named === address && address === address.toLowerCase()) return;
  const found = named === undefined ? "" : `; images below it are of ${named.toLowerCase()}`;
  const message = `expected a registry as names of images have it, found ${JSON.stringify(address)}${found}`;
  throw invalid(["address"], message);
}

function registryNamedBy(address: string): string | undefined {
  try {
    return parseImageReference(`${address}/x/x`).registry;
  } catch {
    return undefined;
  }
}

/** The Docker configuration is not of whoever sets a registry up: what it has goes nowhere but to that registry. */
function refuseBorrowing({ address, apiUrl, dockerCredentials }: RegistryBody): void {
  if (!dockerCredentials || apiUrl === null) return;
  if (new URL(apiUrl).origin === new URL(`https://${address}`).origin) return;
  const message =
    "expected credentials of its own for a registry whose API is elsewhere, found those of the Docker configuration";
  throw invalid(["dockerCredentials"], message);
}

function isElsewhere(body: RegistryBody, before: StoredRegistry): boolean {
  const { apiUrl, insecure } = openSettingsOf(before);
  return (
    body.address !== before.address ||
    body.kind !== before.kind ||
    body.apiUrl !== apiUrl ||
    body.insecure !== insecure
  );
}

function refuseHalves({ username, password, token, pushSecret }: RegistrySecrets): void {
  if ((username === undefined) !== (password === undefined)) {
    const missingOne = username === undefined ? "username" : "password";
    throw invalid([missingOne], "expected a user name and a password together");
  }
  if (token !== undefined && username !== undefined) {
    throw invalid(["token"], "expected a token or a user name, not both");
  }
  if (pushSecret !== undefined && pushSecret.length < MIN_PUSH_SECRET_CHARS) {
    const message = `expected a secret of pushes with ${MIN_PUSH_SECRET_CHARS} characters or more`;
    throw invalid(["pushSecret"], message);
  }
}

/** Refuses settings, and names the members of the body that are wrong. */
function invalid(members: readonly string[], message: string, cause?: unknown): ServerError {
  const errors = members.map((member) => ({ path: `body.${member}`, message }));
  return new ServerError("SETTINGS_INVALID", message, { cause, members: { errors } });
}

function registryNamed(id: string): SetUp {
  return { kind: "registry", parameter: "registry", id };
}
