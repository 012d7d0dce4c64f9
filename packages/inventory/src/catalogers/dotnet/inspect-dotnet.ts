import type { ProgramFile, ProgramInspection, ProgramInspector } from "@pratique/core";
import { readElfHead } from "../../programs/elf.ts";
import { isManaged, readPeSections } from "../../programs/pe.ts";
import { parseDependencies } from "./parse-dependencies.ts";
import { readVersionResource } from "./version-resource.ts";

/** What an excerpt of {@link inspectDotnet} is of; its first line. */
export const ASSEMBLY = "assembly";
export const BUNDLE = "bundle";

/**
 * Finds what assemblies of .NET say of themselves, and the list of dependencies in a program that was published as a single
 * file. Below the first line an excerpt has a line for each package: its name, a tab, its version.
 */
export const inspectDotnet: ProgramInspector = {
  inspect(head, file) {
    return inspectAssembly(head) ?? inspectBundle(head, file);
  },
};

/** The version stands among the first resources; icons of Windows programs may be behind it. */
const MAX_RESOURCE_BYTES = 256 * 1024;

function inspectAssembly(head: Uint8Array): ProgramInspection | undefined {
  const resources = readPeSections(head)?.find(({ name }) => name === ".rsrc");
  if (resources === undefined || !isManaged(head)) return undefined;
  const start = resources.offset;
  return new Kept({ start, end: start + Math.min(resources.size, MAX_RESOURCE_BYTES) }, (bytes) => {
    const found = readVersionResource(bytes);
    return found === undefined ? undefined : `${ASSEMBLY}\n${found.name}\t${found.version}\n`;
  });
}

/** All of a part of a file, and what is made of it. */
class Kept implements ProgramInspection {
  readonly #part: { readonly start: number; readonly end: number };
  readonly #read: (bytes: Buffer) => string | undefined;
  readonly #pieces: Buffer[] = [];
  #next: number;

  constructor(
    part: { readonly start: number; readonly end: number },
    read: (bytes: Buffer) => string | undefined,
  ) {
    this.#part = part;
    this.#read = read;
    this.#next = part.start;
  }

  get next(): number {
    return this.#next < this.#part.end ? this.#next : Number.POSITIVE_INFINITY;
  }

  write(bytes: Uint8Array, offset: number): void {
    const from = Math.max(0, this.#next - offset);
    const piece = bytes.subarray(from, Math.max(from, this.#part.end - offset));
    if (piece.length > 0) this.#pieces.push(Buffer.from(piece));
    this.#next = offset + bytes.length;
  }

  finish(): Uint8Array | undefined {
    const text = this.#read(Buffer.concat(this.#pieces));
    return text === undefined ? undefined : Buffer.from(text);
  }
}

/**
 * A single file is the host, a program of ELF, with the files of the application behind it: nothing of ELF lies behind the
 * table of sections (dotnet/designs, "single-file/bundler.md").
 */
function inspectBundle(head: Uint8Array, { size }: ProgramFile): ProgramInspection | undefined {
  const table = readElfHead(head)?.sections;
  if (table === undefined) return undefined;
  const start = table.offset + table.count * table.entrySize;
  return start < size ? new BundleInspection(start, size) : undefined;
}

/** How the list begins that the SDK writes: its own member comes first. */
const LIST = /\{\s{0,8}"runtimeTarget"\s?:/u;
const MARK = Buffer.from('"runtimeTarget"');
/** Of a large application it has some hundred thousand bytes. */
const MAX_LIST_BYTES = 4 * 1024 * 1024;
/** What may be in front of the mark. */
const MARGIN = 64;

class BundleInspection implements ProgramInspection {
  readonly #size: number;
  /** While searching, the last bytes; then the list from its beginning on. */
  #kept: Buffer = Buffer.alloc(0);
  #isFound = false;
  #next: number;

  constructor(start: number, size: number) {
    this.#size = size;
    this.#next = start;
  }

  get next(): number {
    const hasEnough = this.#isFound && this.#kept.length >= MAX_LIST_BYTES;
    return this.#next < this.#size && !hasEnough ? this.#next : Number.POSITIVE_INFINITY;
  }

  write(bytes: Uint8Array, offset: number): void {
    this.#next = offset + bytes.length;
    const data = Buffer.concat([this.#kept, bytes]);
    if (this.#isFound) {
      this.#kept = data.subarray(0, MAX_LIST_BYTES);
      return;
    }
    for (let at = data.indexOf(MARK); at >= 0; at = data.indexOf(MARK, at + 1)) {
      const start = Math.max(0, at - MARGIN);
      const text = data.toString("latin1", start, at + MARK.length + 2);
      const brace = LIST.exec(text)?.index;
      if (brace === undefined) continue;
      this.#isFound = true;
      this.#kept = Buffer.from(data.subarray(start + brace, start + brace + MAX_LIST_BYTES));
      return;
    }
    this.#kept = Buffer.from(data.subarray(Math.max(0, data.length - MARGIN - MARK.length)));
  }

  finish(): Uint8Array | undefined {
    const end = this.#isFound ? endOfObject(this.#kept) : undefined;
    if (end === undefined) return undefined;
    const { packages } = parseDependencies(this.#kept.subarray(0, end));
    return Buffer.from(`${BUNDLE}\n${packages.map(({ name, version }) => `${name}\t${version}\n`).join("")}`);
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Where the object ends that begins with the first byte; undefined where it does not. */
function endOfObject(json: Uint8Array): number | undefined {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at];
    if (isText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === 0x7b) depth += 1;
    else if (byte === 0x7d) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
}
