import type { Generated } from "kysely";

/** The tables of the fleet besides the hosts and images themselves. */
export interface FleetSchema {
  host_labels: HostLabelTable;
  join_tokens: JoinTokenTable;
  image_locations: ImageLocationTable;
  /** Who says that an image is from a repository; the host is empty where it is not known. */
  image_names: { image_id: string; repository: string; host: string };
  /** What {@link image_names} says, each once: by it images are found. */
  image_repositories: { image_id: string; repository: string };
  containers: ContainerTable;
  agent_authorities: { id: string; sealed_keys: string };
  agent_commands: AgentCommandTable;
  agent_runs: { host: string; run: string; number: number };
  policies: PolicyTable;
  /** Files of rules, in the form of the policies. */
  rule_files: PolicyTable;
  exceptions: ExceptionTable;
}

/** The labels in force: those that the server gives, and of the host's own those that it does not give otherwise. */
interface HostLabelTable {
  host: string;
  key: string;
  value: string;
}

export interface JoinTokenTable {
  id: string;
  token_hash: string;
  host: string;
  /** JSON. */
  labels: string;
  created_by: string;
  created_at: string;
  expires_at: string;
  used_at: string | null;
  used_by: string | null;
}

interface ImageLocationTable {
  host: string;
  image_id: string;
  reference: string;
  seen_at: string;
}

export interface ContainerTable {
  host: string;
  id: string;
  name: string;
  /** The repository of its image with the registry; null where the image has no name. */
  repository: string | null;
  image_id: string | null;
  state: string;
  search: string;
  /** The image as the container names it. */
  image: string;
  /** ISO 8601; empty where it has never run. */
  started_at: string;
  /** The report as JSON. */
  document: string;
}

export interface AgentCommandTable {
  number: Generated<number>;
  id: string;
  host: string;
  /** What to do, as JSON. */
  document: string;
  created_by: string;
  created_at: string;
  expires_at: string;
  state: string;
  delivered_at: string | null;
  finished_at: string | null;
  detail: string;
}

export interface PolicyTable {
  name: string;
  text: string;
  /** JSON. */
  scope: string;
  /** 0 or 1. */
  enabled: number;
  revision: string;
  /** A JSON list. */
  rules: string;
  changed_at: string;
  changed_by: string;
}

export interface ExceptionTable {
  id: string;
  /** A JSON list. */
  rules: string;
  /** JSON. */
  scope: string;
  reason: string;
  owner: string;
  expires_at: string;
  granted_by: string;
  approved_by: string | null;
  granted_at: string;
  withdrawn_by: string | null;
  withdrawn_at: string | null;
  search: string;
}
