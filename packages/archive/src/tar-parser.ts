import { ArchiveError } from "./errors.ts";
import { SparseExpander } from "./sparse-expander.ts";
import { checkSparseMap, readGnuStretches, SparseLines, type SparseMap } from "./sparse-map.ts";
import { applyPax, type Extension, nameOf } from "./tar-extension.ts";
import { BLOCK, type ByteSpan, type RawHeader, readHeader } from "./tar-header.ts";
import { hasBody, kindOf, type TarKind } from "./tar-kind.ts";
import { defaultTarLimits, type TarLimits } from "./tar-limits.ts";
import { parseTarNumber } from "./tar-number.ts";

/** One entry of a tar, as its visitor sees it. Spans are valid only during the call. */
export interface TarEntry {
  readonly kind: TarKind;
  readonly name: ByteSpan;
  /** Empty for anything but links. */
  readonly linkName: ByteSpan;
  /** Permission bits, set-id bits included. */
  readonly mode: number;
  /** Bytes of content, the holes of sparse files included; 0 for anything but a file. */
  readonly size: number;
  /** Where the stored content begins, in bytes from the start of the archive. */
  readonly offset: number;
  /** The stored content has no holes: it is `size` bytes from `offset`. */
  readonly contiguous: boolean;
  /** Unpacked with its attributes, a directory has overlayfs show what lies under another name. */
  readonly redirected?: boolean;
}

/** What a reader of tars is told, in the order of the archive. It may throw to stop. */
export interface TarVisitor {
  /** Whether the content is wanted. */
  entry(entry: TarEntry): boolean;
  /** A piece of the wanted content; valid only during the call. */
  content(bytes: Uint8Array): void;
  /** The wanted content is complete. */
  contentEnd(): void;
  /** How many of the next bytes of the wanted content need not be given; none where it does not say. */
  passable?(): number;
  /** So many bytes of the wanted content were passed over. */
  passed?(bytes: number): void;
}

type State = "header" | "extension" | "gnu-sparse" | "sparse-lines" | "content" | "skip" | "end";

const NOTHING: ByteSpan = { bytes: new Uint8Array(), start: 0, end: 0 };

/**
 * Reads a tar from raw bytes, in pieces of any size, without making a string or an object for what is skipped.
 *
 * Reads ustar, pax (path, linkpath, size, GNU.sparse.*) and GNU (long names, base-256 numbers, sparse files).
 * Ends at two blocks of zeros and ignores what follows, as Go's archive/tar does. Throws {@link ArchiveError}:
 * `ARCHIVE_MALFORMED`, `ARCHIVE_TRUNCATED`, `LIMIT_REACHED`.
 */
export class TarParser {
  readonly #visitor: TarVisitor;
  readonly #limits: TarLimits;
  readonly #block = new Uint8Array(BLOCK);
  #blockBytes = 0;
  #state: State = "header";
  /** Bytes that the state still waits for. */
  #remaining = 0;
  #padding = 0;
  #position = 0;
  #entries = 0;
  #zeroBlocks = 0;
  #extensionType = 0;
  #extensionBody = new Uint8Array();
  #extension: Extension | undefined;
  #wanted = false;
  #size = 0;
  #storedSize = 0;
  #map: number[] = [];
  #mapLines = new SparseLines();
  #expander: SparseExpander | undefined;

  constructor(visitor: TarVisitor, limits: Partial<TarLimits> = {}) {
    this.#visitor = visitor;
    this.#limits = { ...defaultTarLimits, ...limits };
  }

