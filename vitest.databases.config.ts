import { defineConfig } from "vitest/config";

// What the unit tests prove on the embedded database, on real servers: the same tests, and those that need one.
export default defineConfig({
  test: {
    include: ["packages/store/src/**/*.test.ts", "packages/testkit/src/postgres.test.ts"],
    env: { PRATIQUE_TEST_DATABASES: "servers" },
    pool: "threads",
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
