import { realpathSync } from "node:fs";
import path from "node:path";
import type { HostPaths } from "./ports.ts";

/** Resolves against the file system that this process sees: the gate runs beside the engine, on the host. */
export const hostPaths: HostPaths = {
  resolve(hostPath) {
    const clean = path.posix.normalize(hostPath);
    const missing: string[] = [];
    let existing = clean;
    while (existing !== "/" && existing !== ".") {
      try {
        return path.posix.join(realpathSync.native(existing), ...missing);
      } catch {
        // The last part is not there, or not ours to see: the engine would make it in what is there.
        missing.unshift(path.posix.basename(existing));
        existing = path.posix.dirname(existing);
      }
    }
    return clean.length > 1 ? clean.replace(/\/$/u, "") : clean;
  },
};
