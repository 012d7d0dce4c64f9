import { setTimeout as sleep } from "node:timers/promises";
import { MiB, messageOf } from "@pratique/core";
import { type LayerIndexFiles, layerIndexCheckSum, OciError } from "@pratique/oci";
import type { LayerIndexRepository, StoredLayerIndex } from "@pratique/store";
import type { Logger } from "pino";

/** What a desk works with. */
export interface LayerDeskOptions {
  readonly indexes: LayerIndexRepository;
  /** Where the process that reads keeps what it has read of layers. */
  readonly files: LayerIndexFiles;
  /** What all indexes in the store may take. */
  readonly maxBytes: number;
  /** Another one for each task of each process; what stands before the first slash is its host. */
  readonly holder: string;
  /** The registry whose image is being read. */
  readonly registry: string;
  readonly log: Logger;
  /** Whether what another host has made is read here as well, to see that it is the same. Nobody is to foresee it. */
  readonly isChecked: () => boolean;
  /** Told where it is not the same. Which of the two is wrong nobody knows. */
  readonly differs: (difference: LayerDifference) => Promise<void>;
}

/** An index that another host has made, and which host that is. */
interface MadeElsewhere {
  readonly index: StoredLayerIndex;
  readonly maker: string;
}

/** Two hosts that have read the same bytes, and tell different things of them. */
export interface LayerDifference {
  readonly diffId: string;
  readonly maker: string;
  readonly checker: string;
}

/** After so long without a sign of life others make what was being made here. */
const LEASE_MS = 30_000;
const ASK_AGAIN_MS = 250;
/** Whoever has waited for longer reads the layer as well. */
const MAX_WAIT_MS = 10 * 60_000;
/** Twice as many layers as an image is read by at once, and as many again for those that are handed on. */
const MAX_ASKED = 8;
/** As much as an image may leave to be kept; usual ones leave a thousandth. Nobody is to push out what others read. */
const MAX_TASK_BYTES = 256 * MiB;

/**
 * Brings a process that reads an image what others have read of its layers, and takes what it has read to them. It may
 * have been taken over by what it reads: it is believed no more than that it was asked to read this image. What it
 * made is taken back where it dies over the image, answers what nobody asked for, or tells of an image without that layer.
 */
export class LayerDesk {
  readonly #options: LayerDeskOptions;
  readonly #ending = new AbortController();
  readonly #asked = new Map<string, StoredLayerIndex>();
  /** Those that are made here. */
  readonly #held = new Map<string, StoredLayerIndex>();
  /** Those that are made here although others have made them, and who has. */
  readonly #checked = new Map<string, MadeElsewhere>();
  readonly #readAgain: MadeElsewhere[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #made: StoredLayerIndex[] = [];
  readonly #timer: NodeJS.Timeout;
  #bytesLeft = MAX_TASK_BYTES;
  #stays: (diffId: string) => boolean = () => false;

  constructor(options: LayerDeskOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#extend(), LEASE_MS / 3);
  }

