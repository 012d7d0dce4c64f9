import { readdirSync, statSync } from "node:fs";
import path from "node:path";

/** Files are counted up to this many; where there are more, the spool is large in any case. */
const MAX_FILES = 200_000;

/** How many bytes the record and its evidence take on the disk. */
export function spoolBytes(auditDirectory: string): number {
  let bytes = 0;
  let files = 0;
  const waiting = [auditDirectory];
  for (let next = waiting.pop(); next !== undefined && files < MAX_FILES; next = waiting.pop()) {
    for (const entry of entriesOf(next)) {
      const place = path.join(next, entry.name);
      if (entry.isDirectory()) waiting.push(place);
      else bytes += statSync(place, { throwIfNoEntry: false })?.size ?? 0;
      files += 1;
    }
  }
  return bytes;
}

function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    // It is not there yet.
    return [];
  }
}
