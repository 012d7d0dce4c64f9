import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Digest, GiB, type ImageBase, type ImageConfig, MiB, type Secret } from "@pratique/core";
import type { Inventory } from "@pratique/inventory";

/** Raised when the form of what is kept changes: older files are then not found, and made anew. */
const FORM = 2;
const MAX_BYTES = 64 * MiB;
/** What all files may take, unless something else is said. */
const DEFAULT_MAX_TOTAL_BYTES = 4 * GiB;
/** Files lie in as many directories, by two digits of their names, which are hashes: each holds about as much as others. */
const DIRECTORIES = 256;

/** All that reading an image gave; matching it with other advisories needs no second reading. */
export interface CachedInventory {
  readonly inventory: Inventory;
  readonly config?: ImageConfig;
  readonly layers: readonly Digest[];
  /** What made each of the layers; empty where the image does not tell. */
  readonly instructions: readonly string[];
  /** What the image says of its base. */
  readonly base?: ImageBase;
  readonly sizeBytes: number;
  /** What was found by which rules; absent where nobody looked. */
  readonly secrets?: KeptSecrets;
  /** What was read beside the records of packages; absent where nobody asked for licences. */
  readonly licenses?: KeptLicenses;
}

/** By the ids of packages. */
interface KeptLicenses {
  /** Of their reader. */
  readonly revision: number;
  readonly found: Readonly<Record<string, readonly string[]>>;
}

/** Secrets without what they are. */
interface KeptSecrets {
  /** Of the rules. */
  readonly revision: number;
  readonly found: readonly Secret[];
}

/**
 * Keeps inventories by image id, so that an image is read once. May lose anything at any time. Only what was
 * verified against the image id may be put here.
 */
export interface InventoryCache {
  get(imageId: Digest): CachedInventory | undefined;
  put(imageId: Digest, entry: CachedInventory): void;
}

/**
 * A cache of one file an image, under the name of what decides its content: the image id and the revision of
 * the catalogers. Files are replaced by rename, so that any number of processes may share it. What was put there the
 * longest ago makes room.
 */
export class FileInventoryCache implements InventoryCache {
  readonly #directory: string;
  readonly #revision: string;
  readonly #maxTotalBytes: number;

  constructor(
    directory: string,
    catalogerRevision: string,
    { maxTotalBytes = DEFAULT_MAX_TOTAL_BYTES }: { readonly maxTotalBytes?: number } = {},
  ) {
    this.#directory = directory;
    this.#revision = catalogerRevision;
    this.#maxTotalBytes = maxTotalBytes;
  }

  get(imageId: Digest): CachedInventory | undefined {
    const file = this.#fileOf(imageId);
    try {
      if (statSync(file).size > MAX_BYTES) return undefined;
      const parsed: unknown = JSON.parse(readFileSync(file, "utf8"));
      return isEntry(parsed) ? parsed : undefined;
    } catch {
      // Absent, unreadable or cut short: the image is read again.
      return undefined;
    }
  }

  /** A cache that cannot be written, because the disk is full for one, costs time and nothing else. */
  put(imageId: Digest, entry: CachedInventory): void {
    const file = this.#fileOf(imageId);
    const temporary = `${file}.${process.pid}`;
    try {
      mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
      writeFileSync(temporary, JSON.stringify({ form: FORM, ...entry }), { mode: 0o600 });
      renameSync(temporary, file);
      makeRoom(file, this.#maxTotalBytes / DIRECTORIES);
    } catch {
      // It is read again another time.
      rmSync(temporary, { force: true });
    }
  }

  #fileOf(imageId: Digest): string {
    const name = createHash("sha256").update(`${FORM}\n${this.#revision}\n${imageId}`).digest("hex");
    return path.join(this.#directory, name.slice(0, 2), `${name}.json`);
  }
}

/** Removes what lies beside a file, the oldest first, until all of it fits. Leftovers of killed processes are among it. */
function makeRoom(latest: string, maxBytes: number): void {
  const directory = path.dirname(latest);
  const files = readdirSync(directory).flatMap((name) => {
    const file = path.join(directory, name);
    const stats = statSync(file, { throwIfNoEntry: false });
    return stats === undefined ? [] : [{ file, size: stats.size, putMs: stats.mtimeMs }];
  });
  let total = files.reduce((sum, { size }) => sum + size, 0);
  for (const { file, size } of files.sort((left, right) => left.putMs - right.putMs)) {
    if (total <= maxBytes) return;
    if (file === latest) continue;
    rmSync(file, { force: true });
    total -= size;
  }
}

/** The files are our own and written whole; this catches those of another form. */
function isEntry(value: unknown): value is CachedInventory {
  return (
    typeof value === "object" &&
    value !== null &&
    "form" in value &&
    value.form === FORM &&
    "inventory" in value &&
    "layers" in value &&
    Array.isArray(value.layers)
  );
}
