import { AuditError, directoryTileSource, httpTileSource, type TileSource } from "@pratique/audit";
import type { AuditorContext } from "./context.ts";
import { AuditorError } from "./errors.ts";

/**
 * Opens a log by its directory or its URL. The checkpoint is read once, so that all that follows speaks of one
 * tree. Throws `LOG_NOT_FOUND` where there is none.
 */
export async function openSource(
  location: string | undefined,
  { fetch, signal }: AuditorContext,
): Promise<TileSource> {
  if (location === undefined) {
    throw new AuditorError("ARGUMENTS_INVALID", "a log is expected: its directory, or its URL");
  }
  const isUrl = /^https?:\/\//u.test(location);
  const source = isUrl ? httpTileSource(location, { fetch, signal }) : directoryTileSource(location);
  const checkpoint = await readCheckpoint(source, location);
  return { ...source, checkpoint: async () => checkpoint };
}

async function readCheckpoint(source: TileSource, location: string): Promise<string> {
  try {
    const checkpoint = await source.checkpoint();
    if (checkpoint !== undefined) return checkpoint;
  } catch (thrown) {
    if (!(thrown instanceof AuditError)) throw thrown;
    throw new AuditorError("LOG_NOT_FOUND", thrown.message, { cause: thrown });
  }
  throw new AuditorError("LOG_NOT_FOUND", `there is no checkpoint at ${JSON.stringify(location)}`);
}
