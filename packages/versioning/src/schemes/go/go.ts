import { malformed } from "../../errors.ts";
import { compareSemantic, type SemanticVersion } from "../../prerelease.ts";
import type { VersionScheme } from "../../scheme.ts";

/**
 * Versions of Go modules, ordered as golang.org/x/mod/semver orders them, and of the Go toolchain as the vulnerability
 * database writes them: `go1.22rc1` is `1.22.0-rc.1`.
 *
 * The `v` may be absent, as in advisories, and so may what is zero. Build metadata, `+incompatible` included, do not
 * count, nor does what a vendor has put behind a release of the toolchain (`go1.21.3-vendor`, `go1.26.5 (Red Hat …)`,
 * `go1.22.1 X:boringcrypto`). `(devel)` is no version.
 */
export const go: VersionScheme = {
  name: "go",
  ecosystems: ["Go"],
  isValid: (text) => parse(text) !== undefined,
  compare(left, right) {
    return compareSemantic(parseOrThrow(left), parseOrThrow(right));
  },
};

/** Each part begins with a character that the one before cannot have: nothing is tried twice. */
const MODULE = new RegExp(
  String.raw`^v?(?<major>\d+)(?:\.(?<minor>\d+)(?:\.(?<patch>\d+))?)?` +
    String.raw`(?:-(?<prerelease>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?$`,
  "u",
);
const TOOLCHAIN =
  /^(?<go>go)?(?<major>\d+)(?:\.(?<minor>\d+)(?:\.(?<patch>\d+))?)?(?:(?<stage>rc|beta|alpha)(?<number>\d+))?(?<vendor>[-+ ][ -~]*|b\d+(?: [ -~]*)?)?$/u;

function parseOrThrow(text: string): SemanticVersion {
  const parsed = parse(text);
  if (parsed === undefined) throw malformed("go", text);
  return parsed;
}

function parse(text: string): SemanticVersion | undefined {
  const module = MODULE.exec(text)?.groups;
  if (module !== undefined) {
    const { major = "", minor = "", patch = "", prerelease } = module;
    return { major, minor, patch, prerelease: prerelease === undefined ? [] : prerelease.split(".") };
  }
  const {
    go: word,
    major,
    minor = "",
    patch = "",
    stage,
    number,
    vendor,
  } = TOOLCHAIN.exec(text)?.groups ?? {};
  if (major === undefined || number === "") return undefined;
  // Without the word, only what a module cannot be called is the toolchain's: 1.22rc1.
  if (word === undefined && (stage === undefined || vendor !== undefined)) return undefined;
  return {
    major,
    minor,
    patch,
    prerelease: stage === undefined || number === undefined ? [] : [stage, number],
  };
}
