/** Node's names of architectures by Go's. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", ppc64: "ppc64le" };

/** This machine's processor, as Go and seccomp profiles call it. */
export function goArchitecture(): string {
  return ARCHITECTURES[process.arch] ?? process.arch;
}
