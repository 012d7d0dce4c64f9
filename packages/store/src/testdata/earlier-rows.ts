import { Kysely, sql } from "kysely";
import type { ScanReport } from "@pratique/core";
import { applyMigrations } from "../migrate.ts";
import { migrations } from "../migrations/migrations.ts";
import { reportColumnsOf } from "../image-row.ts";
import { postgresDialect } from "../postgres/postgres-dialect.ts";
import type { Schema } from "../schema.ts";
import { sqliteDialect } from "../sqlite/sqlite-dialect.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreOptions } from "../store.ts";
import { digestOf, reportOf } from "./samples.ts";

/** A row as it lay in a table of an earlier release, with the columns of then. */
export interface EarlierRow {
  readonly table: string;
  /** The number of the migration from which on the row could be there. */
  readonly since: number;
  /** Where the row is found again, and all that it holds. */
  readonly key: readonly [string, ...string[]];
  readonly values: Readonly<Record<string, string | number | null | Uint8Array>>;
}

export const earlierReport: ScanReport = reportOf("ghcr.io/acme/app:1", ["critical", "low"]);
export const earlierEntry = new TextEncoder().encode('{"action":"createAccount","index":0}');

const AT = "2026-11-20T10:00:00.000Z";
const LATER = "2026-12-20T10:00:00.000Z";
const imageId = digestOf(7);

