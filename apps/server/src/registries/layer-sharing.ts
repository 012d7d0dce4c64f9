import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { messageOf } from "@pratique/core";
import { LayerIndexFiles, PATH_HASHER_KEY_BYTES } from "@pratique/oci";
import type { Sealer } from "@pratique/sealing";
import type { JobQueue, LayerIndexRepository } from "@pratique/store";
import type { Logger } from "pino";
import { LayerDesk, type LayerDifference } from "./layer-desk.ts";

/** What is kept of layers, and shared with all who have the same store. */
export interface LayerSharingSettings {
  /** Where the processes that read images keep it. */
  readonly directory: string;
  /** What it may take in the store, in bytes; with 0 it is not shared. */
  readonly maxBytes: number;
}

interface LayerSharingOptions extends LayerSharingSettings {
  /** Absent where the store is shared with nobody. */
  readonly indexes: LayerIndexRepository | undefined;
  /** Where a server is told of what cannot be believed. */
  readonly jobs: Pick<JobQueue, "enqueue">;
  /** Another one for each process. */
  readonly holder: string;
  readonly sealer: Sealer;
  readonly log: Logger;
  /** Which indexes of other hosts are made once more; one of twenty, by chance, where absent. */
  readonly isChecked?: () => boolean;
}

/** Nobody can foresee it, also not who has taken over a process that reads. */
function byChance(): boolean {
  return randomInt(CHECKED_ONE_IN) === 0;
}

/** What one task shares with others: who brings it, and what paths are hashed with, in Base64. */
export interface SharedLayers {
  readonly desk: LayerDesk;
  readonly secret: string;
}

/** The job that tells of two hosts that have read a layer differently. */
export const LAYERS_DIFFER_JOB = "layers.differ";
/** Of so many indexes that another host has made, one is made once more: reading as many again costs little. */
const CHECKED_ONE_IN = 20;
const PURPOSE = "layers";
const PLACE = { table: "layer_secrets", column: "sealed_secret", rowId: "paths" };

/** Shares what is kept of layers with all servers and workers that have the same store. */
export class LayerSharing {
  readonly #options: LayerSharingOptions;
  readonly #files: LayerIndexFiles;
  /** By how it is sealed: another one where what was shared is believed no more. */
  #secret: { readonly sealed: string; readonly opened: string } | undefined;

  constructor(options: LayerSharingOptions) {
    this.#options = options;
    this.#files = new LayerIndexFiles(options.directory);
  }

  /** For one image of a registry. Undefined where nothing is shared: what is read stays on this host then. */
  async begin(registry: string): Promise<SharedLayers | undefined> {
    const { indexes, maxBytes, log, holder: process, isChecked = byChance } = this.#options;
    if (indexes === undefined || maxBytes === 0) return undefined;
    try {
      const secret = await this.#openSecret(indexes);
      const desk = new LayerDesk({
        indexes,
        files: this.#files,
        maxBytes,
        holder: `${process} ${randomUUID()}`,
        registry,
        log,
        isChecked,
        differs: async (difference) => await this.#doubt(indexes, difference),
      });
      return { secret, desk };
    } catch (thrown) {
      log.warn({ reason: messageOf(thrown) }, "what is read of layers cannot be shared now");
      return undefined;
    }
  }

  /** Made by whoever comes first, for all. */
  async #openSecret(indexes: LayerIndexRepository): Promise<string> {
    const { sealer } = this.#options;
    if ((await indexes.sealedSecret()) === undefined) {
      await indexes.keepSecret(await sealer.seal(PURPOSE, PLACE, randomBytes(PATH_HASHER_KEY_BYTES)));
    }
    const sealed = await indexes.sealedSecret();
    if (sealed === undefined) throw new Error("the secret of layers was removed");
    if (sealed !== this.#secret?.sealed) {
      this.#secret = { sealed, opened: (await sealer.open(PURPOSE, PLACE, sealed)).toString("base64") };
    }
    return this.#secret.opened;
  }

  /** Either of two has told what is not so, perhaps of other layers as well: nothing that was shared is believed then. */
  async #doubt(indexes: LayerIndexRepository, { diffId, maker, checker }: LayerDifference): Promise<void> {
    const { jobs, log } = this.#options;
    log.error({ layer: diffId, maker, checker }, "two hosts have read a layer differently");
    await jobs.enqueue(LAYERS_DIFFER_JOB, { diffId, maker, checker });
    await indexes.forgetAll();
  }
}
