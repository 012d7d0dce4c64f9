import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory that is gone, with all in it, when the block with `using` ends. */
export interface TempDirectory extends Disposable {
  readonly path: string;
  /** A path in the directory. */
  at(...names: readonly string[]): string;
}

/** Makes an empty directory: `using directory = tempDirectory();`. */
export function tempDirectory(): TempDirectory {
  const path = mkdtempSync(join(tmpdir(), "pratique-test-"));
  return {
    path,
    at: (...names) => join(path, ...names),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}