  /** Bytes that come next and need not be given: {@link skip} may be called instead. */
  get skippable(): number {
    if (this.#state === "end") return Number.POSITIVE_INFINITY;
    if (this.#state === "content" && this.#expander === undefined) {
      return Math.min(this.#remaining, this.#visitor.passable?.() ?? 0);
    }
    return this.#state === "skip" ? this.#remaining : 0;
  }

  /** Bytes of wanted content that come next. */
  get contentAhead(): number {
    return this.#state === "content" ? this.#remaining : 0;
  }

  /** Whether the end of the archive has been seen. */
  get ended(): boolean {
    return this.#state === "end";
  }

  skip(bytes: number): void {
    if (bytes > this.skippable) throw new RangeError(`cannot skip ${bytes} bytes here`);
    this.#advance(bytes);
    if (this.#state === "end") return;
    this.#remaining -= bytes;
    if (this.#state === "content") this.#visitor.passed?.(bytes);
    if (this.#remaining > 0) return;
    if (this.#state === "content") this.#endContent();
    else this.#state = "header";
  }

  write(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      switch (this.#state) {
        case "header":
        case "gnu-sparse":
        case "sparse-lines":
          at += this.#takeBlock(chunk, at);
          break;
        case "extension":
          at += this.#takeExtension(chunk, at);
          break;
        case "content":
          at += this.#takeContent(chunk, at);
          break;
        case "skip":
        case "end": {
          const length = Math.min(this.skippable, chunk.length - at);
          this.skip(length);
          at += length;
          break;
        }
      }
    }
  }

  /** To be called after the last byte. Throws `ARCHIVE_TRUNCATED` where that is no place to end. */
  end(): void {
    const clean = this.#state === "header" && this.#blockBytes === 0 && this.#extension === undefined;
    if (this.#state !== "end" && !clean) {
      throw new ArchiveError("ARCHIVE_TRUNCATED", `the tar ends early, after ${this.#position} bytes`);
    }
  }

  #advance(bytes: number): void {
    this.#position += bytes;
    if (this.#position > this.#limits.bytes && this.#state !== "end") {
      throw new ArchiveError("LIMIT_REACHED", `the tar is longer than ${this.#limits.bytes} bytes`);
    }
  }

  #takeBlock(chunk: Uint8Array, at: number): number {
    if (this.#blockBytes === 0 && chunk.length - at >= BLOCK) {
      this.#advance(BLOCK);
      this.#onBlock(chunk, at);
      return BLOCK;
    }
    const piece = chunk.subarray(at, at + BLOCK - this.#blockBytes);
    this.#block.set(piece, this.#blockBytes);
    this.#blockBytes += piece.length;
    this.#advance(piece.length);
    if (this.#blockBytes === BLOCK) {
      this.#blockBytes = 0;
      this.#onBlock(this.#block, 0);
    }
    return piece.length;
  }

  #onBlock(bytes: Uint8Array, at: number): void {
    if (this.#state === "gnu-sparse") this.#onGnuSparse(bytes.subarray(at, at + BLOCK));
    else if (this.#state === "sparse-lines") this.#onSparseLines(bytes.subarray(at, at + BLOCK));
    else this.#onHeader(bytes, at);
  }

  #onHeader(bytes: Uint8Array, at: number): void {
    const header = readHeader(bytes, at);
    if (header === undefined) {
      this.#zeroBlocks += 1;
      if (this.#zeroBlocks === 2) this.#state = "end";
      return;
    }
    this.#zeroBlocks = 0;
    this.#entries += 1;
    if (this.#entries > this.#limits.entries) {
      throw new ArchiveError("LIMIT_REACHED", `the tar has more than ${this.#limits.entries} entries`);
    }
    switch (header.type) {
      case 0x78: // x: pax records
      case 0x4c: // L: long name
      case 0x4b: // K: long link name
        this.#beginExtension(header);
        return;
      case 0x67: // g: pax records for all that follow; what unpacks images ignores them, and forgets what came before
        this.#extension = undefined;
        this.#beginSkip(header.size);
        return;
      default:
        this.#onEntry(header, bytes, at);
    }
  }

  #beginExtension({ type, size }: RawHeader): void {
    if (size > this.#limits.extensionBytes) {
      const message = `an extended header of the tar is longer than ${this.#limits.extensionBytes} bytes`;
      throw new ArchiveError("LIMIT_REACHED", message);
    }
    this.#extension ??= {};
    this.#extensionType = type;
    this.#extensionBody = new Uint8Array(size);
    this.#remaining = size;
    this.#padding = paddingOf(size);
    this.#state = "extension";
    if (size === 0) this.#onExtension();
  }

  #takeExtension(chunk: Uint8Array, at: number): number {
    const piece = chunk.subarray(at, at + this.#remaining);
    this.#extensionBody.set(piece, this.#extensionBody.length - this.#remaining);
    this.#advance(piece.length);
    this.#remaining -= piece.length;
    if (this.#remaining === 0) this.#onExtension();
    return piece.length;
  }

  #onExtension(): void {
    const extension = this.#extension ?? {};
    const body = this.#extensionBody;
    if (this.#extensionType === 0x78) {
      this.#extension = applyPax(extension, body);
    } else {
      const nul = body.indexOf(0);
      const end = nul < 0 ? body.length : nul;
      // An empty name is none, and takes back a long one before it.
      const span = end === 0 ? undefined : { bytes: body, start: 0, end };
      if (this.#extensionType === 0x4c) extension.longName = span;
      else extension.longLink = span;
    }
    this.#beginSkip(0, this.#padding);
  }

  #onEntry(header: RawHeader, bytes: Uint8Array, at: number): void {
    const extension = this.#extension;
    this.#extension = undefined;
    const name = extension === undefined ? header.name : nameOf(extension, header.name);
    const kind = kindOf(header.type, name);
    const stored = hasBody(header.type, kind) ? (extension?.size ?? header.size) : 0;
    const gnuSparse = header.type === 0x53;
    this.#storedSize = stored;
    this.#size = gnuSparse ? parseTarNumber(bytes, at + 483, 12) : (extension?.sparseSize ?? stored);
    const isLink = kind === "symlink" || kind === "hardlink";
    const linkName = isLink ? (extension?.longLink ?? extension?.linkPath ?? header.linkName) : NOTHING;
    const size = kind === "file" ? this.#size : 0;
    this.#wanted = this.#visitor.entry({
      kind,
      name,
      linkName,
      mode: header.mode,
      size,
      offset: this.#position,
      contiguous: !gnuSparse && extension?.sparseMap === undefined && extension?.sparseVersion1 !== true,
      ...(extension?.redirected === true && { redirected: true }),
    });
    this.#wanted &&= kind === "file";

    if (gnuSparse) this.#beginGnuSparse(bytes, at);
    else if (kind === "file" && extension?.sparseVersion1 === true) this.#beginSparseLines();
    else this.#beginContent(kind === "file" ? extension?.sparseMap : undefined);
  }

  #beginGnuSparse(bytes: Uint8Array, at: number): void {
    this.#map = [];
    readGnuStretches(bytes, at + 386, 4, this.#map);
    if (bytes[at + 482] === 0) this.#beginContent(this.#map);
    else this.#state = "gnu-sparse";
  }

  #onGnuSparse(block: Uint8Array): void {
    readGnuStretches(block, 0, 21, this.#map);
    if (block[504] === 0) this.#beginContent(this.#map);
  }

  #beginSparseLines(): void {
    this.#mapLines = new SparseLines();
    this.#state = "sparse-lines";
    if (this.#storedSize === 0) {
      throw new ArchiveError("ARCHIVE_MALFORMED", "a sparse file of the tar has no map");
    }
  }

  #onSparseLines(block: Uint8Array): void {
    this.#storedSize -= BLOCK;
    const map = this.#mapLines.add(block);
    if (map !== undefined) {
      this.#beginContent(map);
    } else if (this.#storedSize <= 0) {
      throw new ArchiveError("ARCHIVE_MALFORMED", "the map of a sparse file of the tar does not end");
    }
  }

