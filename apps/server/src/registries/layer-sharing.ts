import { randomBytes, randomUUID } from "node:crypto";
import { messageOf } from "@pratique/core";
import { LayerIndexFiles, PATH_HASHER_KEY_BYTES } from "@pratique/oci";
import type { Sealer } from "@pratique/sealing";
import type { LayerIndexRepository } from "@pratique/store";
import type { Logger } from "pino";
import { LayerDesk } from "./layer-desk.ts";

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
  /** Another one for each process. */
  readonly holder: string;
  readonly sealer: Sealer;
  readonly log: Logger;
}

/** What one task shares with others: who brings it, and what paths are hashed with, in Base64. */
export interface SharedLayers {
  readonly desk: LayerDesk;
  readonly secret: string;
}

const PURPOSE = "layers";
const PLACE = { table: "layer_secrets", column: "sealed_secret", rowId: "paths" };

/** Shares what is kept of layers with all servers and workers that have the same store. */
export class LayerSharing {
  readonly #options: LayerSharingOptions;
  readonly #files: LayerIndexFiles;
  #secret: Promise<string> | undefined;

  constructor(options: LayerSharingOptions) {
    this.#options = options;
    this.#files = new LayerIndexFiles(options.directory);
  }

  /** For one image of a registry. Undefined where nothing is shared: what is read stays on this host then. */
  async begin(registry: string): Promise<SharedLayers | undefined> {
    const { indexes, maxBytes, log, holder: process } = this.#options;
    if (indexes === undefined || maxBytes === 0) return undefined;
    try {
      this.#secret ??= this.#openSecret(indexes);
      const secret = await this.#secret;
      const holder = `${process} ${randomUUID()}`;
      return {
        secret,
        desk: new LayerDesk({ indexes, files: this.#files, maxBytes, holder, registry, log }),
      };
    } catch (thrown) {
      this.#secret = undefined;
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
    return (await sealer.open(PURPOSE, PLACE, sealed)).toString("base64");
  }
}
