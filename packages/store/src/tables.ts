import type { Schema } from "./schema.ts";

/** A table as a backup sees it. */
export interface StoredTable {
  readonly name: keyof Schema;
  /** The columns of its primary key: the order in which its rows are read. */
  readonly key: readonly [string, ...string[]];
  /** How many rows are held in memory at once. */
  readonly rowsAtOnce: number;
  /** The column that counts by itself. */
  readonly counter?: string;
  /** Why it is not in a backup. */
  readonly omitted?: string;
}

/** In the order in which they can be filled. A test fails when one is missing here. */
export const tables: readonly StoredTable[] = [
  { name: "images", key: ["image_id"], rowsAtOnce: 20 },
  { name: "logs", key: ["log_id"], rowsAtOnce: 500 },
  { name: "records", key: ["log_id", "sequence"], rowsAtOnce: 500 },
  { name: "late_records", key: ["log_id", "day"], rowsAtOnce: 500 },
  { name: "launches", key: ["id"], rowsAtOnce: 500 },
  { name: "launch_hours", key: ["host", "hour", "repository", "outcome"], rowsAtOnce: 500 },
  { name: "detections", key: ["id"], rowsAtOnce: 500 },
  { name: "responses", key: ["id"], rowsAtOnce: 500 },
  { name: "hosts", key: ["name"], rowsAtOnce: 500 },
  { name: "host_labels", key: ["host", "key"], rowsAtOnce: 500 },
  { name: "join_tokens", key: ["id"], rowsAtOnce: 500, omitted: "a used one would be good again" },
  { name: "agent_authorities", key: ["id"], rowsAtOnce: 10 },
  {
    name: "agent_runs",
    key: ["host", "run"],
    rowsAtOnce: 500,
    omitted: "agents that started since then would look like clones",
  },
  { name: "image_locations", key: ["image_id", "host"], rowsAtOnce: 500 },
  { name: "image_reports", key: ["image_id", "host"], rowsAtOnce: 500 },
  { name: "image_layers", key: ["image_id", "depth"], rowsAtOnce: 500 },
  { name: "image_bases", key: ["image_id"], rowsAtOnce: 500 },
  { name: "image_states", key: ["image_id", "since"], rowsAtOnce: 500 },
  { name: "image_disputes", key: ["image_id"], rowsAtOnce: 500 },
  { name: "image_names", key: ["image_id", "repository", "host"], rowsAtOnce: 500 },
  { name: "image_repositories", key: ["image_id", "repository"], rowsAtOnce: 500 },
  { name: "containers", key: ["host", "id"], rowsAtOnce: 500 },
  {
    name: "container_runtimes",
    key: ["host", "container_id"],
    rowsAtOnce: 100,
    omitted: "what went on then goes on no more",
  },
  { name: "learned_profiles", key: ["host", "image_id"], rowsAtOnce: 4 },
  { name: "host_runtimes", key: ["host"], rowsAtOnce: 20, omitted: "its host tells it again" },
  {
    name: "agent_commands",
    key: ["number"],
    rowsAtOnce: 500,
    counter: "number",
    omitted: "what was to be done then may be wrong now",
  },
  { name: "policies", key: ["name"], rowsAtOnce: 100 },
  { name: "rule_files", key: ["name"], rowsAtOnce: 100 },
  { name: "exceptions", key: ["id"], rowsAtOnce: 500 },
  { name: "changes", key: ["sequence"], rowsAtOnce: 500, counter: "sequence" },
  { name: "legal_holds", key: ["id"], rowsAtOnce: 500 },
  { name: "findings", key: ["number"], rowsAtOnce: 500, counter: "number" },
  { name: "finding_history", key: ["number"], rowsAtOnce: 500, counter: "number" },
  { name: "vulnerabilities", key: ["id"], rowsAtOnce: 500 },
  { name: "finding_packages", key: ["name"], rowsAtOnce: 500 },
  { name: "finding_words", key: ["number"], rowsAtOnce: 500, counter: "number" },
  { name: "image_findings", key: ["image_id"], rowsAtOnce: 50 },
  { name: "finding_days", key: ["day"], rowsAtOnce: 500 },
  {
    name: "package_instances",
    key: ["number"],
    rowsAtOnce: 500,
    counter: "number",
    omitted: "it is made again from the reports",
  },
  {
    name: "package_names",
    key: ["name", "instance"],
    rowsAtOnce: 500,
    omitted: "it is made again from the reports",
  },
  {
    name: "image_packages",
    key: ["image_id"],
    rowsAtOnce: 500,
    omitted: "it is made again from the reports",
  },
  { name: "sign_in_tokens", key: ["token_hash"], rowsAtOnce: 500, omitted: "a used one would be good again" },
  {
    name: "sign_in_attempts",
    key: ["key"],
    rowsAtOnce: 500,
    omitted: "whoever guessed then may not guess now",
  },
  { name: "accounts", key: ["id"], rowsAtOnce: 500 },
  { name: "roles", key: ["name"], rowsAtOnce: 500 },
  { name: "grants", key: ["id"], rowsAtOnce: 500 },
  {
    name: "account_sessions",
    key: ["id"],
    rowsAtOnce: 500,
    omitted: "a session that has ended would live again",
  },
  { name: "api_tokens", key: ["id"], rowsAtOnce: 500 },
  { name: "approvals", key: ["id"], rowsAtOnce: 500 },
  {
    name: "answers",
    key: ["key"],
    rowsAtOnce: 500,
    omitted: "a call that is repeated later is another call",
  },
  { name: "identity_providers", key: ["id"], rowsAtOnce: 100 },
  { name: "audit_heads", key: ["id"], rowsAtOnce: 1 },
  { name: "audit_tiles", key: ["level", "place"], rowsAtOnce: 500 },
  { name: "audit_entries", key: ["place"], rowsAtOnce: 100 },
  { name: "audit_openings", key: ["place", "field"], rowsAtOnce: 500 },
  { name: "audit_sealed_openings", key: ["id"], rowsAtOnce: 500 },
  { name: "audit_open_calls", key: ["call"], rowsAtOnce: 500 },
  { name: "exporters", key: ["id"], rowsAtOnce: 100 },
  { name: "export_cursors", key: ["exporter"], rowsAtOnce: 100 },
  { name: "key_records", key: ["id"], rowsAtOnce: 500 },
  { name: "channels", key: ["id"], rowsAtOnce: 100 },
  { name: "settings", key: ["name"], rowsAtOnce: 100 },
  { name: "registries", key: ["id"], rowsAtOnce: 100 },
  {
    name: "registry_images",
    key: ["number"],
    rowsAtOnce: 500,
    counter: "number",
    omitted: "its registry lists it again",
  },
  {
    name: "layer_indexes",
    key: ["diff_id", "name"],
    rowsAtOnce: 500,
    omitted: "it is made again from the layer",
  },
  {
    name: "layer_index_parts",
    key: ["diff_id", "name", "part"],
    rowsAtOnce: 1,
    omitted: "it is made again from the layer",
  },
  { name: "commit_marks", key: ["writer"], rowsAtOnce: 500, omitted: "what was open then is closed" },
  { name: "layer_secrets", key: ["id"], rowsAtOnce: 1, omitted: "what was made with it is not there" },
  {
    name: "notices",
    key: ["number"],
    rowsAtOnce: 500,
    counter: "number",
    omitted: "it was told then, or is old by now",
  },
  { name: "told_notices", key: ["key"], rowsAtOnce: 500 },
  {
    name: "pending_notifications",
    key: ["id"],
    rowsAtOnce: 100,
    omitted: "it was told then, or is old by now",
  },
  {
    name: "servers",
    key: ["id"],
    rowsAtOnce: 100,
    omitted: "it tells of processes, which are others by now",
  },
  { name: "leases", key: ["name"], rowsAtOnce: 100, omitted: "its holder is another process by now" },
  { name: "jobs", key: ["id"], rowsAtOnce: 500, counter: "id", omitted: "what was due then is not due now" },
];

/** The tables that a backup holds. */
export const savedTables: readonly StoredTable[] = tables.filter(({ omitted }) => omitted === undefined);
