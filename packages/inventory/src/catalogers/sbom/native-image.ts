import { constants, gunzipSync, gzipSync, inflateRawSync } from "node:zlib";
import { MiB, type ProgramFile, type ProgramInspection, type ProgramInspector } from "@pratique/core";
import { readElfHead } from "../../programs/elf.ts";
import { isGoProgram } from "../../programs/go-note.ts";
import { nextInside, type Stretch, writableStretches } from "../../programs/stretches.ts";

/** What the compiler of GraalVM leaves in every program that it makes of Java (GraalVM, VMFeature). */
const MARK = Buffer.from("com.oracle.svm.core.VM=GraalVM ", "latin1");
/** A document that was packed by Java: gzip without a name, a time and a comment (RFC 1952, 2.3). */
const GZIP = Buffer.from([0x1f, 0x8b, 8, 0]);
const GZIP_HEADER_BYTES = 10;
/** As many bytes of it as are looked at to see whether it is a bill of materials. */
const PROBE_BYTES = 1024;
const MAX_PROBED_BYTES = 1100 * PROBE_BYTES;
const MAX_COMPRESSED_BYTES = 4 * MiB;
const MAX_DOCUMENT_BYTES = 32 * MiB;
/** Places that are looked into; heaps of programs hold some packed resources. */
const MAX_PROBES = 256;

/**
 * Finds the bill of materials that GraalVM builds into programs that it makes of Java (`native-image --enable-sbom`), which
 * lies packed among their data. The excerpt is the document, packed; it is empty where that is damaged, or too long.
 */
export const inspectNativeImage: ProgramInspector = {
  inspect(head, { size }: ProgramFile) {
    const elf = readElfHead(head);
    return elf === undefined || isGoProgram(head)
      ? undefined
      : new NativeImageInspection(writableStretches(elf, size));
  },
};

/** Unpacks an excerpt. */
export function documentOf(excerpt: Uint8Array): Buffer {
  return gunzipSync(excerpt, { maxOutputLength: MAX_DOCUMENT_BYTES });
}

class NativeImageInspection implements ProgramInspection {
  readonly #stretches: readonly Stretch[];
  /** What came last, in which something may still begin; it ends at `#end`. */
  #tail: Buffer = Buffer.alloc(0);
  #end = 0;
  #probes = 0;
  #isMarked = false;
  /** The document from its first byte on, and whatever follows. */
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;
  #isFound = false;

  constructor(stretches: readonly Stretch[]) {
    this.#stretches = stretches;
  }

  get next(): number {
    const isDone = this.#isMarked && this.#isFound && this.#bytes >= MAX_COMPRESSED_BYTES;
    return isDone ? Number.POSITIVE_INFINITY : nextInside(this.#stretches, this.#end);
  }

  write(bytes: Uint8Array, offset: number): void {
    const isNext = offset === this.#end;
    if (!isNext) this.#search(this.#tail, this.#tail.length);
    this.#end = offset + bytes.length;
    const wasFound = this.#isFound;
    if (wasFound && isNext) this.#keep(bytes);
    let piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (isNext && this.#tail.length > 0) {
      // Only what lies across the border is copied.
      const border = Buffer.concat([this.#tail, piece.subarray(0, PROBE_BYTES)]);
      if (piece.length <= PROBE_BYTES) piece = border;
      else {
        this.#search(border, this.#tail.length);
        if (!wasFound && this.#isFound) this.#keep(piece.subarray(PROBE_BYTES));
      }
    }
    this.#search(piece, piece.length - PROBE_BYTES);
    this.#tail = Buffer.from(piece.subarray(Math.max(0, piece.length - PROBE_BYTES)));
  }

  finish(): Uint8Array | undefined {
    this.#search(this.#tail, this.#tail.length);
    if (!this.#isFound || !this.#isMarked) return undefined;
    try {
      // What follows the document is left alone, which it would not be with its header.
      const document = Buffer.concat(this.#pieces).subarray(GZIP_HEADER_BYTES);
      return gzipSync(inflateRawSync(document, { maxOutputLength: MAX_DOCUMENT_BYTES }));
    } catch {
      return new Uint8Array();
    }
  }

  /** Searches for what begins before `until`, behind which all is there that has to be seen. */
  #search(data: Buffer, until: number): void {
    this.#isMarked ||= data.includes(MARK);
    for (let at = data.indexOf(GZIP); at >= 0 && at < until; at = data.indexOf(GZIP, at + 1)) {
      if (this.#isFound || this.#probes >= MAX_PROBES) return;
      this.#probes += 1;
      if (!isBill(data.subarray(at, at + PROBE_BYTES))) continue;
      this.#isFound = true;
      this.#keep(data.subarray(at));
    }
  }

  /** A copy: the memory of the piece is given back. */
  #keep(bytes: Uint8Array): void {
    const piece = Uint8Array.from(bytes.subarray(0, MAX_COMPRESSED_BYTES - this.#bytes));
    this.#pieces.push(piece);
    this.#bytes += piece.length;
  }
}

function isBill(packed: Uint8Array): boolean {
  try {
    const start = inflateRawSync(packed.subarray(GZIP_HEADER_BYTES), {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: MAX_PROBED_BYTES,
    }).toString("latin1");
    return /^\s*\{/u.test(start) && start.includes('"bomFormat"');
  } catch {
    // Something else that is packed, or bytes that only look so.
    return false;
  }
}
