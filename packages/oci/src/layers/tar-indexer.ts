import { ArchiveError, decodeName, type TarEntry, type TarVisitor } from "@pratique/archive";
import { mayBeProgram, messageOf } from "@pratique/core";
import { FailureList } from "../failure-list.ts";
import type { SeekableBytes } from "../files/seekable-bytes.ts";
import { StoredReader } from "../files/stored-reader.ts";
import { type CondenserLookup, condensersOf } from "../layer-index/condensers.ts";
import { ContentRoom } from "../layer-index/content-room.ts";
import { type Inspection, inspectionOf, mayBeInspected } from "../layer-index/inspection.ts";
import { HeldContent, type LayerEntry } from "../layer-index/layer-index.ts";
import type { LayerContext } from "../layer-index/layer-source.ts";
import { type Matcher, nameOf, parentOf } from "../layer-index/matcher.ts";
import { HashSet, SLASH } from "../layer-index/path-hashes.ts";
import { PathScanner, pathOf } from "../layer-index/path-scanner.ts";
import { type ProgramPlace, waitingProgram } from "../layer-index/waiting-program.ts";
import { OwnLinks, type Symlink } from "./own-links.ts";

const WHITEOUT = ".wh.";
const OPAQUE = ".wh..wh..opq";

/** A symlink that is longer cannot be made on Linux. */
const MAX_SYMLINK_BYTES = 4095;

type FileEntry = Extract<LayerEntry, { kind: "file" }>;

interface PendingLink {
  readonly index: number;
  readonly path: string;
  readonly target: string;
}

interface RunningInspection {
  readonly mode: number;
  readonly size: number;
  readonly inspection: Inspection;
  /** Where the file lies, where inspectors that may wait are left out. */
  readonly place: ProgramPlace | undefined;
}

/**
 * Makes the index of one layer while its tar passes by (OCI image-spec, layer.md, "Applying Changesets").
 */
export class TarIndexer implements TarVisitor {
  readonly entries: LayerEntry[] = [];
  readonly whiteouts: string[] = [];
  readonly opaques: string[] = [];
  readonly unwanted: HashSet;
  readonly failures = new FailureList();
  readonly #matcher: Matcher;
  readonly #context: LayerContext;
  readonly #scanner: PathScanner;
  /** Directories and symlinks of this layer, and the parents of its wanted files: a later file may replace them. */
  readonly #structure: HashSet;
  readonly #files = new Map<string, FileEntry>();
  readonly #symlinks = new OwnLinks();
  readonly #links: PendingLink[] = [];
  readonly #condenserOf: CondenserLookup;
  /** Files that left excerpts. */
  readonly #inspected = new Map<string, FileEntry>();
  #held = 0;
  /** Makes less of the content that is coming. */
  #condense: ((content: Uint8Array) => void) | undefined;
  readonly #room = new ContentRoom();
  #content: Uint8Array = new Uint8Array();
  #filled = 0;
  /** The file whose content is coming. */
  #current: FileEntry | undefined;
  /** The inspection of the file whose content is coming. */
  #running: RunningInspection | undefined;
  readonly #reader = new StoredReader();
  readonly #reopen: (() => SeekableBytes) | undefined;

  /** `reopen` opens the tar for reading anywhere, where it lies plain in a file. */
  constructor(matcher: Matcher, context: LayerContext, reopen?: () => SeekableBytes) {
    this.#reopen = reopen;
    this.#matcher = matcher;
    this.#context = context;
    this.#condenserOf = condensersOf(matcher);
    this.#scanner = new PathScanner(matcher, context.hasher);
    this.unwanted = new HashSet(context.hasher);
    this.#structure = new HashSet(context.hasher);
  }

  /** Bytes of content that are held in memory for the index. */
  get heldBytes(): number {
    return this.#held;
  }

