import type { Digest, Failure, ProgramInspector, TextInspector } from "@pratique/core";
import { OciError } from "../errors.ts";
import type { PathHashes } from "./path-hashes.ts";

/**
 * What one layer says, read once: the wanted files with their contents, and of everything else only as much
 * as is needed to know what it hides in the layers below.
 */
export interface LayerIndex {
  /** Digest of the uncompressed bytes, where they were all seen. */
  readonly diffId?: Digest;
  /**
   * Whether what was claimed of the layer holds, as far as that can be told: false where its bytes were at hand
   * but passed over. A layer that lies unpacked has no bytes; whoever unpacked it vouches for it.
   */
  readonly verified: boolean;
  /** In the order of the layer: a later entry replaces an earlier one with the same path. */
  readonly entries: readonly LayerEntry[];
  /** Paths that are taken away from lower layers. */
  readonly whiteouts: readonly string[];
  /** Directories of which nothing is left of lower layers. */
  readonly opaques: readonly string[];
  /** Files that nobody wants by their names: they hide what lower layers have at their path and below. */
  readonly unwanted: PathHashes;
  readonly failures: readonly Failure[];
  /** Bytes of content that are held in memory for the index. */
  readonly heldBytes: number;
  /** Uncompressed bytes that were read. */
  readonly sizeBytes: number;
}

/** Whoever looks into files while they pass. */
export type Inspector = ProgramInspector | TextInspector;

/** What inspectors have kept of a file. */
export type Excerpts = ReadonlyMap<Inspector, Uint8Array>;

interface FileFacts {
  readonly size: number;
  /** Absent of a file that nobody wanted by its name, where it passed by and is gone. */
  readonly content?: FileContent;
  readonly excerpts?: Excerpts;
  /** Inspectors that may wait have not looked into it. */
  readonly waiting?: WaitingProgram;
}

/** A program that lies where it can be read again. */
export interface WaitingProgram {
  /** What the inspector keeps of it. Throws what reading it throws. */
  inspect(inspector: ProgramInspector): Uint8Array | undefined;
}

interface EntryFacts {
  /** Normalised: relative, without `.` and `..`; not UTF-8 as Latin-1. */
  readonly path: string;
  /** Permission bits, set-id bits included. */
  readonly mode: number;
}

export type LayerEntry =
  | (EntryFacts & { readonly kind: "file" } & FileFacts)
  | (EntryFacts & { readonly kind: "directory" })
  | (EntryFacts & { readonly kind: "symlink"; readonly target: string })
  /** A hard link to a file that this layer does not have; lower layers may. */
  | (EntryFacts & { readonly kind: "hardlink"; readonly target: string })
  /** A device, a pipe, a socket, or a file that turned out to replace something of its own layer. */
  | (EntryFacts & { readonly kind: "other" });

/** The content of one file: held in memory, or read when asked. */
export interface FileContent {
  /** Rejects with `LIMIT_REACHED` where the content is longer than the limit. */
  read(limitBytes?: number): Promise<Uint8Array>;
}

/** Content that is held in memory. */
export class HeldContent implements FileContent {
  // Apart, as a view of each would take more than what most of them hold.
  #memory: ArrayBufferLike;
  #offset: number;
  #length: number;

  constructor({ buffer, byteOffset, length }: Uint8Array) {
    this.#memory = buffer;
    this.#offset = byteOffset;
    this.#length = length;
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.#memory, this.#offset, this.#length);
  }

  set bytes({ buffer, byteOffset, length }: Uint8Array) {
    this.#memory = buffer;
    this.#offset = byteOffset;
    this.#length = length;
  }

  async read(limitBytes = Number.POSITIVE_INFINITY): Promise<Uint8Array> {
    if (this.#length <= limitBytes) return this.bytes;
    throw new OciError("LIMIT_REACHED", `the file is longer than ${limitBytes} bytes`);
  }
}