  /** Resolves when what is kept of a layer is in the directory, or is to be made by whoever asks. Rejects never. */
  async hold(index: StoredLayerIndex): Promise<void> {
    if (this.#asked.has(index.name) || this.#asked.size >= MAX_ASKED) return;
    this.#asked.set(index.name, index);
    await this.#run(() => this.#wait(index));
  }

  /** Ends what {@link hold} began. `made`: it lies in the directory. */
  free(name: string, made: boolean): void {
    const index = this.#held.get(name);
    const checked = this.#checked.get(name);
    this.#held.delete(name);
    this.#checked.delete(name);
    this.#asked.delete(name);
    if (checked !== undefined && made) this.#readAgain.push(checked);
    if (index === undefined) return;
    void this.#run(async () => {
      try {
        if (made) await this.#put(index);
      } finally {
        await this.#options.indexes.release(index, this.#options.holder);
      }
    });
  }

  /** Lets stay what was made: that of some layers, or all of it. */
  stay(diffIds: readonly string[] | "all"): void {
    this.#stays = (diffId) => diffIds === "all" || diffIds.includes(diffId);
  }

  /**
   * Waits for what is under way, gives up what is not made, takes back what does not stay, and holds what was read for a
   * second time against what it was the first time.
   */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    this.#ending.abort();
    await Promise.all(this.#running);
    const { indexes, holder } = this.#options;
    await this.#run(async () => {
      for (const index of this.#held.values()) await indexes.release(index, holder);
      for (const index of this.#made) {
        if (!this.#stays(index.diffId)) await indexes.remove(index);
      }
      for (const read of this.#readAgain) {
        if (this.#stays(read.index.diffId)) await this.#compare(read);
      }
    });
  }

  async #wait(index: StoredLayerIndex): Promise<void> {
    const { indexes, files, holder, registry } = this.#options;
    const { signal } = this.#ending;
    const lastAsk = performance.now() + MAX_WAIT_MS;
    while (!signal.aborted && performance.now() < lastAsk && !files.has(index.name)) {
      switch (await indexes.claim(index, { holder, registry, leaseMs: LEASE_MS })) {
        case "yours":
          this.#held.set(index.name, index);
          return;
        case "made":
          if (await this.#isChecked(index)) return;
          await this.#bring(index);
          break;
        case "held":
          await sleep(ASK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Whoever reads is told nothing of it: to it, a layer that is checked is one that nobody has read. */
  async #isChecked(index: StoredLayerIndex): Promise<boolean> {
    const { indexes, holder, isChecked } = this.#options;
    const maker = hostOf((await indexes.makerOf(index)) ?? "");
    if (maker === "" || maker === hostOf(holder) || !isChecked()) return false;
    this.#checked.set(index.name, { index, maker });
    return true;
  }

  /** The same bytes, read by the same rules, give the same file. */
  async #compare({ index, maker }: MadeElsewhere): Promise<void> {
    const { indexes, files, holder, differs } = this.#options;
    const own = await layerIndexCheckSum(files.read(index.name));
    const theirs = await this.#storedCheckSum(index);
    // Another one is there by now, or none.
    if (hostOf((await indexes.makerOf(index)) ?? "") !== maker || own === theirs) return;
    await differs({ diffId: index.diffId, maker, checker: hostOf(holder) });
  }

  /** One that has come to harm is nobody's word. */
  async #storedCheckSum(index: StoredLayerIndex): Promise<string | undefined> {
    const { indexes } = this.#options;
    try {
      return await layerIndexCheckSum(indexes.read(index));
    } catch (thrown) {
      if (!(thrown instanceof OciError)) throw thrown;
      await indexes.remove(index);
      return undefined;
    }
  }

  async #bring(index: StoredLayerIndex): Promise<void> {
    const { indexes, files } = this.#options;
    try {
      await files.write(index.name, indexes.read(index));
    } catch (thrown) {
      if (!(thrown instanceof OciError)) throw thrown;
      // Nobody else is to be kept from reading the layer by it.
      await indexes.remove(index);
      this.#warn(thrown, "what was kept of a layer is damaged, and was removed");
    }
  }

  async #put(index: StoredLayerIndex): Promise<void> {
    const { indexes, files, holder, maxBytes } = this.#options;
    const parts = this.#counted(files.read(index.name));
    if (!(await indexes.put(index, { holder, parts }))) return;
    this.#made.push(index);
    await indexes.trim(maxBytes);
  }

  async *#counted(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    for await (const part of parts) {
      this.#bytesLeft -= part.length;
      if (this.#bytesLeft < 0) throw new OciError("LIMIT_REACHED", "an image left too much to be kept");
      yield part;
    }
  }

  async #extend(): Promise<void> {
    const { indexes, holder } = this.#options;
    await this.#run(async () => {
      for (const index of this.#held.values()) {
        if (!(await indexes.extend(index, { holder, leaseMs: LEASE_MS }))) this.#held.delete(index.name);
      }
    });
  }

  /** A layer that cannot be shared is read by each who wants it, which costs time and nothing else. */
  async #run(work: () => Promise<void>): Promise<void> {
    const running = work().catch((thrown: unknown) =>
      this.#warn(thrown, "what is kept of a layer could not be shared"),
    );
    this.#running.add(running);
    await running;
    this.#running.delete(running);
  }

  #warn(thrown: unknown, message: string): void {
    this.#options.log.warn({ reason: messageOf(thrown), registry: this.#options.registry }, message);
  }
}

function hostOf(holder: string): string {
  return holder.split("/", 1)[0] ?? "";
}