  entry(entry: TarEntry): boolean {
    if (entry.kind === "meta") return false;
    this.#scanner.scan(entry.name);
    if (this.#scanner.candidate || entry.kind !== "file") return this.#look(entry);
    this.#addUnwanted(entry, this.#scanner.hash);
    if (!mayBeInspected(entry.size, this.#matcher) || !mayBeInspectedByName(entry, this.#matcher))
      return false;
    const path = this.#safePath(() => pathOf(entry.name));
    return path !== undefined && this.#inspect(entry, path);
  }

  content(bytes: Uint8Array): void {
    this.#running?.inspection.write(bytes);
    if (this.#current === undefined) return;
    this.#content.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  contentEnd(): void {
    this.#condense?.(this.#content);
    this.#condense = undefined;
    const file = this.#current;
    this.#current = undefined;
    this.#endInspection(file);
  }

  passable(): number {
    return this.#current === undefined ? (this.#running?.inspection.passable ?? 0) : 0;
  }

  passed(bytes: number): void {
    this.#running?.inspection.skip(bytes);
  }

  /** Ends the reading at a damage. A file whose content is not complete is as good as unread. */
  stop(message: string): void {
    const path = this.#current?.path;
    this.failures.add("ARCHIVE_DAMAGED", message, path);
    this.#condense = undefined;
    this.#running = undefined;
    if (this.#current === undefined || path === undefined) return;
    this.#files.delete(path);
    this.entries.push({ kind: "other", path, mode: this.#current.mode });
  }

  /**
   * Gives links their contents when all entries have passed. What it returns are the files of this layer to
   * which links point but which were not kept.
   */
  resolveLinks(): readonly string[] {
    const missing = new Set<string>();
    for (const { index, path, target } of this.#links) {
      const found = this.#files.get(target) ?? this.#symlinks.get(target);
      if (found !== undefined) this.entries[index] = { ...found, path };
      else if (this.unwanted.has(target)) missing.add(target);
    }
    return [...missing];
  }

  #look(entry: TarEntry): boolean {
    const written = this.#safePath(() => pathOf(entry.name));
    if (written === undefined || written === "") return false;
    const name = nameOf(written);
    if (name.startsWith(WHITEOUT)) {
      this.#addWhiteout(written, name);
      return false;
    }
    const path = this.#realPath(written);
    if (path === undefined) return false;
    switch (entry.kind) {
      case "file": {
        const wanted = this.#addFile(entry, path);
        return this.#inspect(entry, path) || wanted;
      }
      case "directory":
        this.#addDirectory(entry, path);
        return false;
      case "symlink":
        this.#addSymlink(entry, path);
        return false;
      case "hardlink":
        this.#addHardLink(entry, path);
        return false;
      case "other":
        this.#forget(path);
        this.#keep({ kind: "other", path, mode: entry.mode });
        return false;
      case "meta":
        return false;
    }
  }

  /** Where what unpacks the layer puts a file. */
  #realPath(path: string): string | undefined {
    const real = this.#symlinks.realPath(path);
    if (real === undefined) this.failures.add("PATH_UNSAFE", "too many symlinks lead to a file", path);
    return real;
  }

  #addDirectory({ mode, redirected }: TarEntry, path: string): void {
    this.#forget(path);
    if (redirected === true) {
      this.failures.add("PATH_UNSAFE", "a directory has overlayfs show what lies elsewhere", path);
    }
    this.#keep({ kind: "directory", path, mode });
  }

  #addWhiteout(path: string, name: string): void {
    this.#context.keepEntry();
    const directory = parentOf(path);
    if (name === OPAQUE) {
      this.opaques.push(directory);
      return;
    }
    const hidden = name.slice(WHITEOUT.length);
    if (hidden === "" || hidden === "." || hidden === "..") {
      this.failures.add("PATH_UNSAFE", "a whiteout names no file", path);
      return;
    }
    this.whiteouts.push(directory === "" ? hidden : `${directory}/${hidden}`);
  }

  #addFile({ mode, size }: TarEntry, path: string): boolean {
    if (!this.#matcher.matches(path)) {
      this.#addUnwantedPath(path);
      return false;
    }
    this.#forget(path);
    const condenser = this.#condenserOf(path);
    const { fileBytes, condensedBytes } = this.#context.limits;
    if (!this.#mayHold(size, path, condenser === undefined ? fileBytes : condensedBytes)) {
      this.#keep({ kind: "other", path, mode });
      return false;
    }
    // What is put in its place gives all of its memory back.
    this.#content = condenser === undefined ? this.#room.take(size) : new Uint8Array(size);
    this.#filled = 0;
    const held = new HeldContent(this.#content);
    this.#condense = condenser && ((content) => this.#replace(held, condenser(path, content), path));
    const file: FileEntry = { kind: "file", path, mode, size, content: held };
    this.#keep(file);
    this.#files.set(path, file);
    this.#current = file;
    return true;
  }

  /** Holds something shorter instead of what is held, of which nothing remains. */
  #replace(held: HeldContent, content: Uint8Array, path: string): void {
    const { length } = held.bytes;
    this.#context.release(length);
    this.#held -= length;
    this.#content = new Uint8Array();
    held.bytes = this.#mayHold(content.length, path) ? content : new Uint8Array();
  }

  /** Begins to inspect what somebody looks into. */
  #inspect(entry: TarEntry, path: string): boolean {
    const { mode, size } = entry;
    const place = this.#placeOf(entry);
    const inspection = inspectionOf({ path, size, mode }, this.#matcher, { postpones: place !== undefined });
    if (inspection === undefined) return false;
    this.#running = { size, mode, inspection, place };
    return true;
  }

  /** Where a file lies that can be read again, and may have to be; what is kept whole is looked into at once. */
  #placeOf({ contiguous, offset }: TarEntry): ProgramPlace | undefined {
    const { inspectors, promptInspectors } = this.#matcher;
    const open = this.#current === undefined && contiguous ? this.#reopen : undefined;
    if (open === undefined || promptInspectors.length === inspectors.length) return undefined;
    return this.#context.mayPostpone() ? { open, offset } : undefined;
  }

  /** Keeps what the inspectors have kept, if they have, also of a file that is kept whole. */
  #endInspection(whole: FileEntry | undefined): void {
    const running = this.#running;
    this.#running = undefined;
    if (running === undefined) return;
    const { mode, size, inspection, place } = running;
    const { path } = inspection;
    const excerpts = inspection.finish();
    const waiting =
      place !== undefined && inspection.isProgram
        ? waitingProgram({ path, size }, place, this.#reader)
        : undefined;
    if (excerpts.size === 0 && waiting === undefined) return;
    let bytes = 0;
    for (const excerpt of excerpts.values()) bytes += excerpt.length;
    if (!this.#mayHold(bytes, path)) return;
    this.#forget(path);
    if (waiting !== undefined) this.#context.postpone();
    const kept = whole ?? ({ kind: "file", path, mode, size } as const);
    const file: FileEntry = { ...kept, excerpts, ...(waiting !== undefined && { waiting }) };
    this.#keep(file);
    this.#inspected.set(path, file);
    if (whole !== undefined) this.#files.set(path, file);
  }

  #mayHold(size: number, path: string, maxBytes = this.#context.limits.fileBytes): boolean {
    if (size > maxBytes) {
      this.failures.add("LIMIT_REACHED", `a file is longer than ${maxBytes} bytes`, path);
      return false;
    }
    if (!this.#context.hold(size)) {
      const message = `files that matter are longer than ${this.#context.limits.heldBytes} bytes together`;
      this.failures.add("LIMIT_REACHED", message, path);
      return false;
    }
    this.#held += size;
    return true;
  }

  #addSymlink({ mode, linkName }: TarEntry, path: string): void {
    this.#forget(path);
    const { bytes, start, end } = linkName;
    if (end - start > MAX_SYMLINK_BYTES) {
      this.failures.add("LIMIT_REACHED", `a symlink is longer than ${MAX_SYMLINK_BYTES} bytes`, path);
      this.#keep({ kind: "other", path, mode });
      return;
    }
    const target = decodeName({ bytes, start, end });
    this.#keepSymlink({ kind: "symlink", path, mode, target });
  }

