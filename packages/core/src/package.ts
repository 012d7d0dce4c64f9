import type { Digest } from "./digest.ts";
import type { Distro } from "./distro.ts";
import { formatPurl } from "./purl.ts";

/** The types of packages, by their words in package URLs (purl-spec, PURL-TYPES). */
export const packageTypes = [
  "alpm",
  "apk",
  "cargo",
  "cocoapods",
  "composer",
  "conda",
  "deb",
  "gem",
  "generic",
  "golang",
  "hex",
  "maven",
  "npm",
  "nuget",
  "opkg",
  "pub",
  "pypi",
  "rpm",
  "swift",
] as const;

/**
 * The package manager, or the kind of record, that a package was found in; `generic` is a program that no package
 * manager installed.
 */
export type PackageType = (typeof packageTypes)[number];

/** Types of packages that distributions make, from sources of which their advisories speak. */
const DISTRIBUTED: ReadonlySet<PackageType> = new Set(["alpm", "apk", "deb", "opkg", "rpm"]);

/** Where a package comes from: a distribution, which knows its sources, or the registry of a language. */
export function isFromDistribution(type: PackageType): boolean {
  return DISTRIBUTED.has(type);
}

/** What a distribution built a binary package from; its advisories speak of this. */
export interface SourcePackage {
  readonly name: string;
  readonly version: string;
}

/** One installed package, and the layer that brought it. */
export interface Package {
  /** Unique in one report, and the same for the same image: the purl, made unique by a path where needed. */
  readonly id: string;
  readonly type: PackageType;
  /**
   * As advisories of its kind write it: with the scope of npm (`@types/node`), the group of Maven (`group:artifact`; the
   * artifact alone where the archive does not tell), the vendor of Composer (`vendor/name`), the path of a Go module, the
   * address of a Swift package without its scheme (`github.com/apple/swift-nio`).
   */
  readonly name: string;
  /** As its package manager writes it: of an RPM `epoch:version-release`, without an epoch that is not set. */
  readonly version: string;
  readonly purl: string;
  readonly architecture?: string;
  readonly source?: SourcePackage;
  /** The module stream that an RPM was built for, `nodejs:18`; absent outside modules, and where it does not say. */
  readonly module?: string;
  /**
   * Who built an RPM, as it says itself: `Red Hat, Inc.`. Of a deb only where it is known to be another than the distribution,
   * and of Go's library where a distribution has built the toolchain: `Red Hat 1.20.12-1.el9`.
   */
  readonly vendor?: string;
  /** The repository that an RPM came from, where the package manager's history tells. */
  readonly repository?: string;
  /**
   * Told of a distribution's package all of whose files are for people or for compilers: documentation, translations,
   * headers, directories. A flaw in what was built from the same source is nothing that runs here.
   */
  readonly isInert?: true;
  /**
   * Which functions of it a Go program holds, for {@link readFunctions}; absent where the program does not tell. The same
   * module has others in another program. A report has only what is said of packages that advisories on the module name.
   */
  readonly functions?: string;
  /**
   * Which of the files that a distribution's package installs a process may execute or load, for {@link runnableKeysIn} and
   * {@link scriptKeysIn}. Empty: none of them. Absent where the package manager does not list its files, and where there are too many.
   */
  readonly runnable?: string;
  /** The uncompressed digest of the layer; absent where the source has no layers. */
  readonly layer?: Digest;
  /** The files that prove the package, relative to the root, without a leading slash. */
  readonly paths: readonly string[];
  /**
   * What it says of its licences; all of them hold. In a report, expressions of SPDX where they could be read. Absent where it
   * says nothing, and in a report that was not asked for licences.
   */
  readonly licenses?: readonly string[];
  /** The id of the operating system package that owns this one's files. */
  readonly ownedBy?: string;
}

/** What a cataloger knows of a package before it has an identity. */
export type PackageFacts = Omit<Package, "id" | "purl">;

/** The package URL of a package (purl-spec, PURL-TYPES). */
export function purlOf(facts: PackageFacts, distro: Distro | undefined): string {
  const { type, name, version } = facts;
  switch (type) {
    case "deb":
    case "alpm":
    case "apk":
    case "opkg":
      return formatPurl({ type, namespace: distro?.id, name, version, qualifiers: builtFor(facts, distro) });
    case "rpm": {
      const [, epoch, rest = version] = /^(?:(\d+):)?(.*)$/su.exec(version) ?? [];
      const qualifiers = { ...builtFor(facts, distro), epoch };
      return formatPurl({ type, namespace: distro?.id, name, version: rest, qualifiers });
    }
    case "maven": {
      const parts = splitAtLast(name, ":");
      // A group is demanded of the type; what does not tell its own is in no registry under that name alone.
      return formatPurl({ type: parts.namespace === undefined ? "generic" : type, ...parts, version });
    }
    case "npm":
    case "golang":
    case "composer":
    case "hex":
    case "swift":
      return formatPurl({ type, ...splitAtLast(name, "/"), version });
    case "cargo":
    case "cocoapods":
    case "conda":
    case "gem":
    case "generic":
    case "nuget":
    case "pub":
    case "pypi":
      return formatPurl({ type, name, version });
  }
}

function splitAtLast(name: string, separator: string): { namespace: string | undefined; name: string } {
  const at = name.lastIndexOf(separator);
  return { namespace: at < 0 ? undefined : name.slice(0, at), name: name.slice(at + 1) };
}

function builtFor({ architecture }: PackageFacts, distro: Distro | undefined) {
  return { arch: architecture, distro: distroQualifier(distro) };
}

function distroQualifier(distro: Distro | undefined): string | undefined {
  if (distro === undefined) return undefined;
  return distro.version === "" ? distro.id : `${distro.id}-${distro.version}`;
}