  #beginContent(map: SparseMap | undefined): void {
    const padding = paddingOf(this.#storedSize);
    if (map !== undefined) checkSparseMap(map, this.#storedSize, this.#size);
    if (!this.#wanted) {
      this.#beginSkip(this.#storedSize);
      return;
    }
    this.#expander = map && new SparseExpander(map, this.#size, (bytes) => this.#visitor.content(bytes));
    this.#remaining = this.#storedSize;
    this.#padding = padding;
    this.#state = "content";
    if (this.#remaining === 0) this.#endContent();
  }

  #takeContent(chunk: Uint8Array, at: number): number {
    const piece = chunk.subarray(at, at + this.#remaining);
    this.#advance(piece.length);
    this.#remaining -= piece.length;
    if (this.#expander === undefined) this.#visitor.content(piece);
    else this.#expander.write(piece);
    if (this.#remaining === 0) this.#endContent();
    return piece.length;
  }

  #endContent(): void {
    this.#expander?.finish();
    this.#expander = undefined;
    this.#visitor.contentEnd();
    this.#beginSkip(0, this.#padding);
  }

  #beginSkip(bytes: number, padding = paddingOf(bytes)): void {
    this.#remaining = bytes + padding;
    this.#state = this.#remaining === 0 ? "header" : "skip";
  }
}

function paddingOf(bytes: number): number {
  return (BLOCK - (bytes % BLOCK)) % BLOCK;
}
