import { defineConfig } from "vitest/config";
import { integrationTests, startsDatabases } from "./vitest.integration-tests.ts";

// What takes longer than a check before each commit should: whole servers with many callers, a real NATS, programs that
// are run as programs; and what the unit tests prove on the embedded database, once more on PostgreSQL.
export default defineConfig({
  test: {
    include: [...integrationTests, ...startsDatabases, "packages/store/src/**/*.test.ts"],
    env: { PRATIQUE_TEST_DATABASES: "servers" },
    // What crashes or runs out of memory in one process takes no other's tests along.
    pool: "forks",
    // As many as the smallest machine has cores; Vitest would keep one of them for itself.
    maxWorkers: 2,
    isolate: false,
    globalSetup: "./vitest.reader-thread.ts",
    // V8's middle compiler can end the process where a thread ends while it is at work for it.
    execArgv: ["--no-maglev"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
