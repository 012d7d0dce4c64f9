/** Under which id the end of a release is kept among the details. The spaces keep it apart from all identifiers. */
export function releaseKey(distro: string, release: string): string {
  return `end of ${distro} ${release}`;
}
