import { readdirSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { hasCode } from "@pratique/core";
import type { Engine } from "@pratique/engine";

/** A container may be started again long after its image was taken away: what is known of that is still to be judged by. */
const KEPT_MS = 30 * 86_400_000;

/** After an image's id, or what was being written under it when its writer was killed. */
const NAME = /^(?<digits>[0-9a-f]{64})\.json(?<temporary>\.\d+\.tmp)?$/u;

export interface ForgetOptions {
  readonly engine: Pick<Engine, "listImages" | "listContainers">;
  /** Where files lie that are called after image ids. */
  readonly directories: readonly string[];
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/**
 * Removes what is known of images that the engine does not have, that no container was made from, and that were not
 * scanned for a month: a host that builds images has new ones all day. Gives how many files. Rejects where the engine
 * cannot be asked, and then removes nothing.
 */
export async function forgetImages({ engine, directories, nowMs, signal }: ForgetOptions): Promise<number> {
  const images = await engine.listImages({ signal });
  const containers = await engine.listContainers({ all: true, signal });
  const held = new Set<string>([...images.map(({ id }) => id), ...containers.map(({ imageId }) => imageId)]);
  let removed = 0;
  for (const file of directories.flatMap(filesIn)) {
    const { digits, temporary } = NAME.exec(path.basename(file))?.groups ?? {};
    if (digits === undefined || (temporary === undefined && held.has(`sha256:${digits}`))) continue;
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats === undefined || nowMs - stats.mtimeMs < KEPT_MS) continue;
    rmSync(file, { force: true });
    removed += 1;
  }
  return removed;
}

function filesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).map((name) => path.join(directory, name));
  } catch (thrown) {
    // Nothing was scanned yet.
    if (hasCode(thrown, "ENOENT")) return [];
    throw thrown;
  }
}
