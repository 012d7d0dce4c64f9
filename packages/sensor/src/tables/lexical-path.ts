/**
 * A path without `.`, `..` and doubled slashes, by its text alone: links are not followed, since the file system is
 * another one by the time that the event is read.
 */
export function cleanPath(path: string): string {
  if (!MESSY.test(path)) return path;
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") kept.pop();
    else kept.push(part);
  }
  return `/${kept.join("/")}`;
}

/** What needs cleaning: an empty part, one of dots, or a slash at the end of what is not the root. */
const MESSY = /\/(?:\/|\.{1,2}(?:\/|$))|[^/]\/$|^[^/]/u;

/** A path as it is meant by whoever is in a directory. */
export function joinPath(directory: string, path: string): string {
  if (path.startsWith("/")) return path;
  return directory.endsWith("/") ? directory + path : `${directory}/${path}`;
}

/** What stands after the last slash. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
