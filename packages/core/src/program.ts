/** As many bytes from the start of a file as an inspector is given to decide by; fewer where the file is shorter. */
export const PROGRAM_HEAD_BYTES = 4096;

/** Shorter files are not looked at: no program of a compiled language is. */
const MIN_PROGRAM_BYTES = 4096;

/** What a program looks like before its content is inspected. */
export interface ProgramFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Looks at programs while they pass, whatever their names are, and keeps a little of each.
 *
 * A program was written by an attacker: an inspector throws nothing for what it meets, takes linear time, and
 * keeps a bounded excerpt. The same bytes give the same excerpt, in pieces of whatever size they come.
 */
export interface ProgramInspector {
  /**
   * It matters for few programs, which are known only later: a source that can read a program again waits until it is asked
   * ({@link FileTree.excerpts}). What it keeps is short. False where absent.
   */
  readonly mayWait?: boolean;
  /**
   * Paths of which one lies in a layer where waiting pays; where it can be told before the layer is read that none does, it
   * does not wait there. Everywhere where absent.
   */
  readonly waitsBeside?: readonly string[];
  /** Takes the first {@link PROGRAM_HEAD_BYTES}; undefined where the file is none of its concern. */
  inspect(head: Uint8Array, file: ProgramFile): ProgramInspection | undefined;
}

/** The inspection of one program. */
export interface ProgramInspection {
  /**
   * Where the next byte lies that it has to see, counted from the start of the file: never below what it has been
   * given, and infinite once it has seen enough. What lies before is passed over where that is cheap.
   */
  readonly next: number;
  /** A piece of the file; pieces come in order and begin at `next` or later. Valid only during the call. */
  write(bytes: Uint8Array, offset: number): void;
  /** What is to be kept, when all has been given; undefined for nothing. */
  finish(): Uint8Array | undefined;
}

/** What an inspector has kept of one program. */
export interface ProgramExcerpt {
  /** The real path. */
  readonly path: string;
  readonly excerpt: Uint8Array;
}

/** Names of texts and media: most of the files of an image. */
const OTHER_ENDINGS: ReadonlySet<string> = new Set(
  (
    "a avif bmp bz2 c cc class cmake conf conffiles cpp crt css csv cfg deb diff dtd ejs el elc eot ftl gem gemspec gif " +
    "gz h hpp hs html htm icns ico inc ini jar java jpg jpeg js json jsx less list lock log lua m4 map md md5sums mjs cjs " +
    "mo mp3 mp4 o otf patch pc pdf pem ph php pl plist pm png po pod pom properties ps py pyc pyi pyo pyx rb rbs ri rpm rs " +
    "rst scss sh shlibs sql svg symbols tcl tex tgz tif toml triggers ts tsx ttf txt vim war wav webp whl woff woff2 xml " +
    "xsd xsl xz yaml yml zip zst"
  ).split(" "),
);

/** Names of libraries and of programs for Windows, which lie there without the right to be executed. */
const PROGRAM_ENDINGS: ReadonlySet<string> = new Set(["so", "node", "dylib", "exe", "dll"]);

/**
 * Whether a file may be a program by its name and size alone, so that nothing need be asked about most of a tree:
 * all but short files and those whose name ends like a text's, a picture's or an archive's.
 */
export function isNamedLikeProgram(name: string): boolean {
  return !OTHER_ENDINGS.has(endingOf(name));
}

/** Whether a file may be a program: one that somebody may execute, or a library. */
export function mayBeProgram(name: string, { mode, size }: { mode: number; size: number }): boolean {
  if (size < MIN_PROGRAM_BYTES || !isNamedLikeProgram(name)) return false;
  return (mode & 0o111) !== 0 || PROGRAM_ENDINGS.has(endingOf(name)) || name.includes(".so.");
}

function endingOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot < 1 ? "" : name.slice(dot + 1);
}

/**
 * Drives several inspections of one program. A source gives it the content from the start, in pieces of any size, and
 * may pass over what lies before `next`.
 */
