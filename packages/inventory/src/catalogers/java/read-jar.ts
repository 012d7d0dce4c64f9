import { ArchiveError, bytesSource, type ZipEntry, ZipReader } from "@pratique/archive";
import { KiB, MiB } from "@pratique/core";
import type { FailureLog } from "../../failure-log.ts";
import { asBuffer } from "../../read-file.ts";
import type { Coordinates } from "./coordinates.ts";
import { licensesOfManifest, licensesOfPom } from "./declared-jar-licenses.ts";
import { parseJarName } from "./jar-name.ts";
import { isApplication, isDescriptor, isJarPath, isModel } from "./jar-path.ts";
import { type Manifest, parseManifest } from "./manifest.ts";
import { isOfJava, nameJar } from "./name-jar.ts";
import { parsePomProperties } from "./pom-properties.ts";
import { UnpackBudget } from "./unpack-budget.ts";

/** Archives in archives are read this deep; application servers pack three. */
const MAX_DEPTH = 8;
/** Characters of the name of an entry. */
const MAX_NAME_LENGTH = 1024;
const MAX_DESCRIPTOR_BYTES = 64 * KiB;
/** Longer models are passed over: all that they would tell is a licence. */
const MAX_MODEL_BYTES = 256 * KiB;
const MAX_MANIFEST_BYTES = 8 * MiB;
const LIMITS = { entries: 500_000, directoryBytes: 64 * MiB, entryBytes: 64 * MiB };

/** An artifact, and the archive that it was found in: `app.war!/WEB-INF/lib/a.jar` for one in another. */
export interface FoundArtifact extends Coordinates {
  readonly path: string;
  readonly licenses?: readonly string[];
}

export interface ReadJarOptions {
  readonly path: string;
  readonly log: FailureLog;
  /** How many archives this one lies in. */
  readonly depth?: number;
  /** That of the outermost archive. */
  readonly budget?: UnpackBudget;
}

/**
 * The artifacts in an archive: those that say so themselves, of which a merged archive has several, and those in
 * archives inside. What cannot be read is recorded, and the rest is kept.
 */
export function readJar(bytes: Uint8Array, options: ReadJarOptions): readonly FoundArtifact[] {
  const reading = new JarReading(bytes, options);
  reading.tolerate(options.path, () => reading.readEntries());
  return reading.artifacts();
}

interface DescribedArtifact extends FoundArtifact {
  /** That of its descriptor. */
  readonly directory: string;
}

function directoryOf(name: string): string {
  return name.slice(0, name.lastIndexOf("/") + 1);
}

/** What is collected of one archive while its entries pass by. */
class JarReading {
  readonly #bytes: Uint8Array;
  readonly #options: ReadJarOptions;
  readonly #budget: UnpackBudget;
  /** Those that descriptors name, each once. */
  readonly #described = new Map<string, DescribedArtifact>();
  /** What models say of licences, by the directories that they share with descriptors. */
  readonly #modelled = new Map<string, Pick<FoundArtifact, "licenses">>();
  readonly #inner: FoundArtifact[] = [];
  readonly #classDirectories = new Set<string>();
  #manifest: Manifest = new Map();
  #isApplication: boolean;

  constructor(bytes: Uint8Array, options: ReadJarOptions) {
    this.#bytes = bytes;
    this.#options = options;
    this.#budget = options.budget ?? new UnpackBudget(bytes.length);
    this.#isApplication = isApplication(options.path);
  }

  readEntries(): void {
    const zip = new ZipReader(bytesSource(this.#bytes), LIMITS);
    for (const entry of zip.entries()) {
      if (entry.name.length > MAX_NAME_LENGTH)
        throw tooMuch("an entry has a longer name than any file may have");
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
    const described = [...this.#described.values()].map((one) => this.#withLicenses(one));
    return [...described, ...(own === undefined ? [] : [own]), ...this.#inner];
  }

  #look(zip: ZipReader, entry: ZipEntry): void {
    const { name } = entry;
    if (name.endsWith(".class")) this.#classDirectories.add(name.slice(0, name.lastIndexOf("/") + 1));
    else if (name === "META-INF/MANIFEST.MF") this.#readManifest(zip, entry);
    else if (isDescriptor(name)) this.#readDescriptor(zip, entry);
    else if (isModel(name)) this.#readModel(zip, entry);
    else if (isJarPath(name)) this.#readInner(zip, entry);
  }

  #readManifest(zip: ZipReader, entry: ZipEntry): void {
    this.#manifest = parseManifest(asBuffer(this.#unpack(zip, entry, MAX_MANIFEST_BYTES)));
  }

  #readDescriptor(zip: ZipReader, entry: ZipEntry): void {
    const { path, log } = this.#options;
    const found = parsePomProperties(asBuffer(this.#unpack(zip, entry, MAX_DESCRIPTOR_BYTES)));
    if (typeof found === "string") log.add("PACKAGE_RECORD_MALFORMED", found, `${path}!/${entry.name}`);
    else
      this.#described.set(`${found.group}:${found.artifact}:${found.version}`, {
        ...found,
        path,
        directory: directoryOf(entry.name),
      });
  }

  #readModel(zip: ZipReader, entry: ZipEntry): void {
    if (entry.size > MAX_MODEL_BYTES) return;
    this.#modelled.set(
      directoryOf(entry.name),
      licensesOfPom(asBuffer(this.#unpack(zip, entry, MAX_MODEL_BYTES))),
    );
  }

  /** The manifest speaks of the archive, so of the only artifact in it. */
  #withLicenses({ directory, ...found }: DescribedArtifact): FoundArtifact {
    const told = this.#modelled.get(directory) ?? {};
    const isAlone = this.#described.size === 1;
    return {
      ...found,
      ...(told.licenses === undefined && isAlone ? licensesOfManifest(this.#manifest) : told),
    };
  }

  #readInner(zip: ZipReader, entry: ZipEntry): void {
    const { path, log, depth = 0 } = this.#options;
    this.#isApplication = true;
    if (depth + 1 > MAX_DEPTH) throw tooMuch(`archives in archives are read ${MAX_DEPTH} deep`);
    if (!this.#budget.hold(entry.size)) throw tooMuch("archives in archives are too long together");
    try {
      const content = this.#unpack(zip, entry, LIMITS.entryBytes);
      const options = { path: `${path}!/${entry.name}`, log, depth: depth + 1, budget: this.#budget };
      this.#inner.push(...readJar(content, options));
    } finally {
      this.#budget.release(entry.size);
    }
  }

  #unpack(zip: ZipReader, entry: ZipEntry, maxBytes: number): Uint8Array {
    const { name, size } = entry;
    if (size > maxBytes) throw tooMuch(`${JSON.stringify(name)} is longer than ${maxBytes} bytes`);
    if (!this.#budget.take(size)) throw tooMuch("the archive unpacks to far more than its own length");
    return zip.read(entry);
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
    if (own?.group !== undefined || (own !== undefined && described.length === 0))
      return { ...own, path, ...licensesOfManifest(this.#manifest) };
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

function tooMuch(message: string): ArchiveError {
  return new ArchiveError("LIMIT_REACHED", message);
}
