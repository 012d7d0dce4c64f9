import { readFileSync } from "node:fs";
import { hasCode } from "@pratique/core";
import { replaceDurably } from "../durable-write.ts";
import { AuditError, toAuditError } from "../errors.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { type CheckpointNote, parseCheckpoint } from "./checkpoint.ts";
import { HASH_BYTES, isConsistent, isSameHash } from "./merkle.ts";
import { cosign, verifySignatures } from "./note.ts";
import { type LocalSigner, signatureTypes, type VerifierKey } from "./note-key.ts";
import { ProcessLock } from "./process-lock.ts";
import { parseWitnessRequest, type WitnessRequest } from "./witness-request.ts";

/** What a witness answers (c2sp.org/tlog-witness, "add-checkpoint"). */
export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  readonly contentType: string;
  /** For 200 the cosignature line, for 409 the size that the witness knows, else a reason. */
  readonly body: string;
}

export interface WitnessOptions {
  /** Signs cosignatures; a key of type 0x04, used by this witness alone. */
  readonly signer: LocalSigner;
  /** The logs that it watches: their origin is the name of their key. Several keys of one origin are fine. */
  readonly logs: readonly VerifierKey[];
  /** Remembers the last head of each log. */
  readonly stateFile: string;
  readonly now: () => Date;
}

interface SeenHead {
  readonly size: number;
  readonly root: Uint8Array;
}

/**
 * Remembers the last head of each log, and cosigns a newer one only where it is proved to contain the older. A log
 * that shows two histories, or takes something back, gets no cosignature any more.
 *
 * It answers one request wholly before the next, and what it cosigned is on the disk before it says so.
 */
export class Witness implements Disposable {
  readonly key: VerifierKey;
  readonly #options: WitnessOptions;
  readonly #lock: ProcessLock;
  readonly #heads: Map<string, SeenHead>;

  /**
   * Throws `LOG_LOCKED` when another process is this witness, `LOG_CORRUPT` for a state that cannot be read, and
   * `KEY_MALFORMED` for a key that is not for cosignatures.
   */
  constructor(options: WitnessOptions) {
    this.key = options.signer.key;
    this.#options = options;
    if (this.key.type !== signatureTypes.cosignature) {
      throw new AuditError("KEY_MALFORMED", "the key of a witness has to be of type 4");
    }
    this.#lock = openLock(`${options.stateFile}.lock`);
    try {
      this.#heads = readState(options.stateFile);
    } catch (thrown) {
      this.#lock[Symbol.dispose]();
      throw thrown;
    }
  }

  /** Answers `add-checkpoint`. Throws `DISK_FULL` or `LOG_UNWRITABLE` when it cannot remember; nothing is signed. */
  addCheckpoint(body: string): WitnessAnswer {
    let request: WitnessRequest;
    let checkpoint: CheckpointNote;
    try {
      request = parseWitnessRequest(body);
      checkpoint = parseCheckpoint(request.checkpoint);
    } catch (thrown) {
      if (thrown instanceof AuditError) return refusal(400, thrown.message);
      throw thrown;
    }
    return this.#checkTrust(request, checkpoint) ?? this.#checkGrowth(request, checkpoint);
  }

  /** The size of the log that was cosigned last; 0 for one that never was. */
  sizeOf(origin: string): number {
    return this.#heads.get(origin)?.size ?? 0;
  }

  [Symbol.dispose](): void {
    this.#lock[Symbol.dispose]();
  }

  #checkTrust(request: WitnessRequest, checkpoint: CheckpointNote): WitnessAnswer | undefined {
    const keys = this.#options.logs.filter(({ name }) => name === checkpoint.origin);
    if (keys.length === 0) return refusal(404, "unknown origin");
    try {
      if (verifySignatures(checkpoint.note, keys).length === 0) return refusal(403, "no known signature");
    } catch (thrown) {
      if (thrown instanceof AuditError) return refusal(403, thrown.message);
      throw thrown;
    }
    return request.oldSize > checkpoint.size
      ? refusal(400, "the old size is over that of the checkpoint")
      : undefined;
  }

  #checkGrowth({ oldSize, proof }: WitnessRequest, checkpoint: CheckpointNote): WitnessAnswer {
    const { origin, size, root } = checkpoint;
    const seen = this.#heads.get(origin);
    const knownSize = seen?.size ?? 0;
    if (oldSize !== knownSize) return conflict(knownSize);
    if (seen !== undefined && size === seen.size && !isSameHash(root, seen.root)) return conflict(knownSize);
    const proved =
      seen === undefined
        ? proof.length === 0
        : isConsistent({ oldSize, oldRoot: seen.root, size, root }, proof);
    if (!proved) return refusal(422, "the consistency proof does not verify");
    this.#remember(origin, { size, root });
    const seconds = Math.floor(this.#options.now().getTime() / 1000);
    const line = cosign(checkpoint.note.text, seconds, this.#options.signer);
    return { status: 200, contentType: "text/plain; charset=utf-8", body: line };
  }

  #remember(origin: string, head: SeenHead): void {
    const heads = new Map(this.#heads).set(origin, head);
    writeState(this.#options.stateFile, heads);
    this.#heads.set(origin, head);
  }
}

function refusal(status: 400 | 403 | 404 | 422, reason: string): WitnessAnswer {
  return { status, contentType: "text/plain; charset=utf-8", body: `${reason}\n` };
}

function conflict(size: number): WitnessAnswer {
  return { status: 409, contentType: "text/x.tlog.size", body: `${size}\n` };
}

function openLock(file: string): ProcessLock {
  try {
    const lock = new ProcessLock(file);
    if (lock.tryAcquire()) return lock;
    lock[Symbol.dispose]();
  } catch (thrown) {
    throw toAuditError(thrown, "the witness's state cannot be opened");
  }
  throw new AuditError("LOG_LOCKED", "another process holds the witness's state");
}

function readState(file: string): Map<string, SeenHead> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (thrown) {
    if (hasCode(thrown, "ENOENT")) return new Map();
    throw toAuditError(thrown, "the witness's state cannot be read");
  }
  const heads = new Map<string, SeenHead>();
  for (const line of text.split("\n").slice(0, -1)) {
    const [size, root, origin] = [...line.split(" ", 2), line.split(" ").slice(2).join(" ")];
    const hash = decodeBase64(root ?? "");
    if (hash?.length !== HASH_BYTES || !Number.isSafeInteger(Number(size)) || origin === "") {
      throw new AuditError("LOG_CORRUPT", `the witness's state ${JSON.stringify(file)} is malformed`);
    }
    heads.set(origin ?? "", { size: Number(size), root: hash });
  }
  return heads;
}

/** One line a log: size, root in base64, origin. */
function writeState(file: string, heads: ReadonlyMap<string, SeenHead>): void {
  const lines = [...heads].map(([origin, { size, root }]) => `${size} ${encodeBase64(root)} ${origin}\n`);
  try {
    replaceDurably(file, lines.join(""));
  } catch (thrown) {
    throw toAuditError(thrown, "the witness's state cannot be kept");
  }
}
