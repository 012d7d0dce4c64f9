/**
 * A version of a package as rpm itself shows it, `epoch:version-release`: feeds write an epoch of 0, which counts the
 * same as none.
 */
export function withoutZeroEpoch(version: string): string {
  return version.startsWith("0:") ? version.slice(2) : version;
}
