import { AuditError } from "../errors.ts";
import { decodeBase64, encodeBase64, parseDecimal } from "./base64.ts";
import { HASH_BYTES } from "./merkle.ts";

/** The most proof lines that a client may send (c2sp.org/tlog-witness, "add-checkpoint"). */
const MAX_PROOF_LINES = 63;

/** What a log asks a witness to cosign. */
export interface WitnessRequest {
  /** The size of the last checkpoint that the witness cosigned. */
  readonly oldSize: number;
  /** From the old size to that of the checkpoint. */
  readonly proof: readonly Uint8Array[];
  /** The signed note. */
  readonly checkpoint: string;
}

/** The body of `add-checkpoint` (c2sp.org/tlog-witness). */
export function formatWitnessRequest({ oldSize, proof, checkpoint }: WitnessRequest): string {
  return `old ${oldSize}\n${proof.map((hash) => `${encodeBase64(hash)}\n`).join("")}\n${checkpoint}`;
}

/** Reads the body of `add-checkpoint`. Throws `NOTE_MALFORMED`. */
export function parseWitnessRequest(body: string): WitnessRequest {
  const end = body.indexOf("\n\n");
  const [first = "", ...lines] = body.slice(0, Math.max(0, end)).split("\n");
  const oldSize = first.startsWith("old ") ? parseDecimal(first.slice("old ".length)) : undefined;
  if (oldSize === undefined || lines.length > MAX_PROOF_LINES) throw malformed();
  const proof = lines.map((line) => {
    const hash = decodeBase64(line);
    if (hash?.length !== HASH_BYTES) throw malformed();
    return hash;
  });
  return { oldSize, proof, checkpoint: body.slice(end + 2) };
}

function malformed(): AuditError {
  return new AuditError("NOTE_MALFORMED", "the request is not of the form of add-checkpoint");
}
