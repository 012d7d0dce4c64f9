import {
  closeSync,
  constants,
  type Dirent,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
} from "node:fs";
import { join as joinPath } from "node:path";
import { decodeName } from "@pratique/archive";
import { isNamedLikeProgram, MiB, mayBeProgram, messageOf, type ProgramInspector } from "@pratique/core";
import { OciError } from "../errors.ts";
import { FailureList } from "../failure-list.ts";
import { type OpaqueTest, opaqueTest, type RedirectTest, redirectTest } from "../files/opaque-attribute.ts";
import { isPseudoFileSystem } from "../files/pseudo-file-system.ts";
import { type DiskPath, descriptorPath, joinDisk, openInside } from "../files/safe-open.ts";
import { seekableFile } from "../files/seekable-bytes.ts";
import { StoredReader } from "../files/stored-reader.ts";
import { type CondenserLookup, condensersOf } from "../layer-index/condensers.ts";
import type { LayerEntry } from "../layer-index/layer-index.ts";
import type { LayerContext } from "../layer-index/layer-source.ts";
import { type Matcher, type NameMatcher, nameOf } from "../layer-index/matcher.ts";
import { combine, HashSet, type HashState } from "../layer-index/path-hashes.ts";
import { waitingProgram } from "../layer-index/waiting-program.ts";
import { diskContent } from "./disk-file.ts";
import { type DiskInspection, DiskInspector } from "./inspect-disk-file.ts";

export interface DirectoryWalkOptions {
  /** Resolved by `realpath`. */
  readonly root: string;
  readonly overlay: boolean;
  readonly matcher: Matcher;
  readonly context: LayerContext;
}

/** One directory whose names are being visited; its parents stay open until it is done. */
interface Frame {
  readonly fd: number;
  /** The path to the open directory. */
  readonly here: string;
  /** In the image; the root is the empty string. */
  readonly path: string;
  readonly diskPath: DiskPath;
  readonly hash: HashState;
  readonly device: number;
  readonly isWanted: NameMatcher;
  readonly names: Iterator<Name>;
}

type Name = Dirent | Dirent<Buffer>;

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;

/** As many directories are open at a time; those of images lie a tenth as deep. */
const MAX_DEPTH = 400;
/** Names after which other work gets its turn. */
const NAMES_PER_TURN = 20_000;
/** Bytes of inspected files after which other work gets its turn. */
const BYTES_PER_TURN = 32 * MiB;

/** Walks one directory tree and makes the parts of its index. Nothing is asked about files that nobody wants. */
export class DirectoryWalk {
  readonly entries: LayerEntry[] = [];
  readonly whiteouts: string[] = [];
  readonly opaques: string[] = [];
  readonly failures = new FailureList();
  readonly unwanted: HashSet;
  /** Bytes of the wanted files. */
  sizeBytes = 0;
  /** Bytes of excerpts that are held in memory. */
  heldBytes = 0;
  readonly #options: DirectoryWalkOptions;
  readonly #isOpaque: OpaqueTest | undefined;
  readonly #isRedirected: RedirectTest | undefined;
  readonly #condenserOf: CondenserLookup;
  readonly #reader = new StoredReader();
  /** Whether inspectors that may wait do so here. */
  readonly #waits: boolean;
  readonly #inspector: DiskInspector | undefined;
  #names = 0;
  #inspectedBytes = 0;

  constructor(options: DirectoryWalkOptions) {
    this.#options = options;
    const { overlay, context, matcher, root } = options;
    this.#waits = matcher.inspectors.some((inspector) => waitsIn(root, inspector));
    this.#condenserOf = condensersOf(matcher);
    if (matcher.inspectors.length + matcher.textInspectors.length > 0) {
      this.#inspector = new DiskInspector(matcher, this.#reader);
    }
    this.unwanted = new HashSet(context.hasher);
    const isUpper = overlay && !context.lowest;
    this.#isOpaque = isUpper ? opaqueTest() : undefined;
    this.#isRedirected = isUpper ? redirectTest() : undefined;
  }

