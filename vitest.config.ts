import { defineConfig } from "vitest/config";
import { integrationTests, startsDatabases } from "./vitest.integration-tests.ts";

export default defineConfig({
  test: {
    include: [
      "packages/*/src/**/*.test.ts",
      "apps/*/src/**/*.test.ts",
      "test/architecture/*.test.ts",
      "test/docs/*.test.ts",
    ],
    // They take longer than a check should: vitest.integration.config.ts.
    exclude: [...integrationTests, ...startsDatabases],
    // Many files of tests in threads of one process have crashed it; processes of their own take as long.
    pool: "forks",
    // As many as the smallest machine has cores; Vitest would keep one of them for itself.
    maxWorkers: 2,
    isolate: false,
    globalSetup: "./vitest.reader-thread.ts",
    // V8's middle compiler can end the process where a thread ends while it is at work for it.
    execArgv: ["--no-maglev"],
    testTimeout: 20_000,
  },
});