  #keepSymlink(link: Symlink): void {
    this.#keep(link);
    this.#symlinks.add(link);
    this.#scanner.watch(link.path);
  }

  #addHardLink({ mode, linkName }: TarEntry, path: string): void {
    const written = this.#safePath(() => pathOf(linkName), path);
    const target = written === undefined ? undefined : this.#realPath(written);
    const link = target === undefined ? undefined : this.#symlinks.get(target);
    if (link !== undefined) {
      this.#forget(path);
      this.#keepSymlink({ ...link, path });
      return;
    }
    if (!this.#matcher.matches(path)) {
      this.#addUnwantedPath(path);
      const inspected = target === undefined ? undefined : this.#inspected.get(target);
      if (inspected !== undefined) this.#addInspectedLink(inspected, path);
      return;
    }
    const found = target === undefined ? undefined : this.#files.get(target);
    this.#forget(path);
    if (target === undefined) {
      this.#keep({ kind: "other", path, mode });
    } else if (found !== undefined) {
      const linked = { ...found, path };
      this.#keep(linked);
      this.#files.set(path, linked);
    } else {
      this.#links.push({ index: this.entries.length, path, target });
      this.#keep({ kind: "hardlink", path, mode, target });
    }
  }

  /** Another name of a file that left excerpts. */
  #addInspectedLink({ kind, mode, size, excerpts, waiting }: FileEntry, path: string): void {
    const linked: FileEntry = {
      kind,
      path,
      mode,
      size,
      ...(excerpts !== undefined && { excerpts }),
      ...(waiting !== undefined && { waiting }),
    };
    this.#keep(linked);
    this.#inspected.set(path, linked);
  }

  #addUnwanted(entry: TarEntry, hash: number): void {
    if (this.#structure.hasHash(hash)) this.#look(entry);
    else this.unwanted.addHash(hash);
  }

  /** A file that nobody wants may still replace a directory or a link of its own layer. */
  #addUnwantedPath(path: string): void {
    const hash = this.#context.hasher.hash(path);
    this.unwanted.addHash(hash);
    if (!this.#structure.hasHash(hash)) return;
    this.#forget(path);
    this.#keep({ kind: "other", path, mode: 0 });
  }

  #forget(path: string): void {
    this.#files.delete(path);
    this.#symlinks.delete(path);
    this.#inspected.delete(path);
  }

  #keep(entry: LayerEntry): void {
    this.#context.keepEntry();
    this.entries.push(entry);
    const hashes = this.#context.hasher.hashesAlong(entry.path);
    const own = hashes.pop();
    if (own !== undefined) this.#structure.addHash(own);
    // Parents that the layer does not list become directories, too.
    for (let hash = hashes.pop(); hash !== undefined && !this.#structure.hasHash(hash); hash = hashes.pop()) {
      this.#structure.addHash(hash);
      this.#context.keepEntry();
    }
  }

  #safePath(read: () => string, path?: string): string | undefined {
    try {
      return read();
    } catch (thrown) {
      if (!(thrown instanceof ArchiveError)) throw thrown;
      const code = thrown.code === "LIMIT_REACHED" ? "LIMIT_REACHED" : "PATH_UNSAFE";
      this.failures.add(code, messageOf(thrown), path);
      return undefined;
    }
  }
}

/** A name that is longer may be none that a file system takes, which is told. */
const SHORT_NAME = 255;

/**
 * Whether somebody may look into a file by the last part of its name: of most files no other string is ever made. The
 * name is one that the scanner has found nothing odd in.
 */
function mayBeInspectedByName({ name, mode, size }: TarEntry, matcher: Matcher): boolean {
  const { bytes, start, end } = name;
  if (end - start > SHORT_NAME || matcher.textInspectors.length > 0) return true;
  let last = end;
  while (last > start && bytes[last - 1] !== SLASH) last -= 1;
  return last === end || mayBeProgram(decodeName({ bytes, start: last, end }), { mode, size });
}
