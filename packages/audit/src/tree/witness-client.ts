import { AuditError, toAuditError } from "../errors.ts";
import { parseDecimal } from "./base64.ts";
import { parseCheckpoint } from "./checkpoint.ts";
import { formatSignatureLine, parseSignatureLine, verifySignatures } from "./note.ts";
import type { VerifierKey } from "./note-key.ts";
import type { TileSource } from "./tile-source.ts";
import { TreeReader } from "./tree-reader.ts";
import { formatWitnessRequest } from "./witness-request.ts";

const MAX_ANSWER_BYTES = 16_384;
/** Two conflicts in a row mean that somebody else asks as well; more are not tried. */
const MAX_ATTEMPTS = 3;

/** How a witness is reached: gives the status and the body of its answer to `add-checkpoint`. */
export type AskWitness = (
  body: string,
  signal: AbortSignal,
) => Promise<{ readonly status: number; readonly body: string }>;

/** A witness as the log sees it. */
export interface WitnessClient {
  /** Of type 0x04. */
  readonly key: VerifierKey;
  readonly ask: AskWitness;
}

/** What came of asking a witness. */
export type WitnessOutcome =
  | { readonly kind: "cosigned"; readonly line: string }
  | { readonly kind: "silent"; readonly reason: string }
  /** It knows another history of this log, or a longer one: `size` is what it knows. */
  | { readonly kind: "refused"; readonly status: number; readonly reason: string; readonly size?: number };

/** Reaches a witness over HTTP. */
export function httpWitness(
  key: VerifierKey,
  submissionPrefix: string,
  fetch: typeof globalThis.fetch,
): WitnessClient {
  const url = `${submissionPrefix.replace(/(?<!\/)\/+$/u, "")}/add-checkpoint`;
  return {
    key,
    async ask(body, signal) {
      const response = await fetch(url, { method: "POST", body, signal, redirect: "error" });
      return { status: response.status, body: await readBounded(response) };
    },
  };
}

/**
 * Asks one witness to cosign a checkpoint, and verifies what it gives (c2sp.org/tlog-witness). `oldSize` is what it
 * is believed to have seen; it corrects that itself.
 */
export async function requestCosignature(
  client: WitnessClient,
  checkpoint: string,
  options: { readonly oldSize: number; readonly source: TileSource; readonly signal: AbortSignal },
): Promise<WitnessOutcome> {
  const { size } = parseCheckpoint(checkpoint);
  const reader = new TreeReader(options.source, size);
  let oldSize = Math.min(options.oldSize, size);
  try {
    for (let attempt = 1; ; attempt += 1) {
      const proof = await reader.consistencyProof(oldSize);
      const body = formatWitnessRequest({ oldSize, proof, checkpoint });
      const answer = await client.ask(body, options.signal);
      if (answer.status === 200) return readCosignature(client.key, checkpoint, answer.body);
      const known = answer.status === 409 ? parseDecimal(answer.body.trimEnd()) : undefined;
      const correctable = known !== undefined && known !== oldSize && known <= size;
      if (!correctable || attempt >= MAX_ATTEMPTS) return refused(answer.status, known, size);
      oldSize = known;
    }
  } catch (thrown) {
    return { kind: "silent", reason: toAuditError(thrown, "the witness did not answer").message };
  }
}

function refused(status: number, known: number | undefined, size: number): WitnessOutcome {
  if (known === undefined) return { kind: "refused", status, reason: `it answers with status ${status}` };
  const reason =
    known > size
      ? `it has seen ${known} entries, and the log has ${size}: something was taken back`
      : `it knows another tree of ${known} entries`;
  return { kind: "refused", status, reason, size: known };
}

/** Lines of unknown keys are ignored; what is left has to be right (tlog-witness, "add-checkpoint"). */
function readCosignature(key: VerifierKey, checkpoint: string, body: string): WitnessOutcome {
  const { note } = parseCheckpoint(checkpoint);
  const lines = body.split("\n").filter((line) => line !== "");
  const signatures = lines
    .map(parseSignatureLine)
    .filter(({ name, id }) => name === key.name && id === key.id);
  const [own] = signatures;
  if (own === undefined || verifySignatures({ ...note, signatures: [own] }, [key]).length === 0) {
    throw new AuditError("SIGNATURE_INVALID", "the witness's answer has no cosignature of its own");
  }
  return { kind: "cosigned", line: formatSignatureLine(own) };
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of response.body ?? []) {
    total += chunk.length;
    if (total > MAX_ANSWER_BYTES) throw new Error(`the answer is over ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
