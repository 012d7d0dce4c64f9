/** Tests that start whole parts, or many of them. */
export const integrationTests: readonly string[] = [
  "apps/auditor/src/main.test.ts",
  "apps/server/src/access-table.test.ts",
  "apps/server/src/agent.test.ts",
  "apps/server/src/agents/*.test.ts",
  "apps/server/src/audit/*.test.ts",
  "apps/server/src/events.test.ts",
  "apps/server/src/ingest/*.test.ts",
  "apps/server/src/listener-table.test.ts",
  "apps/server/src/notifications/*.test.ts",
  "apps/server/src/people/two-servers.test.ts",
  "apps/server/src/routes/*.test.ts",
  "apps/server/src/sealing/*.test.ts",
  "apps/server/src/security.test.ts",
  "apps/server/src/server.test.ts",
  "apps/server/src/settings/*.test.ts",
  "apps/server/src/telemetry/*.test.ts",
  "packages/advisory/src/database/interrupted-build.test.ts",
  "packages/bus/src/jetstream/*.test.ts",
  "packages/intel/src/set/interrupted-update.test.ts",
  "packages/intel/src/shared-data.test.ts",
  "packages/notify/src/killed-process.test.ts",
  "packages/oci/src/crowded-directory.test.ts",
  "packages/sealing/src/providers/command/*.test.ts",
  "packages/sensor/src/native/*.test.ts",
  "packages/store/src/sqlite/log-length.test.ts",
];

/** Tests of what a database server alone can show. */
export const startsDatabases: readonly string[] = [
  "packages/store/src/postgres/*.test.ts",
  "packages/testkit/src/postgres.test.ts",
];
