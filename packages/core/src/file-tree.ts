import type { Failure } from "./assessment.ts";
import type { Digest } from "./digest.ts";
import type { ProgramExcerpt, ProgramInspector } from "./program.ts";
import type { TextExcerpt, TextInspector } from "./text-inspector.ts";

export type FileKind = "file" | "directory" | "symlink" | "other";

/**
 * One name in a tree. Paths are relative to the root, have no leading slash, no `.` and no `..`, and use `/`.
 * Names that are not UTF-8 keep their bytes as Latin-1.
 */
export interface FileEntry {
  readonly path: string;
  readonly kind: FileKind;
  /** Bytes of content; 0 for anything but a file. */
  readonly size: number;
  /** Permission bits, set-id bits included. */
  readonly mode: number;
  /** The target of a symlink, as written. */
  readonly linkTarget?: string;
  /** The uncompressed digest of the layer that brought it; absent where there are no layers. */
  readonly layer?: Digest;
}

/** One state of a file: what a layer, lowest first, made of it. */
export interface FileVersion {
  readonly layer?: Digest;
  read(limitBytes?: number): Promise<Uint8Array>;
}

/**
 * What a reader of images looks for. A source answers for the files that the pattern names and may forget
 * all others, so that a layer that arrives as a stream never has to be kept.
 *
 * A file is wanted when any of the members says so. Matching is case-sensitive.
 */
export interface FilePattern {
  /** Exact paths from the root: `etc/os-release`. */
  readonly paths?: readonly string[];
  /** Last names anywhere: `package.json`. */
  readonly basenames?: readonly string[];
  /** Endings of the last name: `.egg-info`. */
  readonly suffixes?: readonly string[];
  /** Everything below these directories, at any depth: `var/lib/dpkg/status.d`. */
  readonly under?: readonly string[];
  /** Narrows `basenames` and `suffixes` to paths with this directory name among their parents. */
  readonly inside?: string;
  /**
   * Makes of a whole file the little that its reader needs of it. A source that would have to keep the file in memory
   * keeps that instead, and gives it as the content, unless another pattern wants the same file; the reader tells the two
   * apart. It throws nothing, and takes time and memory in proportion to the file.
   */
  readonly condense?: Condenser;
  /** Raised when `condense` makes something else of the same file: what was kept by another one counts no more. */
  readonly condenseRevision?: number;
  /** Looks at all programs, whatever their names. What it keeps of them is all that the tree has of them. */
  readonly programs?: ProgramInspector;
  /** Looks at all texts of all layers, also at those that an upper layer takes away. */
  readonly texts?: TextInspector;
}

/** See {@link FilePattern.condense}. What it returns shares no memory with what it was given. */
export type Condenser = (path: string, content: Uint8Array) => Uint8Array;

/**
 * The port between images and those who look into them: the squashed file tree of one image, with whiteouts
 * applied, of which the wanted files can be read.
 *
 * Look-ups follow symlinks the way a process whose root is the image would, at most 40 times, and never leave
 * the root.
 */
export interface FileTree {
  /** Bad things met while reading the source. More may be added by reading files. */
  readonly failures: readonly Failure[];
  /** All wanted files, and all symlinks whose own name is wanted, in byte order of their paths. */
  files(): Iterable<FileEntry>;
  /** The wanted files that match one pattern; the pattern is one of those the tree was opened with. */
  match(pattern: FilePattern): Iterable<FileEntry>;
  /** The entry at a path, symlinks followed; undefined where there is none or it was not wanted. */
  stat(path: string): FileEntry | undefined;
  /** The content of a wanted file, symlinks followed. Rejects when absent, or longer than the limit. */
  read(path: string, limitBytes?: number): Promise<Uint8Array>;
  /** Every state of a wanted file, lowest layer first; one state where there are no layers. */
  history(path: string): readonly FileVersion[];
  /**
   * What an inspector, one of those of the patterns that the tree was opened with, has kept of the programs that the
   * image is left with, in byte order of their paths. Those that wait are looked into now, where they are accepted: all of
   * them where nobody says.
   */
  excerpts(inspector: ProgramInspector, accepts?: (path: string) => boolean): Iterable<ProgramExcerpt>;
  /** The programs that wait for an inspector, one of those that may, in no order. */
  waiting(inspector: ProgramInspector): Iterable<FileEntry>;
  /**
   * What an inspector, one of those of the patterns that the tree was opened with, has kept of texts: of every layer,
   * lowest first, in the order of the layer.
   */
  textExcerpts(inspector: TextInspector): Iterable<TextExcerpt>;
}
