/**
 * The holder of one key-encryption key. It wraps and unwraps data keys, and never gives out its own key.
 *
 * The contract, which `contract.test.ts` asks of every member:
 * - `unwrap(id, await wrap(id, key))` gives the key, for any id and 32 bytes; wrapping twice gives other bytes.
 * - Bytes that were changed, or that were wrapped for another id, give `SEAL_TAMPERED`, `SEAL_MALFORMED`,
 *   `KEY_WRONG` or `KEY_PROVIDER_UNAVAILABLE`, and never a key.
 * - Bytes wrapped under another key-encryption key give `KEY_WRONG`, or `KEY_PROVIDER_UNAVAILABLE` where the
 *   holder is a program that does not say why it failed; never a key.
 * - A holder that cannot be reached gives `KEY_PROVIDER_UNAVAILABLE` within its deadline.
 * - After dispose, both give `KEY_RING_CLOSED`.
 */
export interface KeyProvider extends Disposable {
  /** The folder of the family. */
  readonly kind: string;
  /** Which key-encryption key this is: stable, not secret, other for another key. */
  readonly keyId: string;
  /** Encrypts a data key for the record of this id. */
  wrap(dataKeyId: string, dataKey: Uint8Array): Promise<Uint8Array>;
  /** Decrypts it. The caller owns the buffer and zeroes it. */
  unwrap(dataKeyId: string, wrapped: Uint8Array): Promise<Buffer>;
}

/** What a provider needs from outside; see each member for its defaults. */
export interface KeyProviderEffects {
  /** Bytes that nobody can foretell; the platform's where absent. */
  readonly random?: RandomBytes;
  /**
   * Whether a key that is not there may be made. Say no when there are data keys already: a new key cannot open
   * them, and would only hide that the old one is lost. Yes where absent.
   */
  readonly mayCreate?: boolean;
  /** The environment of a program that is run; empty where absent. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Gives bytes that the caller owns, and may zero. */
export type RandomBytes = (length: number) => Uint8Array;
