import type { Generated } from "kysely";
import type { AuditSchema } from "./audit/audit-schema.ts";
import type { FleetSchema } from "./fleet/fleet-schema.ts";
import type { PeopleSchema } from "./people/people-schema.ts";
import type { LayerIndexSchema } from "./registries/layer-index-schema.ts";
import type { RegistrySchema } from "./registries/registry-schema.ts";
import type { RuntimeSchema } from "./runtime/runtime-schema.ts";
import type { SettingsSchema } from "./settings/settings-schema.ts";

/** The tables. Times are ISO 8601 with milliseconds, so that they sort as text; moments to compare are in ms. */
export interface Schema
  extends PeopleSchema,
    FleetSchema,
    SettingsSchema,
    AuditSchema,
    RegistrySchema,
    LayerIndexSchema,
    RuntimeSchema {
  images: ImageTable;
  image_reports: ImageReportTable;
  image_layers: ImageLayerTable;
  /** What an image says that it is built on. */
  image_bases: { image_id: string; name: string };
  image_states: { image_id: string; since: string; worst: number; assessment: string };
  image_disputes: { image_id: string; host: string; other: string; since: string };
  launches: LaunchTable;
  launch_hours: LaunchHourTable;
  logs: LogTable;
  records: RecordTable;
  late_records: LateRecordTable;
  hosts: HostTable;
  changes: ChangeTable;
  commit_marks: { writer: string; mark: number; marked_ms: number };
  jobs: JobTable;
  legal_holds: LegalHoldTable;
  findings: FindingTable;
  finding_history: FindingHistoryTable;
  vulnerabilities: VulnerabilityTable;
  finding_packages: { name: string };
  finding_words: { number: Generated<number>; word: string };
  image_findings: ImageFindingsTable;
  finding_days: FindingDayTable;
  package_instances: { number: Generated<number>; hash: string; document: string };
  package_names: { name: string; instance: number };
  image_packages: ImagePackagesTable;
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
  /** 1 where the table of findings holds what the report says. */
  findings_stored: number;
  /** 1 where the tables of layers, states and risk hold what the report says. */
  origins_stored: Generated<number>;
  /** A hash of the layers that the first host listed: see image-names.ts. Empty where none did. */
  layers: Generated<string>;
}

/** What each host said last of an image, in short: see image-dispute.ts. */
interface ImageReportTable {
  image_id: string;
  host: string;
  /** A hash of the advisories that it was judged by. */
  basis: string;
  /** A hash of packages and findings. */
  said: string;
  weight: number;
  /** When the newest of the advisories was built, the server's clock at the latest; empty where it is not known. */
  built_at: Generated<string>;
  /** A hash of the layers that it lists; empty where it came before that was kept. */
  layers: Generated<string>;
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
  /** The repository that the image names, with its registry; null where it names none. */
  repository: string | null;
  container_id: string | null;
  search: string;
  /** The whole launch as JSON. */
  document: string;
}

/** How many launches there were: see launch-hours.ts. */
export interface LaunchHourTable {
  /** `2026-11-24T10`. */
  hour: string;
  /** Empty where it is the sum over all hosts and repositories. */
  host: string;
  /** Empty for launches whose image names none. */
  repository: string;
  outcome: string;
  launches: number;
}

interface LogTable {
  log_id: string;
  host: string;
  acknowledged: number;
  last_hash: string;
}

