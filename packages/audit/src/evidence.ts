import { createHash } from "node:crypto";
import { type Dirent, mkdirSync, readFileSync, utimesSync } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { type Digest, hasCode, parseDigest } from "@pratique/core";
import { replaceDurably, syncDirectory } from "./durable-write.ts";
import { AuditError, toAuditError } from "./errors.ts";

/** How many digests are remembered as already stored. */
const MEMORY = 10_000;
/** How long what was put counts as used. */
const USED_EVERY_MS = 86_400_000;
/** Much longer than that, and than anybody takes from a piece of evidence to its record. */
const KEPT_UNNAMED_MS = 7 * 86_400_000;

/**
 * What records are too small for: image facts, policies, exceptions. Kept once by content, so that a verdict
 * names by digest exactly what it was computed from.
 */
export class EvidenceStore {
  readonly #directory: string;
  readonly #now: () => Date;
  /** When each was last written or used, in milliseconds since 1970. */
  readonly #stored = new Map<Digest, number>();

  constructor(directory: string, now: () => Date) {
    this.#directory = directory;
    this.#now = now;
  }

  /** Keeps a text and gives its digest. When it returns, the text is on the disk. */
  put(text: string): Digest {
    const digest = digestOf(text);
    const usedMs = this.#stored.get(digest);
    if (usedMs !== undefined && this.#now().getTime() - usedMs < USED_EVERY_MS) return digest;
    const file = this.#fileOf(digest);
    if (this.#isThere(file, text) && this.#use(file)) {
      this.#remember(digest);
      return digest;
    }
    try {
      const made = mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
      replaceDurably(file, text);
      if (made !== undefined) syncDirectory(path.dirname(made));
    } catch (thrown) {
      throw toAuditError(thrown, "evidence cannot be kept");
    }
    this.#remember(digest);
    return digest;
  }

  /**
   * Removes what no record names, and was not put for a week: whoever puts something names it in a record soon after, and
   * those records may have come after the names were gathered. Gives how many files. Rejects with what the file system says.
   */
  async forget(named: ReadonlySet<Digest>): Promise<number> {
    const before = this.#now().getTime() - KEPT_UNNAMED_MS;
    let removed = 0;
    for (const entry of await filesBelow(this.#directory)) {
      // Also what a process that was killed had begun to write.
      const hex = /^[0-9a-f]{64}$/u.test(entry.name) ? entry.name : undefined;
      if (hex !== undefined && named.has(parseDigest(`sha256:${hex}`))) continue;
      const file = path.join(entry.parentPath, entry.name);
      const { mtimeMs } = await stat(file);
      if (mtimeMs >= before) continue;
      await rm(file);
      removed += 1;
    }
    return removed;
  }

  /** Notes that it is used, so that it is not forgotten before the record is there. False where it went meanwhile. */
  #use(file: string): boolean {
    try {
      const now = this.#now();
      utimesSync(file, now, now);
      return true;
    } catch (thrown) {
      if (hasCode(thrown, "ENOENT")) return false;
      throw toAuditError(thrown, "evidence cannot be kept");
    }
  }

  /**
   * Whether an earlier process has kept the text: it got its name after it was flushed. What has been changed since
   * is written anew.
   */
  #isThere(file: string, text: string): boolean {
    try {
      return readFileSync(file, "utf8") === text;
    } catch {
      // Then it is written, and whatever is wrong with the place is thrown by that.
      return false;
    }
  }

  /** The text of a digest. Throws `EVIDENCE_MISSING`, and `LOG_CORRUPT` where it no longer fits its digest. */
  get(digest: Digest): string {
    const text = this.#read(digest);
    if (digestOf(text) !== digest) throw new AuditError("LOG_CORRUPT", `evidence ${digest} was changed`);
    return text;
  }

  #read(digest: Digest): string {
    try {
      return readFileSync(this.#fileOf(digest), "utf8");
    } catch (cause) {
      throw new AuditError("EVIDENCE_MISSING", `evidence ${digest} is missing`, { cause });
    }
  }

  #remember(digest: Digest): void {
    if (this.#stored.size >= MEMORY) this.#stored.clear();
    this.#stored.set(digest, this.#now().getTime());
  }

  #fileOf(digest: Digest): string {
    const hex = digest.slice("sha256:".length);
    return path.join(this.#directory, hex.slice(0, 2), hex);
  }
}

async function filesBelow(directory: string): Promise<readonly Dirent[]> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile());
  } catch (thrown) {
    // Nothing was kept yet.
    if (hasCode(thrown, "ENOENT")) return [];
    throw thrown;
  }
}

function digestOf(text: string): Digest {
  return parseDigest(`sha256:${createHash("sha256").update(text, "utf8").digest("hex")}`);
}
