import { defineConfig } from "vitest/config";
import { patience } from "./test/e2e/patience.ts";

/** Tests that start neither an engine nor a sensor, and mind no other containers on the machine. */
const services = [
  "test/e2e/agent-channel.test.ts",
  "test/e2e/audit-*.test.ts",
  "test/e2e/backup.test.ts",
  "test/e2e/bad-input.test.ts",
  "test/e2e/canary.test.ts",
  "test/e2e/command-line.test.ts",
  "test/e2e/console*.test.ts",
  "test/e2e/exports.test.ts",
  "test/e2e/registry-*.test.ts",
  "test/e2e/report-formats.test.ts",
  "test/e2e/server-names.test.ts",
  "test/e2e/server-registries.test.ts",
  "test/e2e/several-servers.test.ts",
];

/** Tests of what is read, that start no container: they take the longest by far, and mind nobody. */
const images = [
  "test/e2e/accuracy.test.ts",
  "test/e2e/advisories-mirror.test.ts",
  "test/e2e/image-memory.test.ts",
  "test/e2e/real-roots.test.ts",
];

const lane = (name: string, files: { readonly include: string[]; readonly exclude?: string[] }) => ({
  test: {
    ...files,
    name,
    pool: "forks" as const,
    testTimeout: 300_000 * patience,
    hookTimeout: 300_000 * patience,
    // A browser on a busy machine takes its time.
    expect: { poll: { timeout: 10_000 } },
  },
});

// The end-to-end tests share one machine's engine, ports and disk: one file at a time, in one process each.
// scripts/e2e.ts runs the projects beside each other, which a single Vitest does not.
export default defineConfig({
  test: {
    fileParallelism: false,
    projects: [
      lane("host", { include: ["test/e2e/**/*.test.ts"], exclude: [...services, ...images] }),
      lane("services", { include: services }),
      lane("images", { include: images }),
    ],
  },
});
