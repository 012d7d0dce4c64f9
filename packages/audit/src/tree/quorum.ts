import { AuditError } from "../errors.ts";
import type { TrustedCheckpoint } from "./checkpoint.ts";
import type { VerifierKey } from "./note-key.ts";

/** How many of which witnesses have to have seen a checkpoint. */
export interface Quorum {
  readonly witnesses: readonly VerifierKey[];
  /** The k of k-of-n. */
  readonly required: number;
}

/** Throws `SIGNATURE_INVALID` when too few witnesses cosigned. One key under two names counts once. */
export function checkQuorum({ cosignedBy }: TrustedCheckpoint, { witnesses, required }: Quorum): void {
  const keys = new Set(cosignedBy.map(({ key }) => key.publicKey.export({ format: "jwk" }).x));
  if (keys.size >= required) return;
  const message = `${keys.size} of ${witnesses.length} witnesses cosigned the checkpoint, ${required} are required`;
  throw new AuditError("SIGNATURE_INVALID", message);
}