export interface RecordTable {
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

/** Records that came on a day, the first and the last of which say that they were written well before it. */
export interface LateRecordTable {
  log_id: string;
  /** `2026-11-25`, by the server's clock. */
  day: string;
  first_sequence: number;
  last_sequence: number;
}

export interface HostTable {
  name: string;
  /** Empty where it was never heard of. */
  heard_at: string;
  log_id: string;
  /** JSON; `null` where it was never heard of. */
  status: string;
  joined_at: string | null;
  serial: string | null;
  previous_serial: string | null;
  certificate_expires_at: string | null;
  identity_state: Generated<string>;
  /** JSON: what it says of itself. */
  own_labels: Generated<string>;
  /** JSON: what the server says of it. */
  given_labels: Generated<string>;
  /** What the gate does, as the status says. */
  gate: Generated<string>;
  /** Which of the server's policies it said to have in force when it last asked for work. */
  policy_revision: Generated<string>;
  /** Which of the server's rules it said to have, likewise; null where it watches no containers. */
  rules_revision: string | null;
  /** Of so many images it learns nothing, since there was no place. */
  profiles_left_out: Generated<number>;
  search: Generated<string>;
  containers: Generated<number>;
  running: Generated<number>;
  /** How much is wrong with its policies, as the status says. */
  policy_errors: Generated<number>;
  /** 1 where it judges by old advisories, as the status says. */
  advisories_stale: Generated<number>;
  /** When its containers were last listed. */
  containers_at: string | null;
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
  /** Of those with the same one, one is run at a time; absent where a library runs them. */
  line: string | null;
  priority: number;
  run_at_ms: number;
  attempts: number;
  max_attempts: number;
  state: string;
  /** Until when its worker counts as alive. */
  lease_until_ms: number | null;
  error: string | null;
}

export interface LegalHoldTable {
  id: string;
  scope: string;
  subject: string;
  since: string | null;
  until: string | null;
  reason: string;
  placed_by: string;
  placed_at: string;
}

export interface FindingTable {
  number: Generated<number>;
  image_id: string;
  id: string;
  package_name: string;
  package_version: string;
  package_type: string;
  /** 5 for critical down to 0 for unknown. */
  severity: number;
  status: string;
  fixed_version: string | null;
  /** 0 or 1. */
  known_exploited: number;
  /** -1 where it is not known, so that it sorts as the least. */
  epss: number;
  source: string;
  first_seen: string;
  suppressed_by: string | null;
  /** The score of what the finding brings itself, 0 to 85. */
  risk: Generated<number>;
  /** Since when it has been open with this severity; empty where it is not known better than by `first_seen`. */
  open_since: Generated<string>;
  /** Since when advisories have told of it in a package that the image had before; null where it came with the package. */
  affected_at: string | null;
}

/** A finding that was open once, or in another way: see finding-history.ts. */
interface FindingHistoryTable {
  number: Generated<number>;
  image_id: string;
  id: string;
  package_name: string;
  package_version: string;
  package_type: string;
  severity: number;
  status: string;
  fixed_version: string | null;
  known_exploited: number;
  open_since: string;
  open_until: string;
}

/** The layers of an image, lowest first: see image-origin.ts. */
interface ImageLayerTable {
  image_id: string;
  /** How many layers there are up to this one. */
  depth: number;
  chain: string;
  /** 1 for the last one, which stands for all of the image. */
  whole: number;
}

/** Which packages an image has: see packages/note-packages.ts. */
interface ImagePackagesTable {
  image_id: string;
  /** When the newest advisories were built that its findings come from; empty where it is not known. */
  advisories_at: string;
  /** Since when it has to be held against newer advisories; empty where it has not. */
  due: string;
  /** The numbers of its packages, sorted, each with 4 bytes. */
  packed: Uint8Array;
}

/** What an image has, the suppressed left out: see packed-findings.ts. */
interface ImageFindingsTable {
  image_id: string;
  /** Another one whenever what is packed is another. */
  version: number;
  packed: Uint8Array;
}

/** Counts of images by what they have of one vulnerability, the suppressed left out. */
export interface VulnerabilityTable {
  id: string;
  images: number;
  /** The worst severity that an image has of it, as in {@link FindingTable}; 0 where none has. */
  worst: number;
  critical: number;
  high: number;
  medium: number;
  low: number;
  negligible: number;
  unknown: number;
  fixable: number;
  known_exploited: number;
  epss: number;
}

export interface FindingDayTable {
  /** `2026-11-24`. */
  day: string;
  critical: number;
  high: number;
  medium: number;
  low: number;
  negligible: number;
  unknown: number;
  fixable: number;
  known_exploited: number;
  images: number;
}
