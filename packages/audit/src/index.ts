export type { AuditErrorCode } from "./errors.ts";
export { AuditError } from "./errors.ts";
export { EvidenceStore } from "./evidence.ts";
export { fingerprint } from "./keys.ts";
export type { AuditLogOptions, Head } from "./log.ts";
export { AuditLog, MAX_DATA_BYTES, openExistingLog } from "./log.ts";
export type { Verification, VerifyOptions } from "./verify.ts";
export { verifyAuditLog } from "./verify.ts";
