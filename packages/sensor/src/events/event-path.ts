import { cleanPath, joinPath } from "../tables/lexical-path.ts";
import type { ReadableEvent } from "./readable-event.ts";

/**
 * A path as the process means it: absolute, cleaned by its text, links not followed. Undefined where the record has no
 * such path, or where it is relative to nobody knows what.
 */
export function meantPath(
  event: ReadableEvent,
  path: string | undefined,
  directoryTag: number,
): string | undefined {
  if (path === undefined) return undefined;
  if (path.startsWith("/")) return cleanPath(path);
  const directory = event.record.text(directoryTag) ?? event.process.cwd;
  return directory === "" ? path : cleanPath(joinPath(directory, path));
}