export class ProgramReading {
  readonly #file: ProgramFile;
  readonly #inspectors: readonly ProgramInspector[];
  #head: Uint8Array | undefined;
  #headFilled = 0;
  #offset = 0;
  #running: (readonly [ProgramInspector, ProgramInspection])[] | undefined;
  #isProgram = false;

  constructor(file: ProgramFile, inspectors: readonly ProgramInspector[]) {
    this.#file = file;
    this.#inspectors = inspectors;
  }

  /** Whether it is a program by its first bytes; false as long as they have not been seen. */
  get isProgram(): boolean {
    return this.#isProgram;
  }

  /** As of {@link ProgramInspection}; infinite when nobody wants to see more. */
  get next(): number {
    if (this.#running === undefined) return this.#offset;
    let next = Number.POSITIVE_INFINITY;
    for (const [, inspection] of this.#running) next = Math.min(next, inspection.next);
    return next;
  }

  /** How many of the next bytes may be passed over. */
  get passable(): number {
    return Math.max(0, this.next - this.#offset);
  }

  /** The next bytes of the content. */
  write(bytes: Uint8Array): void {
    const start = this.#offset;
    this.#offset += bytes.length;
    if (this.#running === undefined) this.#takeHead(bytes, start);
    else this.#pass(bytes, start);
  }

  /** Passes over bytes of the content. */
  skip(bytes: number): void {
    this.#offset += bytes;
  }

  /** The excerpts by inspector, when all has been given; empty for most files. */
  finish(): ReadonlyMap<ProgramInspector, Uint8Array> {
    const excerpts = new Map<ProgramInspector, Uint8Array>();
    for (const [inspector, inspection] of this.#running ?? []) {
      const excerpt = inspection.finish();
      if (excerpt !== undefined) excerpts.set(inspector, excerpt);
    }
    return excerpts;
  }

  #takeHead(bytes: Uint8Array, start: number): void {
    const wanted = Math.min(PROGRAM_HEAD_BYTES, this.#file.size);
    if (start === 0) {
      if (bytes.length >= 4 && !isExecutableMagic(bytes)) {
        this.#running = [];
        return;
      }
      if (bytes.length >= wanted) {
        this.#begin(bytes.subarray(0, wanted));
        this.#pass(bytes, 0);
        return;
      }
    }
    this.#head ??= new Uint8Array(wanted);
    const piece = bytes.subarray(0, wanted - this.#headFilled);
    this.#head.set(piece, this.#headFilled);
    this.#headFilled += piece.length;
    if (this.#headFilled < wanted) return;
    this.#begin(this.#head);
    this.#pass(this.#head, 0);
    this.#pass(bytes.subarray(piece.length), wanted);
  }

  #begin(head: Uint8Array): void {
    this.#running = [];
    if (!isExecutableMagic(head)) return;
    this.#isProgram = true;
    for (const inspector of this.#inspectors) {
      const inspection = inspector.inspect(head, this.#file);
      if (inspection !== undefined) this.#running.push([inspector, inspection]);
    }
  }

  #pass(bytes: Uint8Array, start: number): void {
    const end = start + bytes.length;
    for (const [, inspection] of this.#running ?? []) {
      const from = Math.max(start, inspection.next);
      if (from < end) inspection.write(bytes.subarray(from - start), from);
    }
  }
}

/** ELF, PE and Mach-O (of one architecture or several) by their first bytes. */
function isExecutableMagic(head: Uint8Array): boolean {
  const [a, b, c, d] = head;
  if (a === 0x7f) return b === 0x45 && c === 0x4c && d === 0x46;
  if (a === 0x4d) return b === 0x5a;
  if (a === 0xfe) return b === 0xed && c === 0xfa && (d === 0xce || d === 0xcf);
  if (a === 0xca) return b === 0xfe && c === 0xba && (d === 0xbe || d === 0xbf);
  return (a === 0xce || a === 0xcf) && b === 0xfa && c === 0xed && d === 0xfe;
}
