export type { SealContext } from "./context.ts";
export { readSecretFile } from "./durable-file.ts";
export type { SealingErrorCode } from "./errors.ts";
export { SealingError } from "./errors.ts";
export type { KekRotation } from "./kek-rotation.ts";
export type { KeyRecord, KeyRecordStore, KeyState, KeyUse } from "./key-record.ts";
export type { DekRotation, KeyRingOptions } from "./key-ring.ts";
export { KeyRing } from "./key-ring.ts";
export { MemoryKeyStore } from "./memory-key-store.ts";
export type { CommandKeyOptions } from "./providers/command/command.ts";
export { openCommandKey } from "./providers/command/command.ts";
export type { FileKeyOptions } from "./providers/file/file.ts";
export { openFileKey } from "./providers/file/file.ts";
export type { PassphraseKeyOptions } from "./providers/passphrase/passphrase.ts";
export { openPassphraseKey } from "./providers/passphrase/passphrase.ts";
export type { KeyProvider, KeyProviderEffects, RandomBytes } from "./providers/provider.ts";
export type {
  ResealFailure,
  ResealOptions,
  ResealProgress,
  ResealReport,
  SealedRow,
  SealedRows,
} from "./reseal.ts";
export { reseal } from "./reseal.ts";
export type { SealedStreamOptions } from "./sealed-stream.ts";
export { SealedStream } from "./sealed-stream.ts";
export { sealedTextPrefix } from "./sealed-value.ts";
export type { SealerOptions } from "./sealer.ts";
export { Sealer } from "./sealer.ts";
