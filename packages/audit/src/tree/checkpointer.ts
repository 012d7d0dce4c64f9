import { parseCheckpoint, signCheckpoint } from "./checkpoint.ts";
import { rootOf } from "./merkle.ts";
import type { NoteSigner } from "./note-key.ts";
import { storageTileSource, type TileSource } from "./tile-source.ts";
import type { TreeHead, TreeStorage } from "./tree-storage.ts";
import { requestCosignature, type WitnessClient, type WitnessOutcome } from "./witness-client.ts";

export interface CheckpointerOptions {
  readonly storage: TreeStorage;
  /** Its key's name is the origin of the log. */
  readonly signer: NoteSigner;
  /** Further keys of the same origin: while one takes the place of another, both sign. */
  readonly furtherSigners: readonly NoteSigner[];
  readonly witnesses: readonly WitnessClient[];
  /** How long all of them together may take: the next head is not signed before. */
  readonly witnessDeadlineMs: number;
  /** Hears of each witness that gave no cosignature. */
  readonly onWitness: (witness: string, outcome: WitnessOutcome) => void;
}

/** What came of signing a head. */
export interface Published {
  readonly note: string;
  /** Whether a witness had seen a longer log, as another server of the storage was faster: there is a newer head. */
  readonly overtaken: boolean;
}

/** Signs heads, keeps them, and has them cosigned. */
export class Checkpointer {
  readonly #options: CheckpointerOptions;
  readonly #source: TileSource;
  /** What each witness has seen, as far as this process knows. */
  readonly #seen = new Map<string, number>();

  constructor(options: CheckpointerOptions) {
    this.#options = options;
    this.#source = storageTileSource(options.storage);
  }

  /** Signs a head and keeps it, then again with all cosignatures that could be had. Gives the last. */
  async publish(head: TreeHead): Promise<Published> {
    const { storage, signer, furtherSigners, witnesses, witnessDeadlineMs } = this.#options;
    const checkpoint = { origin: signer.key.name, size: head.size, root: rootOf(head.frontier) };
    const signed = await signCheckpoint(checkpoint, signer, ...furtherSigners);
    await storage.putCheckpoint(signed);
    if (witnesses.length === 0) return { note: signed, overtaken: false };
    const signal = AbortSignal.timeout(witnessDeadlineMs);
    const lines = await Promise.all(witnesses.map((witness) => this.#cosign(witness, signed, signal)));
    const note = signed + lines.filter((line) => line !== undefined).join("");
    if (note !== signed) await storage.putCheckpoint(note);
    return { note, overtaken: lines.includes(undefined) };
  }

  /** The line of the cosignature, empty where there is none; undefined where the witness has seen a newer head. */
  async #cosign(
    witness: WitnessClient,
    checkpoint: string,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { name } = witness.key;
    const oldSize = this.#seen.get(name) ?? 0;
    const { size } = parseCheckpoint(checkpoint);
    const outcome = await requestCosignature(witness, checkpoint, { oldSize, source: this.#source, signal });
    if (outcome.kind === "cosigned") {
      this.#seen.set(name, size);
      return outcome.line;
    }
    if (await this.#isOvertaken(size, outcome)) return undefined;
    this.#options.onWitness(name, outcome);
    return "";
  }

  /**
   * Whether the witness has seen a longer log because another server of this storage was faster. What it has seen of it
   * is put to the proof with the next head: another history is refused then.
   */
  async #isOvertaken(signedSize: number, outcome: WitnessOutcome): Promise<boolean> {
    if (outcome.kind !== "refused" || outcome.size === undefined) return false;
    if (outcome.size <= signedSize) return false;
    const head = await this.#options.storage.head();
    return outcome.size <= head.size;
  }
}
