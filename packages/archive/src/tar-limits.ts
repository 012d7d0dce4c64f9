import { GiB, MiB } from "@pratique/core";

/** Bounds on what one tar may make its reader do. Reaching one throws `LIMIT_REACHED`. */
export interface TarLimits {
  /** Headers of any kind. */
  readonly entries: number;
  /** Bytes of the archive, headers and padding included. */
  readonly bytes: number;
  /** Bytes of one extended header or long name; Go's reader stops at the same number. */
  readonly extensionBytes: number;
}

export const defaultTarLimits: TarLimits = {
  entries: 5_000_000,
  bytes: 64 * GiB,
  extensionBytes: MiB,
};
