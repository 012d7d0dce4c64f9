/** The tables of the server's log, and of where it is exported to. */
export interface AuditSchema {
  audit_heads: AuditHeadTable;
  audit_tiles: AuditTileTable;
  audit_entries: AuditEntryTable;
  audit_openings: AuditOpeningTable;
  audit_sealed_openings: AuditSealedOpeningTable;
  audit_open_calls: AuditOpenCallTable;
  exporters: ExporterTable;
  export_cursors: ExportCursorTable;
}

interface AuditHeadTable {
  /** 1: there is one row at most, and none before the first entry. */
  id: number;
  size: number;
  time: string;
  /** Hashes of 32 bytes, one behind the other. */
  frontier: Uint8Array;
  /** -1 where there is no checkpoint. */
  checkpoint_size: number;
  checkpoint: string | null;
}

interface AuditTileTable {
  level: number;
  place: number;
  hashes: Uint8Array;
}

export interface AuditEntryTable {
  /** From 0, without gaps. */
  place: number;
  /** Exactly what was hashed; all other columns say what it says. */
  bytes: Uint8Array;
  time: string;
  class: string;
  action: string;
  actor: string;
  /** `kind:id`, or empty. */
  subject: string;
  decision: string;
  outcome: string;
  /** Lower case: what a search looks through. */
  search: string;
}

/** Where openings were kept before they were sealed: what is in it waits for a server that seals it. */
interface AuditOpeningTable {
  place: number;
  field: string;
  salt: string;
  value: string;
}

export interface AuditSealedOpeningTable {
  /** `place.field`. */
  id: string;
  place: number;
  /** Equal for equal values of a field, and for whoever has no keys not to be guessed. */
  mark: string;
  sealed_opening: string;
}

interface AuditOpenCallTable {
  call: string;
  /** Where its intent lies. */
  place: number;
  /** The process that began it. */
  holder: string;
}

export interface ExporterTable {
  id: string;
  kind: string;
  name: string;
  /** 0 or 1. */
  enabled: number;
  format: string;
  /** JSON, without the secrets. */
  settings: string;
  /** The secrets as one sealed JSON; null where there are none. */
  sealed_secrets: string | null;
  /** A JSON list of the names of the secrets that are set. */
  secret_names: string;
  last_error: string | null;
}

interface ExportCursorTable {
  exporter: string;
  sequence: number;
}
