import { AuditError } from "../errors.ts";
import { decodeBase64, encodeBase64, parseDecimal } from "./base64.ts";
import { parseCheckpoint, type TrustedCheckpoint, verifyCheckpoint } from "./checkpoint.ts";
import { HASH_BYTES, isIncluded, leafHash } from "./merkle.ts";
import type { VerifierKey } from "./note-key.ts";
import { checkQuorum, type Quorum } from "./quorum.ts";
import type { TileSource } from "./tile-source.ts";
import { TreeReader } from "./tree-reader.ts";

const FIRST_LINE = "c2sp.org/tlog-proof@v1";
/** A tree of 2^53 entries has no longer path. */
const MAX_PATH = 63;

/** A proof that was taken apart. Nothing in it is trusted yet. */
export interface TreeProof {
  readonly index: number;
  /** Starting with the leaf's sibling. */
  readonly path: readonly Uint8Array[];
  /** The signed note. */
  readonly checkpoint: string;
  /** Authenticated by nothing. */
  readonly extra?: Uint8Array;
}

/** Writes a proof (c2sp.org/tlog-proof, "Format"). */
export function formatProof({ index, path, checkpoint, extra }: TreeProof): string {
  const extraLine = extra === undefined ? "" : `extra ${encodeBase64(extra)}\n`;
  const hashes = path.map((hash) => `${encodeBase64(hash)}\n`).join("");
  return `${FIRST_LINE}\n${extraLine}index ${index}\n${hashes}\n${checkpoint}`;
}

/** Reads a proof. Throws `PROOF_INVALID` for what has not its form. */
export function parseProof(text: string): TreeProof {
  const end = text.indexOf("\n\n");
  const [first, ...lines] = text.slice(0, Math.max(0, end)).split("\n");
  if (first !== FIRST_LINE) throw invalid("it does not begin as one");
  const extraLine = lines[0]?.startsWith("extra ") ? lines.shift() : undefined;
  const indexLine = lines.shift() ?? "";
  const index = indexLine.startsWith("index ") ? parseDecimal(indexLine.slice("index ".length)) : undefined;
  if (index === undefined || lines.length > MAX_PATH) throw invalid("it has no index, or too long a path");
  const path = lines.map((line) => {
    const hash = decodeBase64(line);
    if (hash?.length !== HASH_BYTES) throw invalid("a hash of its path is malformed");
    return hash;
  });
  const proof = { index, path, checkpoint: text.slice(end + 2) };
  if (extraLine === undefined) return proof;
  const extra = decodeBase64(extraLine.slice("extra ".length));
  if (extra === undefined) throw invalid("its extra data are malformed");
  return { ...proof, extra };
}

/**
 * Proves that an entry is in a log, for somebody who has nothing but the log's key. With `extra` the proof carries
 * data of its own; the entry's bytes are given beside. Throws what the source throws, `LOG_UNREADABLE` for a log
 * without checkpoint, and a `RangeError` for an index beyond it.
 */
export async function makeProof(
  source: TileSource,
  index: number,
  options: { readonly extra?: Uint8Array } = {},
): Promise<{ readonly proof: string; readonly entry: Uint8Array }> {
  const checkpoint = await source.checkpoint();
  if (checkpoint === undefined) throw new AuditError("LOG_UNREADABLE", "the log has no checkpoint");
  const reader = new TreeReader(source, parseCheckpoint(checkpoint).size);
  const path = await reader.inclusionProof(index);
  const proof = formatProof({ index, path, checkpoint, ...options });
  return { proof, entry: await reader.entry(index) };
}

/**
 * Proves several entries in a log that a checkpoint was made of, in the order in which they are asked for; some hundreds at a time,
 * since it keeps what they share. Throws as {@link makeProof} does.
 */
export async function makeProofs(
  source: TileSource,
  checkpoint: string,
  indexes: readonly number[],
): Promise<readonly string[]> {
  const reader = new TreeReader(source, parseCheckpoint(checkpoint).size);
  const proofs: string[] = [];
  for (const index of indexes) {
    proofs.push(formatProof({ index, path: await reader.inclusionProof(index), checkpoint }));
  }
  return proofs;
}

/** Whom a verifier trusts. */
export interface ProofTrust {
  /** The keys of the log; the checkpoint's origin has to be the name of the one that signed. */
  readonly logKeys: readonly VerifierKey[];
  readonly quorum?: Quorum;
}

/**
 * Verifies without any connection that an entry, byte for byte, is in a log that trusted keys vouch for. Throws
 * `PROOF_INVALID`, `NOTE_MALFORMED` or `SIGNATURE_INVALID`; what it gives is proved.
 */
export function verifyProof(
  text: string,
  entry: Uint8Array,
  { logKeys, quorum }: ProofTrust,
): { readonly index: number; readonly checkpoint: TrustedCheckpoint } {
  const proof = parseProof(text);
  const checkpoint = verifyCheckpoint(proof.checkpoint, logKeys, quorum?.witnesses);
  if (!checkpoint.signedBy.some(({ key }) => key.name === checkpoint.origin)) {
    const named = JSON.stringify(checkpoint.origin);
    throw new AuditError("SIGNATURE_INVALID", `the origin ${named} is not the name of the key that signed`);
  }
  if (quorum !== undefined) checkQuorum(checkpoint, quorum);
  const claim = {
    leafHash: leafHash(entry),
    index: proof.index,
    size: checkpoint.size,
    root: checkpoint.root,
  };
  if (!isIncluded(claim, proof.path))
    throw invalid(`its path does not lead from entry ${proof.index} to the root`);
  return { index: proof.index, checkpoint };
}

function invalid(what: string): AuditError {
  return new AuditError("PROOF_INVALID", `the proof does not hold: ${what}`);
}
