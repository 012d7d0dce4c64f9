import { readFileSync, readlinkSync } from "node:fs";
import { open, opendir } from "node:fs/promises";
import { KiB } from "@pratique/core";
import { containerOfProcess } from "@pratique/sensor";
import { findScript } from "./find-script.ts";
import { type Execution, givenScript } from "./given-script.ts";
import { filesMappedIn, isFileOfTree } from "./mapped-files.ts";
import { isOfImage, readRootMount } from "./root-mount.ts";

/** What a process has in use. */
export interface Look {
  /** The program that it executes; undefined where that is not the image's. */
  readonly program: string | undefined;
  /** The file of the image that its program was given to execute, after the links to it that were named; mostly empty. */
  readonly script: readonly string[];
  /** Other files of the image that it has in memory or open, with leading slashes. */
  readonly loaded: readonly string[];
  /** There was more than is read. */
  readonly isCut: boolean;
  /** How much was read. */
  readonly bytes: number;
}

export interface LookOptions {
  /** The container that the process is taken for one of. */
  readonly container: string;
  /** What it executes, as the sensor was told; absent where that was missed. */
  readonly execution?: Execution | undefined;
  /** Whether a file is known already to be one of the image. */
  readonly isKnown: (path: string) => boolean;
  /** Where the host's processes are told. */
  readonly proc?: string;
}

/** Some five thousand mappings; a process may have 65 530, and each costs the kernel time as well. */
const MAX_MAPS_BYTES = 512 * KiB;
const MAX_MOUNTINFO_BYTES = 256 * KiB;
/** Applications of Java have hundreds of archives open, and servers a socket for each who asks them. */
const MAX_DESCRIPTORS = 4096;
/** What it costs to ask where a descriptor leads, in bytes of mappings. */
const DESCRIPTOR_BYTES = 256;
/** What it costs to find a script, in the same. */
const SCRIPT_BYTES = 4 * KiB;
const MAX_UNKNOWN = 512;
const JVM = /\/libjvm\.so$/u;
const JAVA_ARCHIVE = /\.(?:jar|war|ear)$/u;

/**
 * Looks which files of its image a process of a container has in use. Undefined where it has ended, or is no process of the
 * container. It tells no more than the kernel does of that very process: nobody else's container can be meant.
 */
export async function lookAtProcess(
  pid: number,
  { container, execution, isKnown, proc = "/proc" }: LookOptions,
): Promise<Look | undefined> {
  const place = `${proc}/${pid}`;
  try {
    const isMember = () => containerOfProcess(readFileSync(`${place}/cgroup`, "utf8"))?.id === container;
    if (!isMember()) return undefined;
    const maps = await readSome(`${place}/maps`, MAX_MAPS_BYTES);
    const program = readlinkSync(`${place}/exe`);
    const files = new Set(filesMappedIn(maps.text));
    const isJava = [...files].some((path) => JVM.test(path));
    const opened = isJava ? await archivesOpenIn(place) : NOTHING_OPEN;
    for (const path of opened.archives) files.add(path);
    if (isFileOfTree(program)) files.add(program);
    const script = await findScript(pid, execution === undefined ? [] : givenScript(execution), proc);
    for (const path of script) files.add(path);
    const own = await filesOfImage(files, { place, isKnown });
    // The number may have become another process's meanwhile.
    if (!isMember()) return undefined;
    const { isCut: isPartly, found } = own;
    return {
      program: found.has(program) ? program : undefined,
      script: script.filter((path) => found.has(path)),
      loaded: [...found].filter((path) => path !== program && !script.includes(path)),
      isCut: maps.isCut || opened.isCut || isPartly,
      bytes: maps.text.length + opened.bytes + script.length * SCRIPT_BYTES,
    };
  } catch {
    // It has ended.
    return undefined;
  }
}

/**
 * Looks whether a process of a container has a file that it was given, and whether that is the image's: the links to it, and
 * the file. Undefined where the process has ended, or is no process of the container.
 */
export async function lookForScript(
  pid: number,
  given: readonly string[],
  { container, proc = "/proc" }: Pick<LookOptions, "container" | "proc">,
): Promise<readonly string[] | undefined> {
  const place = `${proc}/${pid}`;
  try {
    const isMember = () => containerOfProcess(readFileSync(`${place}/cgroup`, "utf8"))?.id === container;
    if (!isMember()) return undefined;
    const { found } = await filesOfImage(new Set(await findScript(pid, given, proc)), {
      place,
      isKnown: () => false,
    });
    // Of one that has ended and is waited for, the root is told no more.
    readlinkSync(`${place}/root`);
    return isMember() ? [...found] : undefined;
  } catch {
    // It has ended.
    return undefined;
  }
}

interface Reading {
  readonly place: string;
  readonly isKnown: (path: string) => boolean;
}

async function filesOfImage(
  files: ReadonlySet<string>,
  { place, isKnown }: Reading,
): Promise<{ readonly found: ReadonlySet<string>; readonly isCut: boolean }> {
  const unknown = [...files].filter((path) => !isKnown(path));
  const found = new Set([...files].filter((path) => isKnown(path)));
  if (unknown.length === 0) return { found, isCut: false };
  const { text, isCut } = await readSome(`${place}/mountinfo`, MAX_MOUNTINFO_BYTES);
  if (isCut) return { found, isCut };
  const mount = readRootMount(text);
  for (const path of unknown.slice(0, MAX_UNKNOWN)) {
    // A part of a longer text would keep all of it in memory.
    if (await isOfImage(path, mount)) found.add(Buffer.from(path).toString());
  }
  return { found, isCut: unknown.length > MAX_UNKNOWN };
}

interface OpenArchives {
  readonly archives: readonly string[];
  readonly isCut: boolean;
  readonly bytes: number;
}

const NOTHING_OPEN: OpenArchives = { archives: [], isCut: false, bytes: 0 };

/** One by one: a process may have a million descriptors, and a list of them takes as long to make as somebody likes. */
async function archivesOpenIn(place: string): Promise<OpenArchives> {
  const archives: string[] = [];
  let count = 0;
  for await (const { name } of await opendir(`${place}/fd`)) {
    if (count === MAX_DESCRIPTORS) return { archives, isCut: true, bytes: count * DESCRIPTOR_BYTES };
    count += 1;
    const path = targetOf(`${place}/fd/${name}`);
    if (path !== undefined && JAVA_ARCHIVE.test(path) && isFileOfTree(path)) archives.push(path);
  }
  return { archives, isCut: false, bytes: count * DESCRIPTOR_BYTES };
}

function targetOf(descriptor: string): string | undefined {
  try {
    return readlinkSync(descriptor);
  } catch {
    // It was closed.
    return undefined;
  }
}

/** Reads a file of the kernel's, which tells no size, and as much at once as it likes. */
async function readSome(
  path: string,
  maxBytes: number,
): Promise<{ readonly text: string; readonly isCut: boolean }> {
  await using file = await open(path, "r");
  const pieces: Buffer[] = [];
  let length = 0;
  while (length < maxBytes) {
    const piece = Buffer.alloc(Math.min(PIECE_BYTES, maxBytes - length));
    const { bytesRead } = await file.read(piece, 0, piece.length);
    if (bytesRead === 0) break;
    pieces.push(piece.subarray(0, bytesRead));
    length += bytesRead;
  }
  return { text: Buffer.concat(pieces).toString("utf8"), isCut: length >= maxBytes };
}

const PIECE_BYTES = 16 * KiB;
