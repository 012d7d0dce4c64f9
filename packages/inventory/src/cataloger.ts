import type { Distro, Failure, FileEntry, FilePattern, FileTree, PackageFacts } from "@pratique/core";
import type { RunnableFiles } from "./runnable-files.ts";

/** What a cataloger is told besides the tree. */
export interface CatalogContext {
  /** The distribution of the tree; absent where its files do not tell. */
  readonly distro?: Distro;
  /** Cataloguing stops soon after it is aborted, and rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Tells catalogers that {@link Cataloger.comesLast} which of some files need not be looked into, by their paths. */
  readonly findOwned?: OwnedLookup;
}

/** Which of some files packages of distributions own. */
export type OwnedLookup = (files: readonly FileEntry[]) => Promise<ReadonlySet<string>>;

/** The owners of files, by path; each is one of the objects in {@link CatalogResult.packages}. */
export interface OwnerResult {
  readonly owners: ReadonlyMap<string, PackageFacts>;
  readonly failures: readonly Failure[];
}

/**
 * Tells which of some files the distribution itself answers for, because one of its packages installed them.
 * Takes real paths, relative to the root and without a leading slash. Files of packages that come from
 * somebody else's archive have no owner in this sense: the distribution's advisories do not speak of them.
 *
 * With `runnable`, all packages tell it their files on the way, those from somebody else's archive included.
 */
export type OwnerLookup = (paths: readonly string[], runnable?: RunnableFiles) => Promise<OwnerResult>;

/** A file that holds a package which nothing names. */
export interface UnidentifiedFile {
  /** Real, or that of an archive in it: `app.war!/WEB-INF/lib/a.jar`. */
  readonly path: string;
  readonly message: string;
}

/** What a cataloger found. */
export interface CatalogResult {
  readonly packages: readonly PackageFacts[];
  readonly failures: readonly Failure[];
  /** Failures, too, but for files that a distribution's package owns: its advisories speak of what is in them. */
  readonly unidentified?: readonly UnidentifiedFile[];
  /**
   * Files that a distribution's package owns prove no second package: they are left out, and with the last of its files
   * a package is.
   */
  readonly yieldsToOwners?: boolean;
  /** Offered by package managers that know which files they installed. */
  readonly findOwners?: OwnerLookup;
}

/**
 * Reads the records of one package manager in a file tree.
 *
 * Everything in the tree was written by an attacker: a cataloger bounds what it reads, and throws nothing for
 * what it meets there. A record that it cannot read becomes a failure and the others are kept. It rejects only
 * with the reason of an aborted signal.
 *
 * The same tree gives the same result, in the same order. Whoever changes what a tree gives raises `version`,
 * because results are cached under names and versions.
 */
export interface Cataloger {
  /** Lower-case, and the same as the name of the cataloger's folder. */
  readonly name: string;
  /** Counted up from 1. */
  readonly version: number;
  /** All files that `catalog` and the lookup it returns may read. */
  readonly patterns: readonly FilePattern[];
  /**
   * Ids of the distributions, and of those that are `ID_LIKE` them, whose own packages it reads. A root of
   * one of them without any such package is reported, because its packages were hidden or could not be found.
   */
  readonly distros?: readonly string[];
  /** It reads what somebody says is installed: where another cataloger finds a package, that counts. */
  readonly isHearsay?: true;
  /** It is asked when all others have answered, because it yields to the owners of files. */
  readonly comesLast?: true;
  catalog(tree: FileTree, context: CatalogContext): Promise<CatalogResult>;
}
