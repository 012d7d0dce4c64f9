/** Longer ones are of no package. */
const MAX_PATH = 512;
/** Run times have these in memory to read them: what is mapped to be executed is told by its rights. */
const READ_BY_RUN_TIMES = /\.(?:jar|war|dll)$/u;
/** What the kernel writes behind the name of a file that is gone, and of one that never had a name. */
const GONE = " (deleted)";

/**
 * The files that a process may execute, by the text of /proc/PID/maps (proc(5)), and archives that run times read in place;
 * each once. A name in which the kernel had to escape something is left out, and so are files that are gone, those of memory
 * alone, and devices.
 */
export function filesMappedIn(text: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    // The last line of a text that was cut may be the half of one.
    if (newline < 0) break;
    const path = fileOfLine(text.slice(start, newline));
    if (path !== undefined) found.add(path);
    start = newline + 1;
  }
  return found;
}

/** `55fc-55fd r-xp 00002000 fe:00 306128      /usr/bin/cat`: no field before the name has a slash. */
function fileOfLine(line: string): string | undefined {
  const slash = line.indexOf("/");
  if (slash < 0 || line.length - slash > MAX_PATH) return undefined;
  const isExecutable = line.charAt(line.indexOf(" ") + 3) === "x";
  const path = line.slice(slash);
  if (!isExecutable && !READ_BY_RUN_TIMES.test(path)) return undefined;
  return isFileOfTree(path) ? path : undefined;
}

/** Whether a path that the kernel tells is that of a file that anybody could open by it. */
export function isFileOfTree(path: string): boolean {
  if (!path.startsWith("/") || path.length > MAX_PATH || /[\\\p{Cc}]/u.test(path)) return false;
  return !path.endsWith(GONE) && !/^\/(?:dev\/|proc\/|sys\/|memfd:|SYSV)/u.test(path);
}
