/** What kinds of things records tell of. */
export const auditClasses = [
  "verdict",
  "launch",
  "gate",
  "policy",
  "exception",
  "advisories",
  "scan",
  "agent",
  "access",
  "account",
  "approval",
  "container",
  "detection",
  "response",
  "host",
  "read",
  "settings",
  "system",
] as const;

/** What kind of thing a record tells of. */
export type AuditClass = (typeof auditClasses)[number];

/** The longest `action` and `actor` of a record, in UTF-16 code units. */
export const MAX_RECORD_NAME = 1024;

/** What is to be remembered. `data` is JSON and holds all that is needed to recompute a verdict. */
export interface AuditEvent {
  readonly class: AuditClass;
  /** A verb in the past: `launch.denied`, `gate.restarted`. */
  readonly action: string;
  /** Who caused it: `uid:0`, `gate`, `agent`, a console account. */
  readonly actor: string;
  readonly data: JsonObject;
}

/** An event with its place in the log. Hashes are lower-case hex of SHA-256. */
export interface AuditRecord extends AuditEvent {
  /** From 1, without gaps. */
  readonly sequence: number;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** The hash of the record before; 64 zeros for the first. */
  readonly previousHash: string;
  readonly hash: string;
}

export interface AppendOptions {
  /**
   * False where nothing comes of the record before somebody waits for its flush, or for that of a later one: the flush is
   * then begun and not waited for, so that a power cut at this moment may take the record. True unless told.
   */
  readonly flush?: boolean;
}

/** The port to the log. When `append` returns, the record has reached the log and survives a killed process. */
export interface AuditSink {
  append(event: AuditEvent, options?: AppendOptions): AuditRecord;
}

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: JsonValue;
}
