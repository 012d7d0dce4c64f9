/** What happened in running containers, and what goes on in them. */
export interface RuntimeSchema {
  detections: DetectionTable;
  responses: ResponseTable;
  container_runtimes: ContainerRuntimeTable;
  host_runtimes: HostRuntimeTable;
  learned_profiles: LearnedProfileTable;
}

export interface DetectionTable {
  id: string;
  log_id: string;
  sequence: number;
  record_hash: string;
  time: string;
  host: string;
  /** The host's own id of it. */
  detection: string;
  rule: string;
  /** The place of the priority in core's list: 0 is the most urgent. */
  urgency: number;
  /** In lower case, one a line. */
  tags: string;
  outcome: string;
  image_id: string | null;
  /** The repository that the image names, with its registry; null where it names none. */
  repository: string | null;
  container_id: string | null;
  search: string;
  document: string;
  /** When somebody first looked at it, or at another of its rule and host after it. */
  looked_at: string | null;
  /** `open`, `acknowledged`, `closed`. */
  review_state: string;
  /** What somebody said of it, as JSON; null where nobody has. */
  review: string | null;
}

export interface ResponseTable {
  id: string;
  log_id: string;
  sequence: number;
  time: string;
  host: string;
  /** The host's id of what was responded to; empty where a person ordered it about no detection. */
  detection: string;
  repository: string | null;
  container_id: string | null;
  document: string;
}

interface ContainerRuntimeTable {
  host: string;
  container_id: string;
  repository: string | null;
  taken_at: string;
  document: string;
}

interface HostRuntimeTable {
  host: string;
  taken_at: string;
  sensor: string;
  /** `running`, `starting`, `off`, `failed`; empty where it was told to an earlier version. */
  state: string;
  events: number;
  dropped: number;
  suppressed: number;
  unattributed: number;
  /** A JSON list. */
  rules: string;
}

interface LearnedProfileTable {
  host: string;
  image_id: string;
  /** `learn`, `watch`, `enforce`. */
  mode: string;
  deviations: number;
  /** Its id and its names, in lower case, one a line. */
  search: string;
  taken_at: string;
  /** JSON, likewise the document. */
  summary: string;
  document: string;
}