/** At least one row of everything that must outlive an upgrade: people, fleet, settings, the log and findings. */
export async function earlierRows(): Promise<readonly EarlierRow[]> {
  // The columns of the report as they were since 0004; its findings are in their own table already.
  const { findings_stored: stored, report, ...columns } = await reportColumnsOf(imageId, earlierReport);
  const image = { ...columns, report: Uint8Array.from(report) };
  return [
    row("accounts", ["id"], {
      id: "acc-1",
      login: "Ada",
      login_key: "ada",
      display_name: "Ada L.",
      email: "ada@acme.example",
      source: "corp",
      subject: "sub-1",
      state: "active",
      break_glass: 1,
      created_at: AT,
      last_sign_in_at: AT,
      groups: '["corp/ops"]',
      password_hash: "$argon2id$x",
      search: "ada",
    }),
    row("roles", ["name"], {
      name: "release",
      description: "Releases.",
      permissions: '{"images.read":"allow","images.scan":"needs-approval"}',
      revision: "r1",
    }),
    row("grants", ["id"], {
      id: "grant-1",
      holder_kind: "account",
      holder_id: "acc-1",
      role: "release",
      scope: '{"hosts":["web-*"],"labels":{"env":["test"]}}',
      created_at: AT,
      created_by: "admin",
      expires_at: LATER,
    }),
    row("api_tokens", ["id"], {
      id: "tok-1",
      token_hash: "aa".repeat(32),
      account: "acc-1",
      name: "ci",
      permissions: '["images.read"]',
      scope: '{"registries":["ghcr.io/acme/*"]}',
      created_at: AT,
      expires_at: LATER,
      last_used_at: AT,
      last_used_from: "192.0.2.1",
    }),
    row("approvals", ["id"], {
      id: "app-1",
      state: "pending",
      endpoint: "setGateMode",
      permission: "gates.set-mode",
      subject_kind: "host",
      subject_id: "web-1",
      resources: '[{"hosts":[{"name":"web-1","labels":{"env":"test"}}]}]',
      sealed_call: "sealed:v1:call",
      details: '{"mode":"observe"}',
      reason: "it is being mended",
      requested_by: "acc-1",
      requested_at: AT,
      expires_at: LATER,
      decided_by: null,
      decided_at: null,
      comment: "",
      failure: null,
    }),
    row("identity_providers", ["id"], {
      id: "corp",
      name: "Corp",
      issuer: "https://id.acme.example",
      client_id: "pratique",
      sealed_secret: "sealed:v1:secret",
      groups_claim: "groups",
      allowed_groups: '["corp/ops"]',
      enabled: 1,
    }),
    row("hosts", ["name"], {
      name: "web-1",
      heard_at: AT,
      log_id: "log-1",
      status: '{"n":1}',
      joined_at: AT,
      serial: "4a01",
      previous_serial: "4a00",
      certificate_expires_at: LATER,
      containers_at: AT,
      identity_state: "valid",
      own_labels: '{"zone":"a"}',
      given_labels: '{"env":"test"}',
      gate: "enforcing",
      policy_revision: "p1",
      search: "web-1",
      containers: 1,
      running: 1,
    }),
    row("host_labels", ["host", "key"], { host: "web-1", key: "env", value: "test" }),
    row("host_labels", ["host", "key"], { host: "web-1", key: "zone", value: "a" }),
    row("agent_authorities", ["id"], { id: "agents", sealed_keys: "sealed:v1:authority" }),
    row("join_tokens", ["id"], {
      id: "join-1",
      token_hash: "bb".repeat(32),
      host: "web-2",
      labels: '{"env":"test"}',
      created_by: "admin",
      created_at: AT,
      expires_at: LATER,
      used_at: null,
      used_by: null,
    }),
    row("logs", ["log_id"], { log_id: "log-1", host: "web-1", acknowledged: 1, last_hash: "1".repeat(64) }),
    row("records", ["log_id", "sequence"], {
      log_id: "log-1",
      sequence: 1,
      time: AT,
      class: "verdict",
      action: "launch.denied",
      actor: "uid:0",
      data: '{"n":1}',
      previous_hash: "0".repeat(64),
      hash: "1".repeat(64),
    }),
    row("launches", ["id"], {
      id: "log-1.1",
      log_id: "log-1",
      sequence: 1,
      record_hash: "1".repeat(64),
      time: AT,
      host: "web-1",
      decision: "deny",
      outcome: "denied",
      image: "ghcr.io/acme/app:1",
      image_id: imageId,
      search: "web",
      document: '{"image":"ghcr.io/acme/app:1"}',
      repository: "ghcr.io/acme/app",
      container_id: "c1",
    }),
    row("containers", ["host", "id"], {
      host: "web-1",
      id: "c1",
      name: "app",
      repository: "ghcr.io/acme/app",
      image_id: imageId,
      state: "running",
      search: "app",
      document: '{"id":"c1"}',
    }),
    row("image_locations", ["image_id", "host"], {
      host: "web-1",
      image_id: imageId,
      reference: "ghcr.io/acme/app:1",
      seen_at: AT,
    }),
    row("image_repositories", ["image_id", "repository"], {
      image_id: imageId,
      repository: "ghcr.io/acme/app",
    }),
    row("policies", ["name"], {
      name: "team",
      text: "apiVersion: x",
      scope: '{"hosts":["web-*"]}',
      enabled: 1,
      revision: "p1",
      rules: '["team/no-critical"]',
      changed_at: AT,
      changed_by: "ada",
    }),
    row("exceptions", ["id"], {
      id: "exc-1",
      rules: '["team/no-critical"]',
      scope: '{"hosts":["web-1"]}',
      reason: "it is being mended",
      owner: "ops",
      expires_at: LATER,
      granted_by: "ada",
      approved_by: "bob",
      granted_at: AT,
      withdrawn_by: null,
      withdrawn_at: null,
      search: "exc-1",
    }),
    row("images", ["image_id"], { ...image, last_decision: "deny", last_decided_at: AT }),
    ...["critical", "low"].map((severity, index) =>
      row("findings", ["image_id", "id"], {
        image_id: imageId,
        id: `CVE-2026-${index}`,
        package_name: "bash",
        package_version: "1",
        package_type: "deb",
        severity: severity === "critical" ? 5 : 2,
        status: "affected",
        fixed_version: null,
        known_exploited: 0,
        epss: -1,
        source: "debian-tracker",
        first_seen: AT,
        suppressed_by: null,
      }),
    ),
    row("finding_days", ["day"], {
      day: "2026-11-20",
      critical: 1,
      high: 0,
      medium: 0,
      low: 1,
      negligible: 0,
      unknown: 0,
      fixable: 0,
      known_exploited: 0,
      images: 1,
    }),
    row("legal_holds", ["id"], {
      id: "hold-1",
      scope: "everything",
      subject: "",
      since: null,
      until: null,
      reason: "a court asked",
      placed_by: "ada",
      placed_at: AT,
    }),
    row("key_records", ["id"], {
      id: "key-1",
      purpose: "seal",
      use: "channels",
      version: 1,
      state: "active",
      wrapped: "AAAA",
      wrapped_by: "file",
      since: AT,
    }),
    row("channels", ["id"], {
      id: "ops",
      kind: "webhook",
      name: "Ops",
      enabled: 1,
      settings: '{"format":"json"}',
      sealed_secrets: "sealed:v1:url",
      secret_names: '["url"]',
      revision: "c1",
      last_delivery_at: AT,
      last_error: null,
    }),
    row("settings", ["name"], { name: "retention", value: '{"launchDays":7}', revision: "s1" }),
    row("told_notices", ["key"], { key: "finding.new/x", at_ms: 1_790_000_000_000 }),
    row("audit_heads", ["id"], {
      id: 1,
      size: 1,
      time: AT,
      frontier: new Uint8Array(32).fill(7),
      checkpoint_size: 1,
      checkpoint: "pratique\n1\n",
    }),
    row("audit_tiles", ["level", "place"], { level: 0, place: 0, hashes: new Uint8Array(32).fill(7) }),
    row("audit_entries", ["place"], {
      place: 0,
      bytes: earlierEntry,
      time: AT,
      class: "account",
      action: "createAccount",
      actor: "admin",
      subject: "account:acc-1",
      decision: "allow",
      outcome: "done",
      search: "createaccount",
    }),
    row("audit_openings", ["place", "field"], {
      place: 0,
      field: "actor.name",
      salt: "c2FsdA",
      value: "Ada L.",
    }),
    row("exporters", ["id"], {
      id: "siem",
      kind: "webhook",
      name: "SIEM",
      enabled: 1,
      format: "ocsf",
      settings: "{}",
      sealed_secrets: "sealed:v1:url",
      secret_names: '["url"]',
      last_error: null,
    }),
    row("export_cursors", ["exporter"], { exporter: "siem", sequence: 1 }),
    // Before it, the store packs what it finds when it is opened.
    row("images", ["image_id"], { ...image, image_id: digestOf(8), findings_stored: stored }, 11),
    row("image_findings", ["image_id"], { image_id: digestOf(8), version: 1, packed: new Uint8Array(0) }, 11),
    row(
      "image_reports",
      ["image_id", "host"],
      { image_id: imageId, host: "web-1", basis: "b", said: "s", weight: 1 },
      12,
    ),
    row(
      "image_disputes",
      ["image_id"],
      { image_id: imageId, host: "web-1", other: "web-2", since: AT },
      12,
    ),
    row(
      "launch_hours",
      ["hour", "host", "repository", "outcome"],
      {
        hour: "2026-11-20T10",
        host: "web-1",
        repository: "ghcr.io/acme/app",
        outcome: "denied",
        launches: 1,
      },
      13,
    ),
    row(
      "audit_sealed_openings",
      ["id"],
      { id: "0.actor.address", place: 0, mark: "m", sealed_opening: "sealed:v1:address" },
      14,
    ),
    row(
      "servers",
      ["id"],
      {
        id: "srv-1",
        name: "a",
        address: "192.0.2.9",
        version: "1",
        started_at: AT,
        seen_at: AT,
        listens_for_agents: 1,
      },
      14,
    ),
    row(
      "detections",
      ["id"],
      {
        id: "log-1.9",
        log_id: "log-1",
        sequence: 9,
        record_hash: "c".repeat(64),
        time: AT,
        host: "web-1",
        detection: "d-1",
        rule: "Drifted program executed",
        urgency: 2,
        tags: "container\nt1105",
        outcome: "prevented",
        image_id: imageId,
        repository: "ghcr.io/acme/app",
        container_id: "c1",
        search: "drifted program executed",
        document: '{"rule":"Drifted program executed"}',
      },
      16,
    ),
    row(
      "responses",
      ["id"],
      {
        id: "log-1.10",
        log_id: "log-1",
        sequence: 10,
        time: AT,
        host: "web-1",
        detection: "d-1",
        repository: "ghcr.io/acme/app",
        container_id: "c1",
        document: '{"event":"response.done"}',
      },
      16,
    ),
    row(
      "late_records",
      ["log_id", "day"],
      { log_id: "log-1", day: "2026-11-20", first_sequence: 1, last_sequence: 1 },
      26,
    ),
    row(
      "container_runtimes",
      ["host", "container_id"],
      { host: "web-1", container_id: "c1", repository: "ghcr.io/acme/app", taken_at: AT, document: "{}" },
      16,
    ),
    row(
      "host_runtimes",
      ["host"],
      { host: "web-1", taken_at: AT, sensor: '{"state":"running"}', rules: '[{"rule":"a"}]' },
      16,
    ),
    row(
      "registries",
      ["id"],
      {
        id: "main",
        name: "Main",
        kind: "harbor",
        address: "harbor.example",
        path: "shop",
        settings: '{"include":["shop/*"]}',
        every_minutes: 720,
        concurrency: 4,
        paused: 1,
        sealed_secrets: "sealed:v1:robot",
        secret_names: '["password","username"]',
        revision: "r1",
        round: 3,
        list_at_ms: 1_795_000_000_000,
        not_before_ms: 1_795_000_000_000,
      },
      21,
    ),
    row(
      "registry_images",
      ["registry", "repository"],
      {
        registry: "main",
        repository: "harbor.example/shop/app",
        tag: "1",
        platform: "",
        state: "failed",
        priority: 0,
        tries: 3,
        next_try_ms: 0,
        round: 3,
        again: 0,
        code: "IMAGE_UNREADABLE",
        message: "a layer is cut short",
        advice: "push the image again",
      },
      21,
    ),
  ];
}

