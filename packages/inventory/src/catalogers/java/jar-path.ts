/**
 * Endings of archives in which classes are shipped: plain, web, enterprise, and those of several servers. Java takes `lib/*` of
 * a class path for those that end in `.jar` or `.JAR` (java, "Using Wildcards"), and servers make as little of it.
 */
export const jarSuffixes = [
  ".EAR",
  ".JAR",
  ".WAR",
  ".ear",
  ".hpi",
  ".jar",
  ".jpi",
  ".kar",
  ".lpkg",
  ".nar",
  ".par",
  ".sar",
  ".war",
] as const;

/** What only Java uses; the other endings have other meanings, too. */
const CERTAIN: ReadonlySet<string> = new Set([".ear", ".jar", ".war"]);

/** Whether a name is that of an archive with classes. */
export function isJarPath(path: string): boolean {
  return jarSuffixes.some((suffix) => path.endsWith(suffix));
}

/** Whether a file with this name is damaged, and not something else, where it is no archive. */
export function isCertainlyJar(path: string): boolean {
  return CERTAIN.has(path.slice(path.lastIndexOf(".")).toLowerCase());
}

/** Whether a name is that of an application, which holds artifacts and is none that others use. */
export function isApplication(path: string): boolean {
  return /\.(?:war|ear)$/iu.test(path);
}

/** Whether an entry is the model of an artifact, which Maven puts beside the descriptor. */
export function isModel(path: string): boolean {
  return /^META-INF\/maven\/[^/]+\/[^/]+\/pom\.xml$/u.test(path);
}

/** Whether an entry, or a file, is Maven's descriptor of an artifact (Maven Archiver, "addMavenDescriptor"). */
export function isDescriptor(path: string): boolean {
  return /(?:^|\/)META-INF\/maven\/[^/]+\/[^/]+\/pom\.properties$/u.test(path);
}
