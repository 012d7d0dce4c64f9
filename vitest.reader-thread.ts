import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const directory = mkdtempSync(path.join(tmpdir(), "pratique-test-threads-"));

/**
 * Makes JavaScript of the thread that reads a database. Servers of tests start hundreds of them, and each would make it
 * by itself, which takes as long as a small test.
 */
export async function setup(): Promise<void> {
  const outfile = path.join(directory, "sqlite-reader.mjs");
  await build({
    entryPoints: [path.join(import.meta.dirname, "packages/store/src/sqlite/reader-thread.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
  });
  process.env.PRATIQUE_SQLITE_READER = pathToFileURL(outfile).href;
}

export function teardown(): void {
  rmSync(directory, { recursive: true, force: true });
}
