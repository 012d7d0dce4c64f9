import { mkdirSync } from "node:fs";
import path from "node:path";
import { type KeyProvider, type KeyRecordStore, KeyRing, SealedStream, Sealer } from "@pratique/sealing";
import { keyPlacesOf } from "./key-places.ts";
import { type KeySettings, openKey } from "./key-settings.ts";

/** What seals, and what zeroes the keys when it is disposed of. */
export interface Sealing extends Disposable {
  readonly keys: KeyRing;
  readonly sealer: Sealer;
  readonly streams: SealedStream;
  /** The holder of the outermost key. */
  readonly provider: KeyProvider;
}

export interface SealingOptions {
  readonly records: KeyRecordStore;
  readonly key: KeySettings;
  /** Who held the outermost key before, while it is being changed. */
  readonly former?: readonly KeySettings[];
  /** Whether a key may be made at all; it may where this is absent. */
  readonly mayCreate?: boolean;
  readonly now: () => Date;
}

/** What the first data key is made for, so that there is one from the beginning. */
const FIRST_PURPOSE = "backup";

/** Where the outermost key lies where nothing else is said. */
export function ownKey(directory: string): KeySettings {
  return { kind: "file", file: path.join(directory, "keys", "kek") };
}

/**
 * Opens the keys of this installation. The outermost key is made at the very first start alone: a new one would open
 * nothing, and only hide that the old one is lost. Throws SealingError.
 */
export async function openSealing(options: SealingOptions): Promise<Sealing> {
  const { records, now } = options;
  const { current: key, former } = keyPlacesOf({ current: options.key, former: options.former ?? [] });
  using opened = new DisposableStack();
  if (key.kind === "file") mkdirSync(path.dirname(key.file), { recursive: true, mode: 0o700 });
  const isFirst = !(await records.list()).some(({ state }) => state !== "retired");
  // Where a former key is named, this one is to take its place, and may be made for it.
  const mayCreate = (isFirst || (options.former ?? []).length > 0) && options.mayCreate !== false;
  const provider = opened.use(await openKey(key, mayCreate));
  const formerProviders: KeyProvider[] = [];
  for (const settings of former) formerProviders.push(opened.use(await openKey(settings, false)));
  const keys = opened.use(await KeyRing.open({ store: records, provider, former: formerProviders, now }));
  // Of two servers that start at once, each with a key of its own, one hears of it now, and not with the first secret.
  await keys.current(FIRST_PURPOSE);
  const held = opened.move();
  return {
    keys,
    provider,
    sealer: new Sealer({ keys }),
    streams: new SealedStream({ keys }),
    [Symbol.dispose]: () => held.dispose(),
  };
}
