import type { Generated } from "kysely";
import type { PeopleSchema } from "./people/people-schema.ts";

/** The tables. Times are ISO 8601 with milliseconds, so that they sort as text; moments to compare are in ms. */
export interface Schema extends PeopleSchema {
  images: ImageTable;
  launches: LaunchTable;
  logs: LogTable;
  records: RecordTable;
  hosts: HostTable;
  sessions: SecretTable;
  sign_in_tokens: SecretTable;
  changes: ChangeTable;
  jobs: JobTable;
}

export interface ImageTable {
  image_id: string;
  reference: string;
  digest: string | null;
  platform: string | null;
  distro: string | null;
  /** 0 where it is not known. */
  size_bytes: number;
  created: string | null;
  scanned_at: string;
  assessment: string;
  /** A JSON list. */
  assessment_codes: string;
  critical: number;
  high: number;
  medium: number;
  low: number;
  negligible: number;
  unknown: number;
  fixable: number;
  known_exploited: number;
  suppressed: number;
  packages: number;
  /** Orders images worst first: see image-row.ts. */
  weight: number;
  /** Lower case: what a search looks through. */
  search: string;
  last_decision: string | null;
  last_decided_at: string | null;
  /** The report as JSON, compressed with Zstandard. */
  report: Uint8Array;
}

export interface LaunchTable {
  id: string;
  log_id: string;
  sequence: number;
  record_hash: string;
  time: string;
  host: string;
  decision: string;
  outcome: string;
  image: string;
  image_id: string | null;
  search: string;
  /** The whole launch as JSON. */
  document: string;
}

interface LogTable {
  log_id: string;
  host: string;
  acknowledged: number;
  last_hash: string;
}

interface RecordTable {
  log_id: string;
  sequence: number;
  time: string;
  class: string;
  action: string;
  actor: string;
  /** JSON. */
  data: string;
  previous_hash: string;
  hash: string;
}

interface HostTable {
  name: string;
  heard_at: string;
  log_id: string;
  /** JSON. */
  status: string;
}

export interface SecretTable {
  /** SHA-256 in hex; the secret itself is never stored. */
  token_hash: string;
  account: string;
  expires_at_ms: number;
}

interface ChangeTable {
  sequence: Generated<number>;
  kind: string;
  subject: string;
}

export interface JobTable {
  id: Generated<number>;
  name: string;
  /** JSON. */
  payload: string;
  key: string | null;
  priority: number;
  run_at_ms: number;
  attempts: number;
  max_attempts: number;
  state: string;
  /** Until when its worker counts as alive. */
  lease_until_ms: number | null;
  error: string | null;
}
