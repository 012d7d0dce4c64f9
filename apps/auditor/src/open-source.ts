import { AuditError, directoryTileSource, httpTileSource, type TileSource } from "@pratique/audit";
import { type Authorization, authorizedFetch } from "./authorized-fetch.ts";
import type { AuditorContext } from "./context.ts";
import { AuditorError } from "./errors.ts";
import { readTextFile } from "./files.ts";

/** The options of everything that reads a log from a server. */
export const sourceOptions = { token: { type: "string" }, ca: { type: "string" } } as const;

/** What the options of {@link sourceOptions} say. A token may be `@FILE`, so that no list of processes shows it. */
export function authorizationOf(values: {
  readonly token?: string | undefined;
  readonly ca?: string | undefined;
}): Authorization {
  const { token, ca } = values;
  return {
    token: token?.startsWith("@") === true ? readTextFile(token.slice(1)).trim() : token,
    authorities: ca === undefined ? undefined : readTextFile(ca),
  };
}

/**
 * Opens a log by its directory or its URL. The checkpoint is read once, so that all that follows speaks of one
 * tree. Throws `LOG_NOT_FOUND` where there is none.
 */
export async function openSource(
  location: string | undefined,
  { fetch, signal }: AuditorContext,
  authorization: Authorization = {},
): Promise<TileSource> {
  if (location === undefined) {
    throw new AuditorError("ARGUMENTS_INVALID", "a log is expected: its directory, or its URL");
  }
  const isUrl = /^https?:\/\//u.test(location);
  const source = isUrl
    ? httpTileSource(location, { fetch: authorizedFetch(fetch, authorization), signal })
    : directoryTileSource(location);
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
