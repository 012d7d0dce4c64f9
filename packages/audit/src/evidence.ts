import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { type Digest, parseDigest } from "@pratique/core";
import { writeDurably } from "./durable-write.ts";
import { AuditError, toAuditError } from "./errors.ts";

/** How many digests are remembered as already stored. */
const MEMORY = 10_000;

/**
 * What records are too small for: image facts, policies, exceptions. Kept once by content, so that a verdict
 * names by digest exactly what it was computed from.
 */
export class EvidenceStore {
  readonly #directory: string;
  readonly #stored = new Set<Digest>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Keeps a text and gives its digest. When it returns, the text is on the disk. */
  put(text: string): Digest {
    const digest = digestOf(text);
    if (this.#stored.has(digest)) return digest;
    const file = this.#fileOf(digest);
    if (this.#isThere(file, text)) {
      this.#remember(digest);
      return digest;
    }
    const temporary = `${file}.${process.pid}`;
    try {
      mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
      writeDurably(temporary, text);
      renameSync(temporary, file);
    } catch (thrown) {
      rmSync(temporary, { force: true });
      throw toAuditError(thrown, "evidence cannot be kept");
    }
    this.#remember(digest);
    return digest;
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
    this.#stored.add(digest);
  }

  #fileOf(digest: Digest): string {
    const hex = digest.slice("sha256:".length);
    return path.join(this.#directory, hex.slice(0, 2), hex);
  }
}

function digestOf(text: string): Digest {
  return parseDigest(`sha256:${createHash("sha256").update(text, "utf8").digest("hex")}`);
}
