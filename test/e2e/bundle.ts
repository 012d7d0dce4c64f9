import { spawnSync } from "node:child_process";
import { cpSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");

/**
 * Copies what is built, or a part of it, after building what has changed. Another build does not pull the copy away.
 */
export function copyBundle(target: string, part = "."): void {
  const built = spawnSync(process.execPath, [path.join(root, "scripts/build.ts"), "--if-changed"], {
    cwd: root,
    encoding: "utf8",
  });
  if (built.status !== 0) throw new Error(`the bundle cannot be built: ${built.stderr}`);
  cpSync(path.join(root, "dist", part), target, { recursive: true });
}
