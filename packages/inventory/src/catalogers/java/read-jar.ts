import { ArchiveError, bytesSource, type ZipEntry, ZipReader } from "@pratique/archive";
import { KiB, MiB } from "@pratique/core";
import type { FailureLog } from "../../failure-log.ts";
import { asBuffer } from "../../read-file.ts";
import type { Coordinates } from "./coordinates.ts";
import { parseJarName } from "./jar-name.ts";
import { isApplication, isDescriptor, isJarPath } from "./jar-path.ts";
import { type Manifest, parseManifest } from "./manifest.ts";
import { isOfJava, nameJar } from "./name-jar.ts";
import { parsePomProperties } from "./pom-properties.ts";
import type { UnpackBudget } from "./unpack-budget.ts";

/** Archives in archives are read this deep; application servers pack three. */
const MAX_DEPTH = 8;
const MAX_DESCRIPTOR_BYTES = 64 * KiB;
const MAX_MANIFEST_BYTES = 8 * MiB;
const LIMITS = { entries: 500_000, directoryBytes: 64 * MiB, entryBytes: 64 * MiB };

/** An artifact, and the archive that it was found in: `app.war!/WEB-INF/lib/a.jar` for one in another. */
export interface FoundArtifact extends Coordinates {
  readonly path: string;
}

export interface ReadJarOptions {
  readonly path: string;
  /** How many archives this one lies in. */
  readonly depth?: number;
  readonly budget: UnpackBudget;
  readonly log: FailureLog;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The artifacts in an archive: those that say so themselves, of which a merged archive has several, and those in
 * archives inside. What cannot be read is recorded, and the rest is kept. Throws only the reason of an aborted signal.
 */
export function readJar(bytes: Uint8Array, options: ReadJarOptions): readonly FoundArtifact[] {
  options.signal?.throwIfAborted();
  const reading = new JarReading(bytes, options);
  reading.tolerate(options.path, () => reading.readEntries());
  return reading.artifacts();
}

/** What is collected of one archive while its entries pass by. */
class JarReading {
  readonly #bytes: Uint8Array;
  readonly #options: ReadJarOptions;
  /** Those that descriptors name, each once. */
  readonly #described = new Map<string, FoundArtifact>();
  readonly #inner: FoundArtifact[] = [];
  readonly #classDirectories = new Set<string>();
  #manifest: Manifest = new Map();
  #isApplication: boolean;

  constructor(bytes: Uint8Array, options: ReadJarOptions) {
    this.#bytes = bytes;
    this.#options = options;
    this.#isApplication = isApplication(options.path);
  }

  readEntries(): void {
    const zip = new ZipReader(bytesSource(this.#bytes), LIMITS);
    for (const entry of zip.entries()) {
      this.tolerate(`${this.#options.path}!/${entry.name}`, () => this.#look(zip, entry));
    }
  }

  /** Records what an archive does not keep of its promises. */
  tolerate(path: string, action: () => void): void {
    try {
      action();
    } catch (thrown) {
      if (!(thrown instanceof ArchiveError)) throw thrown;
      const code = thrown.code === "LIMIT_REACHED" ? "LIMIT_REACHED" : "ARCHIVE_DAMAGED";
      this.#options.log.add(code, thrown.message, path);
    }
  }

  artifacts(): readonly FoundArtifact[] {
    const own = this.#nameOwn();
    return [...this.#described.values(), ...(own === undefined ? [] : [own]), ...this.#inner];
  }

  #look(zip: ZipReader, entry: ZipEntry): void {
    const { name } = entry;
    if (name.endsWith(".class")) this.#classDirectories.add(name.slice(0, name.lastIndexOf("/") + 1));
    else if (name === "META-INF/MANIFEST.MF") this.#readManifest(zip, entry);
    else if (isDescriptor(name)) this.#readDescriptor(zip, entry);
    else if (isJarPath(name)) this.#readInner(zip, entry);
  }

  #readManifest(zip: ZipReader, entry: ZipEntry): void {
    checkSize(entry, MAX_MANIFEST_BYTES);
    this.#manifest = parseManifest(asBuffer(zip.read(entry)));
  }

  #readDescriptor(zip: ZipReader, entry: ZipEntry): void {
    const { path, log } = this.#options;
    checkSize(entry, MAX_DESCRIPTOR_BYTES);
    const found = parsePomProperties(asBuffer(zip.read(entry)));
    if (typeof found === "string") log.add("PACKAGE_RECORD_MALFORMED", found, `${path}!/${entry.name}`);
    else this.#described.set(`${found.group}:${found.artifact}:${found.version}`, { ...found, path });
  }

  #readInner(zip: ZipReader, entry: ZipEntry): void {
    const { path, depth = 0, budget, log, signal } = this.#options;
    const innerPath = `${path}!/${entry.name}`;
    this.#isApplication = true;
    if (depth + 1 > MAX_DEPTH) throw tooMuch(`archives in archives are read ${MAX_DEPTH} deep`);
    checkSize(entry, LIMITS.entryBytes);
    if (!budget.take(entry.size)) throw tooMuch("the archives in the archives are too long together");
    try {
      const options = { path: innerPath, depth: depth + 1, budget, log, signal };
      this.#inner.push(...readJar(zip.read(entry), options));
    } finally {
      budget.release(entry.size);
    }
  }

  /**
   * The archive itself, where no descriptor is its own. What is merged into an archive without its descriptor cannot be
   * seen, and applications are what somebody made of artifacts.
   */
  #nameOwn(): FoundArtifact | undefined {
    const { path, log } = this.#options;
    const described = [...this.#described.values()];
    const { artifact } = parseJarName(path);
    if (this.#isApplication || this.#classDirectories.size === 0 || isOfJava(this.#manifest))
      return undefined;
    if (described.some((one) => one.artifact === artifact)) return undefined;
    const own = nameJar({
      path,
      manifest: this.#manifest,
      hasClasses: (directory) => this.#hasClasses(directory),
    });
    if (own?.group !== undefined || (own !== undefined && described.length === 0)) return { ...own, path };
    if (described.length === 0) {
      log.add("PACKAGE_UNIDENTIFIED", "nothing tells which artifact, in which version, the archive is", path);
    }
    return undefined;
  }

  #hasClasses(directory: string): boolean {
    for (const known of this.#classDirectories) if (known.startsWith(directory)) return true;
    return false;
  }
}

function checkSize({ name, size }: ZipEntry, maxBytes: number): void {
  if (size > maxBytes) throw tooMuch(`${JSON.stringify(name)} is longer than ${maxBytes} bytes`);
}

function tooMuch(message: string): ArchiveError {
  return new ArchiveError("LIMIT_REACHED", message);
}
