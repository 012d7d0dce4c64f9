import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "packages/*/src/**/*.test.ts",
      "apps/*/src/**/*.test.ts",
      "test/architecture/*.test.ts",
      "test/docs/*.test.ts",
    ],
    // These start database servers: vitest.databases.config.ts.
    exclude: ["packages/store/src/postgres/*.test.ts", "packages/testkit/src/postgres.test.ts"],
    pool: "threads",
    isolate: false,
    testTimeout: 20_000,
  },
});
