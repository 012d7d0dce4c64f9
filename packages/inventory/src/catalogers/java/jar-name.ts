/** What the file name of an archive says. */
export interface JarName {
  readonly artifact: string;
  /** With a classifier, if there is one: nothing tells where it begins. */
  readonly version?: string;
}

/** Takes `artifact-version.jar` apart: the version begins at the first hyphen before a digit. */
export function parseJarName(path: string): JarName {
  const base = path.slice(path.lastIndexOf("/") + 1);
  const dot = base.lastIndexOf(".");
  const stem = dot <= 0 ? base : base.slice(0, dot);
  const at = stem.search(/-\d/u);
  return at <= 0 ? { artifact: stem } : { artifact: stem.slice(0, at), version: stem.slice(at + 1) };
}
