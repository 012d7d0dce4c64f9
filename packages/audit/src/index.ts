export type { AuditErrorCode } from "./errors.ts";
export { AuditError } from "./errors.ts";
export { EvidenceStore } from "./evidence.ts";
export type { CefDevice } from "./formats/cef.ts";
export { formatCef } from "./formats/cef.ts";
export { formatJsonLine } from "./formats/json-lines.ts";
export type { LoggedEntry } from "./formats/logged-entry.ts";
export type { OcsfProduct } from "./formats/ocsf.ts";
export { formatOcsf } from "./formats/ocsf.ts";
export { verifyJsonLine } from "./formats/verify-json-line.ts";
export { visibleText } from "./formats/visible-text.ts";
export { hashOf } from "./hash.ts";
export { fingerprint } from "./keys.ts";
export type { AuditLogOptions, Head } from "./log.ts";
export { AuditLog, openExistingLog } from "./log.ts";
export type { Checkpoint, TrustedCheckpoint } from "./tree/checkpoint.ts";
export { parseCheckpoint, verifyCheckpoint } from "./tree/checkpoint.ts";
export type { Opening, PersonalField } from "./tree/commitment.ts";
export { opensCommitment } from "./tree/commitment.ts";
export type { EntryCheckOptions } from "./tree/entry-checks.ts";
export { openNoteKey } from "./tree/key-file.ts";
/** @public for whoever tries a log out, as the README does */
export { MemoryTreeStorage } from "./tree/memory-storage.ts";
export { leafHash } from "./tree/merkle.ts";
export type { LocalSigner, NoteSigner, SignatureType, VerifierKey } from "./tree/note-key.ts";
export { ed25519Signer, parseVerifierKey, signatureTypes } from "./tree/note-key.ts";
export type { ProofTrust, TreeProof } from "./tree/proof.ts";
export { makeProof, makeProofs, parseProof, verifyProof } from "./tree/proof.ts";
export type { Quorum } from "./tree/quorum.ts";
export type { TileName } from "./tree/tile-path.ts";
export { parseTilePath, TILE_WIDTH } from "./tree/tile-path.ts";
export type { TileSource } from "./tree/tile-source.ts";
export { directoryTileSource, httpTileSource, storageTileSource } from "./tree/tile-source.ts";
export type { HashTile } from "./tree/tree-edge.ts";
export type { EntryColumns } from "./tree/tree-entry.ts";
export { parseEntry } from "./tree/tree-entry.ts";
export type {
  AuthenticationMethod,
  Commitment,
  RecordedActor,
  TreeActor,
  TreeClass,
  TreeDecision,
  TreeEntry,
  TreeEvent,
  TreeSubject,
} from "./tree/tree-event.ts";
export type { TreeEntryRef, TreeLogOptions, TreeLogProblem } from "./tree/tree-log.ts";
export { TreeLog } from "./tree/tree-log.ts";
export type { TreeProblem, TreeProblemKind } from "./tree/tree-problem.ts";
export type { StoredEntry, TreeGrowth, TreeHead, TreeStorage } from "./tree/tree-storage.ts";
export type { TreeVerification, VerifyTreeOptions } from "./tree/verify-tree.ts";
export { verifyTree } from "./tree/verify-tree.ts";
export type { WitnessAnswer, WitnessOptions } from "./tree/witness.ts";
export { Witness } from "./tree/witness.ts";
export type { AskWitness, WitnessClient, WitnessOutcome } from "./tree/witness-client.ts";
export { httpWitness } from "./tree/witness-client.ts";
export { witnessHandler } from "./tree/witness-handler.ts";
export type { Verification, VerifyOptions } from "./verify.ts";
export { verifyAuditLog } from "./verify.ts";
