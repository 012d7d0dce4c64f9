import { openStore, type Store, type StoreOptions } from "@pratique/store";
import type { KeySettings } from "./key-settings.ts";
import { openSealing, ownKey, type Sealing } from "./open-sealing.ts";
import { type PurposeRotation, rotateDataKeys } from "./rotate-keys.ts";
import { type OutermostRotation, rotateOutermostKey } from "./rotate-outermost-key.ts";

/** Where an installation has its data and keys, as a server is started with them. */
export interface Installation {
  readonly directory: string;
  readonly database: StoreOptions;
  readonly keys?: { readonly current: KeySettings; readonly former?: readonly KeySettings[] };
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** One data key, as far as it may be shown. */
export interface KeyStatus {
  readonly id: string;
  readonly purpose: string;
  readonly state: string;
  readonly since: string;
  readonly wrappedBy: string;
  /** Whether the outermost key that is set up now wraps it. */
  readonly isCurrent: boolean;
}

/** Shows the keys of an installation. Throws SealingError and StoreError. */
export async function keyStatus(installation: Installation): Promise<readonly KeyStatus[]> {
  return await withSealing(installation, async ({ keys, provider }) =>
    (await keys.records()).map(({ id, purpose, state, since, wrappedBy }) => ({
      id,
      purpose,
      state,
      since,
      wrappedBy,
      isCurrent: wrappedBy === provider.keyId,
    })),
  );
}

export interface KeyRotationOptions {
  readonly plan: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (purpose: string, seen: number) => void;
}

/** Changes the data keys of an installation. Throws SealingError and StoreError. */
export async function rotateInstallationKeys(
  installation: Installation,
  options: KeyRotationOptions,
): Promise<readonly PurposeRotation[]> {
  return await withSealing(installation, (sealing, store) => rotateDataKeys({ ...options, store, sealing }));
}

/** Changes the outermost key of an installation. Throws SealingError and StoreError. */
export async function rotateInstallationKek(
  installation: Installation,
  plan: boolean,
): Promise<OutermostRotation> {
  const { current = ownKey(installation.directory), former = [] } = installation.keys ?? {};
  return await withSealing(installation, (sealing) =>
    rotateOutermostKey(sealing, { key: current, former, plan }),
  );
}

/** Opens the store and the keys of an installation for some work. */
export async function withSealing<Result>(
  { directory, database, keys, now }: Installation,
  work: (sealing: Sealing, store: Store) => Promise<Result>,
): Promise<Result> {
  await using opened = new AsyncDisposableStack();
  const store = await openStore(database);
  opened.defer(() => store.close());
  const sealing = opened.use(
    await openSealing({
      records: store.settings.keyRecords,
      key: keys?.current ?? ownKey(directory),
      former: keys?.former ?? [],
      now: () => new Date(now()),
    }),
  );
  return await work(sealing, store);
}
