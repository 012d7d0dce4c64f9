import { mkdirSync } from "node:fs";
import path from "node:path";
import { FileKeyStore, KeyRing, openFileKey, Sealer } from "@pratique/sealing";

/** A sealer, and what zeroes its keys. */
export interface OwnSealer extends Disposable {
  readonly sealer: Sealer;
}

/** Seals with keys that lie in a directory of the server's own. Throws SealingError. */
export async function openOwnSealer(directory: string, now: () => number): Promise<OwnSealer> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const store = new FileKeyStore(path.join(directory, "data-keys.json"));
  // A new key would open none of the data keys that there are, and hide that the old one is lost.
  const mayCreate = (await store.list()).length === 0;
  const provider = await openFileKey({ file: path.join(directory, "key"), mayCreate });
  const keys = await KeyRing.open({ store, provider, now: () => new Date(now()) });
  return {
    sealer: new Sealer({ keys }),
    [Symbol.dispose]: () => {
      keys[Symbol.dispose]();
      provider[Symbol.dispose]();
    },
  };
}
