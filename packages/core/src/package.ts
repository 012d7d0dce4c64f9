import type { Digest } from "./digest.ts";
import type { Distro } from "./distro.ts";
import { formatPurl } from "./purl.ts";

/** The package manager, or the kind of record, that a package was found in. */
export type PackageType = "deb" | "apk" | "npm" | "pypi";

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
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly architecture?: string;
  readonly source?: SourcePackage;
  /** The uncompressed digest of the layer; absent where the source has no layers. */
  readonly layer?: Digest;
  /** The files that prove the package, relative to the root, without a leading slash. */
  readonly paths: readonly string[];
  /** The id of the operating system package that owns this one's files. */
  readonly ownedBy?: string;
}

/** What a cataloger knows of a package before it has an identity. */
export type PackageFacts = Omit<Package, "id" | "purl">;

/** The package URL of a package (purl-spec, PURL-TYPES: deb, apk, npm, pypi). */
export function purlOf(facts: PackageFacts, distro: Distro | undefined): string {
  switch (facts.type) {
    case "deb":
    case "apk":
      return formatPurl({
        type: facts.type,
        namespace: distro?.id,
        name: facts.name,
        version: facts.version,
        qualifiers: { arch: facts.architecture, distro: distroQualifier(distro) },
      });
    case "npm": {
      const slash = facts.name.lastIndexOf("/");
      return formatPurl({
        type: "npm",
        namespace: slash < 0 ? undefined : facts.name.slice(0, slash),
        name: facts.name.slice(slash + 1),
        version: facts.version,
      });
    }
    case "pypi":
      return formatPurl({ type: "pypi", name: facts.name, version: facts.version });
  }
}

function distroQualifier(distro: Distro | undefined): string | undefined {
  if (distro === undefined) return undefined;
  return distro.version === "" ? distro.id : `${distro.id}-${distro.version}`;
}
