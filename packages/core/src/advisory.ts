import type { Distro } from "./distro.ts";
import type { Ecosystem } from "./ecosystem.ts";
import type { Severity } from "./severity.ts";

/** What a vendor says of a vulnerability in a package, in the words of findings. */
export type FindingStatus =
  | "fixed"
  | "affected"
  | "will-not-fix"
  | "fix-deferred"
  | "under-investigation"
  | "end-of-life";

/**
 * A stretch of affected versions. An absent `introduced` means "from the first version"; with neither
 * `fixed` nor `lastAffected` it has no end. `fixed` is outside the range, `lastAffected` inside.
 */
export interface VersionRange {
  readonly introduced?: string;
  readonly fixed?: string;
  readonly lastAffected?: string;
}

/** A package of a Go module in which a vulnerability is. */
export interface AffectedImport {
  readonly path: string;
  /** `Name` and `Type.Method`; absent where the whole package is meant. */
  readonly symbols?: readonly string[];
  /** For which systems it has to be built (`windows`); absent for all. */
  readonly systems?: readonly string[];
  /** For which architectures (`amd64`); absent for all. */
  readonly architectures?: readonly string[];
}

/** What one source says of one vulnerability in one package of one ecosystem. */
export interface Advisory {
  /** The identifier by which people know it: a CVE where there is one, else the source's own. */
  readonly id: string;
  readonly aliases: readonly string[];
  /** The source's own document: `DSA-5865-1`, `GHSA-…`; the same as `id` where there is no other. */
  readonly document: string;
  /** The provider's name: `debian-tracker`, `osv`… */
  readonly source: string;
  readonly ecosystem: Ecosystem;
  /** The source package for distributions; the name in the ecosystem's canonical spelling otherwise. */
  readonly package: string;
  /** Affected when in any range or in `versions`. Both empty: the source says "not affected". */
  readonly ranges: readonly VersionRange[];
  readonly versions?: readonly string[];
  /** What holds for an affected version. `fixed` exactly where some range has a `fixed`. */
  readonly status: FindingStatus;
  readonly severity: Severity;
  readonly cvss?: string;
  /** The module stream, `nodejs:18`, whose builds are spoken of; absent where the source names none. */
  readonly module?: string;
  /** The architectures whose builds are spoken of, as the package manager spells them; absent for all. */
  readonly architectures?: readonly string[];
  /**
   * What the versions of the builds that are spoken of carry: `el8_4` of a minor release with a life of its own,
   * `ksplice` of another flavour. Absent for all builds.
   */
  readonly build?: string;
  /**
   * The releases with lives of their own (`rhel_eus:8.6`) whose repositories have the fix, and others do not. Where those
   * of a root are known, they tell whether it is spoken of, and not `build`.
   */
  readonly channels?: readonly string[];
  /** The package is named by its source, and all that is built from it is meant, in distributions that name binaries. */
  readonly ofSource?: true;
  /** The source names the product, but not for certain this build or version of it; `note` says why. */
  readonly doubtful?: true;
  /** In which packages of a Go module the vulnerability is; absent where the source does not tell. */
  readonly imports?: readonly AffectedImport[];
  /** What the source adds to `status`, for people: `ignored: end of life`. */
  readonly note?: string;
}

/** What is said of a vulnerability apart from any package. */
export interface VulnerabilityDetails {
  readonly id: string;
  readonly title?: string;
  readonly description?: string;
  readonly severity?: Severity;
  readonly published?: string;
  readonly urls?: readonly string[];
  /**
   * What NVD says of the identifier itself, whoever uses it: that somebody who knows the program denies that it is a
   * vulnerability, or that it stands for none.
   */
  readonly standing?: Standing;
}

export type Standing = "disputed" | "rejected";

/** What enrichers add to a vulnerability. */
export interface Enrichment {
  /** Listed in CISA's Known Exploited Vulnerabilities catalog. */
  readonly knownExploited: boolean;
  /** FIRST's EPSS: the probability, 0 to 1, of exploitation in the next 30 days. */
  readonly epss?: number;
}

/** One source of the database, and how old what it said is. */
export interface AdvisorySource {
  readonly source: string;
  /** ISO 8601, UTC: when the source's data were read (not when the database was opened). */
  readonly builtAt: string;
  /** Older than the limit that the user set. */
  readonly stale: boolean;
  /** `starter` marks the small embedded set: true, but far from complete. */
  readonly coverage: "full" | "starter";
}

/** How well an ecosystem is covered by the sources at hand. */
export type Coverage = "full" | "starter" | "none";

/** A release that its distribution has given up: what is found in it now is in no advisory. */
export interface EndOfLife {
  /** ISO 8601: the last day with support. */
  readonly since: string;
  /** Whose word it is. */
  readonly source: string;
}

/** The port through which matching reads advisories. Look-ups are synchronous: they read a local file. */
export interface AdvisoryIndex {
  /** Identifies the content: two indexes with one revision give the same answers. */
  readonly revision: string;
  readonly sources: readonly AdvisorySource[];
  coverage(ecosystem: Ecosystem): Coverage;
  lookUp(ecosystem: Ecosystem, packageName: string): readonly Advisory[];
  details(id: string): VulnerabilityDetails | undefined;
  enrichment(id: string): Enrichment;
  /** When the release of a distribution came to its end; undefined where it has not, or nobody knows. */
  endOfLife?(distro: Distro): EndOfLife | undefined;
  /** The CPEs of what a repository of Red Hat holds; undefined where nobody has told. */
  repositoryCpes?(repository: string): readonly string[] | undefined;
}