function row(
  table: string,
  key: EarlierRow["key"],
  values: EarlierRow["values"],
  since = 9,
): EarlierRow {
  return { table, key, values, since };
}

/** Makes the tables as the first `version` migrations left them, and fills them. Gives what was filled in. */
export async function fillEarlier(options: StoreOptions, version: number): Promise<readonly EarlierRow[]> {
  const dialect = dialectOf(options);
  return await withDatabase(dialect, async (database) => {
    await database
      .transaction()
      .execute((transaction) =>
        applyMigrations(transaction, { dialect, migrations: migrations.slice(0, version) }),
      );
    const rows = (await earlierRows()).filter(({ since }) => since <= version);
    for (const { table, values } of rows) {
      const columns = Object.keys(values).map((name) => sql.ref(name));
      const cells = Object.values(values).map((value) => sql`${value}`);
      await sql`insert into ${sql.table(table)} (${sql.join(columns)}) values (${sql.join(cells)})`.execute(
        database,
      );
    }
    return rows;
  });
}

/** Reads rows again past the store, by their keys and with the columns that they had. */
export async function readAgain(
  options: StoreOptions,
  rows: readonly EarlierRow[],
): Promise<readonly EarlierRow["values"][]> {
  return await withDatabase(dialectOf(options), async (database) => {
    const found: EarlierRow["values"][] = [];
    for (const { table, key, values } of rows) {
      const columns = Object.keys(values).map((name) => sql.ref(name));
      const places = key.map((name) => sql`${sql.ref(name)} = ${values[name]}`);
      const { rows: read } = await sql<EarlierRow["values"]>`
        select ${sql.join(columns)} from ${sql.table(table)} where ${sql.join(places, sql` and `)}`.execute(
        database,
      );
      found.push(...read.map((each) => alike(each, values)));
    }
    return found;
  });
}

/** Each database has types of its own for bytes and for numbers above 32 bits. */
function alike(found: EarlierRow["values"], as: EarlierRow["values"]): EarlierRow["values"] {
  return Object.fromEntries(
    Object.entries(found).map(([name, value]) => {
      if (value instanceof Uint8Array) return [name, Uint8Array.from(value)];
      return [name, typeof as[name] === "number" ? Number(value) : value];
    }),
  );
}

function dialectOf(options: StoreOptions): StoreDialect {
  if ("file" in options) return sqliteDialect(options.file, 0);
  const { postgres } = options;
  return postgresDialect(typeof postgres === "string" ? { url: postgres } : postgres);
}

async function withDatabase<Result>(
  dialect: StoreDialect,
  work: (database: Kysely<Schema>) => Promise<Result>,
): Promise<Result> {
  const database = new Kysely<Schema>({ dialect: dialect.dialect });
  try {
    return await work(database);
  } finally {
    await dialect.announcements.close();
    await database.destroy();
  }
}
