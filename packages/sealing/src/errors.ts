import { PratiqueError } from "@pratique/core";

export type SealingErrorCode =
  /** A sealed value, stream or key record that is not in its form. */
  | "SEAL_MALFORMED"
  /** Bytes that were changed, cut, reordered, or moved from the place they were sealed for. */
  | "SEAL_TAMPERED"
  /** A value longer than one seal may hold; a stream is meant for it. */
  | "SEAL_TOO_LARGE"
  /** A purpose or a context that is not in its form. */
  | "CONTEXT_MALFORMED"
  /** A data key that no record names, or that has been retired. */
  | "KEY_UNKNOWN"
  /** The key-encryption key at hand is not the one that wrapped the data keys. */
  | "KEY_WRONG"
  /** A data key that is still written with or referred to cannot be retired. */
  | "KEY_IN_USE"
  /** A file with a secret that others than its owner may read, or that another account owns. */
  | "KEY_FILE_EXPOSED"
  /** A key file, or the parameters beside it, that is not in its form. */
  | "KEY_FILE_MALFORMED"
  /** The holder of the key-encryption key cannot be reached, or does not answer as it should. */
  | "KEY_PROVIDER_UNAVAILABLE"
  /** The settings of a provider are not what it takes. */
  | "KEY_PROVIDER_SETTINGS"
  /** The records of data keys cannot be read or written. */
  | "KEY_STORE_UNUSABLE"
  /** Another process changed a key record meanwhile. Doing the same again goes on from there. */
  | "KEY_STORE_CONFLICT"
  /** The key ring or provider has been disposed of, and its keys are gone from memory. */
  | "KEY_RING_CLOSED";

/** A secret could not be sealed, opened or looked after. No message holds a part of a key or of a plaintext. */
export class SealingError extends PratiqueError<SealingErrorCode> {
  override readonly name = "SealingError";
}
