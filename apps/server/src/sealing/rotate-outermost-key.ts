import { existsSync, renameSync } from "node:fs";
import type { KekRotation } from "@pratique/sealing";
import { formerKeyFile, nextKeyFile } from "./key-places.ts";
import { type KeySettings, openKey } from "./key-settings.ts";
import type { Sealing } from "./open-sealing.ts";

export interface OutermostRotation {
  readonly rotation: KekRotation;
  /** Where the key lies that was replaced; undefined where it is not a file of ours. */
  readonly formerFile: string | undefined;
  /** A new key has taken the place of the one before: servers that run still have that one. */
  readonly isNewKey: boolean;
}

/**
 * Wraps every data key anew: under the key that is set up now where a former one is named in the settings, and
 * otherwise, for a key in a file, under a new one that takes its place. As long as the key before lies beside it, what is
 * still under that one is wrapped under the one in place, and no further key is made: the file of the key before would
 * be lost, and with it all backups of its time. Stopped at any point, it goes on where it was when it is called again. In
 * a plan nothing is made or changed. Throws SealingError.
 */
export async function rotateOutermostKey(
  sealing: Sealing,
  {
    key,
    former,
    plan,
  }: { readonly key: KeySettings; readonly former: readonly KeySettings[]; readonly plan: boolean },
): Promise<OutermostRotation> {
  if (former.length > 0 || key.kind !== "file") return await finished(sealing, plan, undefined);
  const next = nextKeyFile(key.file);
  const formerFile = formerKeyFile(key.file);
  if (existsSync(formerFile) && !existsSync(next)) return await finished(sealing, plan, formerFile);
  if (plan && !existsSync(next)) return { rotation: await planned(sealing), formerFile, isNewKey: true };
  using provider = await openKey({ kind: "file", file: next }, true);
  const rotation = await sealing.keys.rotateKek(provider, { plan });
  if (!plan) putInPlace(key.file);
  return { rotation, formerFile, isNewKey: true };
}

/** Wraps under the key in place what a server that did not know of it has wrapped under another one. */
async function finished(
  { keys, provider }: Sealing,
  plan: boolean,
  formerFile: string | undefined,
): Promise<OutermostRotation> {
  return { rotation: await keys.rotateKek(provider, { plan }), formerFile, isNewKey: false };
}

/** What would be done with a key that there is not yet. */
async function planned({ keys }: Sealing): Promise<KekRotation> {
  const rewrapped = (await keys.records()).filter(({ state }) => state !== "retired").map(({ id }) => id);
  return { plan: true, to: "a new key", rewrapped, already: [] };
}

/** Between the two, a start finds both: see keyPlacesOf. */
function putInPlace(file: string): void {
  if (existsSync(file)) renameSync(file, formerKeyFile(file));
  renameSync(nextKeyFile(file), file);
}