  /**
   * Visits everything. Each directory is opened by its name in the open one above, as openat(2) does: whatever
   * the tree turns into in the meantime, the walk cannot leave it.
   */
  async run(): Promise<void> {
    const { context } = this.#options;
    const stack: Frame[] = [];
    try {
      this.#enterRoot(stack);
      let turnEnd = NAMES_PER_TURN;
      for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
        const { done, value: name } = frame.names.next();
        if (done === true) closeSync(stack.pop()?.fd ?? -1);
        else this.#tryName(name, frame, stack);
        if (this.#names < turnEnd && this.#inspectedBytes < BYTES_PER_TURN) continue;
        turnEnd = this.#names + NAMES_PER_TURN;
        this.#inspectedBytes = 0;
        context.signal.throwIfAborted();
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      for (const { fd } of stack) closeSync(fd);
    }
  }

  #enterRoot(stack: Frame[]): void {
    const { root, context } = this.#options;
    try {
      const fd = openInside(root, "directory");
      this.#enter(stack, fd, { path: "", diskPath: root, hash: context.hasher.start });
    } catch (cause) {
      if (cause instanceof OciError) throw cause;
      const message = `${JSON.stringify(root)} cannot be read: ${messageOf(cause)}`;
      throw new OciError("ACCESS_DENIED", message, { cause });
    }
  }

