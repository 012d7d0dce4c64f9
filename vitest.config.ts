import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "packages/*/src/**/*.test.ts",
      "apps/*/src/**/*.test.ts",
      "test/architecture/*.test.ts",
      "test/docs/*.test.ts",
    ],
    pool: "threads",
    isolate: false,
    testTimeout: 20_000,
  },
});
