import { closeSync, type Dirent, fstatSync, lstatSync, readdirSync, readlinkSync } from "node:fs";
import { decodeName } from "@pratique/archive";
import { messageOf } from "@pratique/core";
import { diskContent } from "./disk-file.ts";
import { OciError } from "./errors.ts";
import { FailureList } from "./failure-list.ts";
import type { LayerEntry } from "./layer-index.ts";
import type { LayerContext } from "./layer-source.ts";
import type { Matcher, NameMatcher } from "./matcher.ts";
import { type OpaqueTest, opaqueTest } from "./opaque-attribute.ts";
import { combine, HashSet, type HashState } from "./path-hashes.ts";
import { isPseudoFileSystem } from "./pseudo-file-system.ts";
import { type DiskPath, descriptorPath, joinDisk, openInside } from "./safe-open.ts";

export interface DirectoryWalkOptions {
  /** Resolved by `realpath`. */
  readonly root: string;
  readonly overlay: boolean;
  readonly matcher: Matcher;
  readonly context: LayerContext;
}

interface Directory {
  /** In the image; the root is the empty string. */
  readonly path: string;
  readonly diskPath: DiskPath;
  readonly hash: HashState;
  /** The file system of the directory above; undefined for the root. */
  readonly parentDevice: number | undefined;
}

interface Name {
  readonly dirent: Dirent | Dirent<Buffer>;
  /** As it stands in the image: Latin-1 where it is not UTF-8. */
  readonly text: string;
  readonly disk: DiskPath;
}

/** Names after which other work gets its turn. */
const NAMES_PER_TURN = 20_000;

/** Walks one directory tree and makes the parts of its index. Nothing is asked about files that nobody wants. */
export class DirectoryWalk {
  readonly entries: LayerEntry[] = [];
  readonly whiteouts: string[] = [];
  readonly opaques: string[] = [];
  readonly failures = new FailureList();
  readonly unwanted: HashSet;
  /** Bytes of the wanted files. */
  sizeBytes = 0;
  readonly #options: DirectoryWalkOptions;
  readonly #isOpaque: OpaqueTest | undefined;
  #names = 0;

  constructor(options: DirectoryWalkOptions) {
    this.#options = options;
    const { overlay, context } = options;
    this.unwanted = new HashSet(context.hasher);
    this.#isOpaque = overlay && !context.lowest ? opaqueTest() : undefined;
  }

  async run(): Promise<void> {
    const { root, context } = this.#options;
    const waiting: Directory[] = [
      { path: "", diskPath: root, hash: context.hasher.start, parentDevice: undefined },
    ];
    let turnEnd = NAMES_PER_TURN;
    for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
      context.signal.throwIfAborted();
      this.#visit(directory, waiting);
      if (this.#names < turnEnd) continue;
      turnEnd = this.#names + NAMES_PER_TURN;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #visit(directory: Directory, waiting: Directory[]): void {
    let fd: number | undefined;
    try {
      fd = openInside(directory.diskPath, "directory");
      if (this.#isOpaque?.(fd) === true) this.opaques.push(directory.path);
      const here = descriptorPath(fd);
      const isWanted = this.#options.matcher.inDirectory(directory.path);
      const { dev: device, mode } = fstatSync(fd);
      this.#keepDirectory(directory.path, mode & 0o7777);
      if (device !== directory.parentDevice && isPseudoFileSystem(here)) return;
      for (const name of listNames(here)) this.#tryName(name, { directory, device, here, isWanted, waiting });
    } catch (thrown) {
      if (thrown instanceof OciError && thrown.code === "LIMIT_REACHED") throw thrown;
      this.#keepDirectory(directory.path, 0);
      this.failures.add("FILE_UNREADABLE", messageOf(thrown), directory.path);
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  #tryName(name: Name, at: Place): void {
    const path = at.directory.path === "" ? name.text : `${at.directory.path}/${name.text}`;
    try {
      this.#visitName(name, path, at);
    } catch (thrown) {
      if (thrown instanceof OciError) throw thrown;
      this.failures.add("FILE_UNREADABLE", messageOf(thrown), path);
    }
  }

  #visitName(name: Name, path: string, at: Place): void {
    this.#names += 1;
    if (this.#names > this.#options.context.limits.layerEntries) {
      const { layerEntries } = this.#options.context.limits;
      throw new OciError("LIMIT_REACHED", `the directory has more than ${layerEntries} entries`);
    }
    const { dirent } = name;
    if (dirent.isDirectory()) {
      const hash = this.#options.context.hasher.child(at.directory.hash, name.text);
      at.waiting.push({
        path,
        diskPath: joinDisk(at.directory.diskPath, name.disk),
        hash,
        parentDevice: at.device,
      });
    } else if (dirent.isFile()) {
      if (at.isWanted(name.text)) this.#visitWanted(name, path, at);
      else this.#addUnwanted(name, at.directory);
    } else {
      this.#visitSpecial(name, path, at);
    }
  }

  #visitWanted(name: Name, path: string, { directory, here }: Place): void {
    const { limits } = this.#options.context;
    const stats = lstatSync(joinDisk(here, name.disk));
    const mode = stats.mode & 0o7777;
    if (stats.size > limits.fileBytes) {
      this.failures.add("LIMIT_REACHED", `a file is longer than ${limits.fileBytes} bytes`, path);
      this.#keep({ kind: "other", path, mode });
      return;
    }
    this.sizeBytes += stats.size;
    const content = diskContent(joinDisk(directory.diskPath, name.disk), limits.fileBytes);
    this.#keep({ kind: "file", path, mode, size: stats.size, content });
  }

  #visitSpecial(name: Name, path: string, { here }: Place): void {
    const diskPath = joinDisk(here, name.disk);
    if (name.dirent.isSymbolicLink()) {
      this.#keep({ kind: "symlink", path, mode: 0o777, target: readlinkSync(diskPath) });
    } else if (this.#options.overlay && name.dirent.isCharacterDevice() && lstatSync(diskPath).rdev === 0) {
      // https://docs.kernel.org/filesystems/overlayfs.html, "whiteouts and opaque directories".
      this.whiteouts.push(path);
    } else {
      this.#keep({ kind: "other", path, mode: 0 });
    }
  }

  #addUnwanted(name: Name, directory: Directory): void {
    const { context } = this.#options;
    if (!context.lowest) this.unwanted.addHash(combine(context.hasher.child(directory.hash, name.text)));
  }

  #keepDirectory(path: string, mode: number): void {
    if (path !== "") this.#keep({ kind: "directory", path, mode });
  }

  #keep(entry: LayerEntry): void {
    this.#options.context.keepEntry();
    this.entries.push(entry);
  }
}

interface Place {
  readonly directory: Directory;
  readonly device: number;
  /** The path to the open directory. */
  readonly here: string;
  readonly isWanted: NameMatcher;
  readonly waiting: Directory[];
}

function listNames(here: string): readonly Name[] {
  const dirents = readdirSync(here, { withFileTypes: true });
  if (!dirents.some(({ name }) => name.includes("\uFFFD"))) {
    return dirents.map((dirent) => ({ dirent, text: dirent.name, disk: dirent.name }));
  }
  return readdirSync(here, { withFileTypes: true, encoding: "buffer" }).map((dirent) => {
    const text = decodeDiskName(dirent.name);
    return { dirent, text, disk: dirent.name };
  });
}

function decodeDiskName(name: Buffer): string {
  return decodeName({ bytes: name, start: 0, end: name.length });
}