  /** Takes over the descriptor. */
  #enter(
    stack: Frame[],
    fd: number,
    { path, diskPath, hash }: Pick<Frame, "path" | "diskPath" | "hash">,
  ): void {
    const parent = stack.at(-1);
    const here = descriptorPath(fd);
    try {
      const { dev: device, mode } = fstatSync(fd);
      if (path !== "") this.#keep({ kind: "directory", path, mode: mode & 0o7777 });
      if (this.#isOpaque?.(fd) === true) this.opaques.push(path);
      if (this.#isRedirected?.(fd) === true) {
        this.failures.add("PATH_UNSAFE", "overlayfs shows in a directory what lies elsewhere", path);
      }
      const isElsewhere = device !== parent?.device && isPseudoFileSystem(here);
      const names = (isElsewhere ? [] : listNames(here)).values();
      const isWanted = this.#options.matcher.inDirectory(path);
      stack.push({ fd, here, path, diskPath, hash, device, isWanted, names });
    } catch (thrown) {
      closeSync(fd);
      throw thrown;
    }
  }

  #tryName(name: Name, at: Frame, stack: Frame[]): void {
    try {
      this.#visitName(name, at, stack);
    } catch (thrown) {
      if (thrown instanceof OciError) throw thrown;
      this.failures.add("FILE_UNREADABLE", messageOf(thrown), pathIn(at, textOf(name)));
    }
  }

  #visitDirectory({ name }: Name, text: string, at: Frame, stack: Frame[]): void {
    const path = pathIn(at, text);
    if (stack.length >= MAX_DEPTH) {
      this.failures.add("LIMIT_REACHED", `directories lie more than ${MAX_DEPTH} deep`, path);
      this.#keep({ kind: "directory", path, mode: 0 });
      return;
    }
    const hash = this.#options.context.hasher.child(at.hash, text);
    let fd: number;
    try {
      fd = openSync(joinDisk(at.here, name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    } catch (thrown) {
      this.#keep({ kind: "directory", path, mode: 0 });
      throw thrown;
    }
    this.#enter(stack, fd, { path, diskPath: joinDisk(at.diskPath, name), hash });
  }

  #visitName(name: Name, at: Frame, stack: Frame[]): void {
    this.#names += 1;
    if (this.#names > this.#options.context.limits.layerEntries) {
      const { layerEntries } = this.#options.context.limits;
      throw new OciError("LIMIT_REACHED", `the directory has more than ${layerEntries} entries`);
    }
    const text = textOf(name);
    if (name.isDirectory()) {
      this.#visitDirectory(name, text, at, stack);
    } else if (name.isFile()) {
      if (at.isWanted(text)) {
        this.#visitWanted(name, pathIn(at, text), at);
      } else {
        this.#addUnwanted(text, at);
        this.#visitUnwanted(name, text, at);
      }
    } else {
      this.#visitSpecial(name, pathIn(at, text), at);
    }
  }

  #visitWanted({ name }: Name, path: string, { diskPath, here }: Frame): void {
    const { limits } = this.#options.context;
    const stats = lstatSync(joinDisk(here, name));
    const mode = stats.mode & 0o7777;
    const maxBytes = this.#condenserOf(path) === undefined ? limits.fileBytes : limits.condensedBytes;
    if (stats.size > maxBytes) {
      this.failures.add("LIMIT_REACHED", `a file is longer than ${maxBytes} bytes`, path);
      this.#keep({ kind: "other", path, mode });
      return;
    }
    this.sizeBytes += stats.size;
    const content = diskContent(joinDisk(diskPath, name), maxBytes);
    const { size } = stats;
    const text = nameOf(path);
    const isLookedInto = this.#isWantedText(text) || mayBeProgram(text, { mode, size });
    const inspection = isLookedInto ? this.#inspect(joinDisk(here, name), path, false) : undefined;
    const excerpts = inspection?.excerpts;
    this.#keep({ kind: "file", path, mode, size, content, ...(excerpts !== undefined && { excerpts }) });
  }

  /** Looks into a file that nobody wants by its name, and keeps it only where an inspector has kept something of it. */
  #visitUnwanted({ name }: Name, text: string, at: Frame): void {
    if (this.#inspector === undefined) return;
    const onDisk = joinDisk(at.here, name);
    // Asking is cheaper than opening, and most files are no programs.
    const isLookedInto =
      this.#isWantedText(text) || (isNamedLikeProgram(text) && mayBeProgram(text, lstatSync(onDisk)));
    if (!isLookedInto) return;
    const path = pathIn(at, text);
    const { context } = this.#options;
    const postpones = this.#waits && context.mayPostpone();
    const inspection = this.#inspect(onDisk, path, postpones);
    if (inspection === undefined) return;
    const { mode, size, excerpts, waits } = inspection;
    const diskPath = joinDisk(at.diskPath, name);
    const content = diskContent(diskPath, context.limits.fileBytes);
    const file = { kind: "file", path, mode, size, content, excerpts } as const;
    if (waits) {
      context.postpone();
      const place = { open: () => seekableFile(diskPath), offset: 0 };
      const waiting = waitingProgram({ path, size }, place, this.#reader);
      this.#keep({ ...file, waiting });
    } else this.#keep(file);
  }

  #isWantedText(name: string): boolean {
    return this.#options.matcher.textInspectors.some((inspector) => inspector.wantsName(name));
  }

  #inspect(diskPath: DiskPath, path: string, postpones: boolean): DiskInspection | undefined {
    const inspection = this.#inspector?.inspect(diskPath, path, { postpones });
    this.#inspectedBytes += inspection?.readBytes ?? 0;
    if (inspection === undefined || (inspection.excerpts.size === 0 && !inspection.waits)) return undefined;
    let bytes = 0;
    for (const excerpt of inspection.excerpts.values()) bytes += excerpt.length;
    if (this.#options.context.hold(bytes)) {
      this.heldBytes += bytes;
      return inspection;
    }
    const { heldBytes } = this.#options.context.limits;
    this.failures.add("LIMIT_REACHED", `excerpts of files are longer than ${heldBytes} bytes`, path);
    return undefined;
  }

  #visitSpecial(name: Name, path: string, { here }: Frame): void {
    const diskPath = joinDisk(here, name.name);
    if (name.isSymbolicLink()) {
      this.#keep({ kind: "symlink", path, mode: 0o777, target: readlinkSync(diskPath) });
    } else if (this.#options.overlay && name.isCharacterDevice() && lstatSync(diskPath).rdev === 0) {
      // https://docs.kernel.org/filesystems/overlayfs.html, "whiteouts and opaque directories".
      this.whiteouts.push(path);
    } else {
      this.#keep({ kind: "other", path, mode: 0 });
    }
  }

  #addUnwanted(text: string, directory: Frame): void {
    const { context } = this.#options;
    if (!context.lowest) this.unwanted.addHash(combine(context.hasher.child(directory.hash, text)));
  }

  #keep(entry: LayerEntry): void {
    this.#options.context.keepEntry();
    this.entries.push(entry);
  }
}

function listNames(here: string): readonly Name[] {
  const names = readdirSync(here, { withFileTypes: true });
  if (!names.some(({ name }) => name.includes("\uFFFD"))) return names;
  return readdirSync(here, { withFileTypes: true, encoding: "buffer" });
}

/** As it stands in the image: Latin-1 where it is not UTF-8. */
function textOf({ name }: Name): string {
  return typeof name === "string" ? name : decodeName({ bytes: name, start: 0, end: name.length });
}

function pathIn({ path }: Frame, text: string): string {
  return path === "" ? text : `${path}/${text}`;
}

function waitsIn(root: string, { mayWait = false, waitsBeside }: ProgramInspector): boolean {
  return mayWait && (waitsBeside?.some((path) => existsSync(joinPath(root, path))) ?? true);
}
