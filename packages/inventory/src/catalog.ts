import type { Distro, FileTree, Package, PackageFacts } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult, OwnedLookup } from "./cataloger.ts";
import { catalogers as allCatalogers } from "./catalogers/catalogers.ts";
import { detectDistro } from "./distro/detect-distro.ts";
import { FailureLog } from "./failure-log.ts";
import {
  findOwnedFiles,
  findPackageOwners,
  findUnidentified,
  type Ownership,
} from "./find-package-owners.ts";
import { withoutFound } from "./hearsay.ts";
import { type Identity, identify } from "./identify.ts";
import type { Inventory } from "./inventory.ts";
import { OwnerSearch } from "./owner-search.ts";
import { findRootAccounts } from "./root-accounts.ts";

export interface CatalogOptions {
  /** Those that are asked; all of them where absent. */
  readonly catalogers?: readonly Cataloger[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds out what is inside a file tree: its distribution, its packages, and accounts that are root by another
 * name. What is in the tree never makes it fail; what cannot be read is in `failures`. It rejects only with the
 * reason of an aborted signal.
 */
export async function catalog(tree: FileTree, options: CatalogOptions = {}): Promise<Inventory> {
  const { catalogers = allCatalogers, signal } = options;
  const log = new FailureLog();
  const distro = await detectDistro(tree, { log, signal });
  const rootAccounts = await findRootAccounts(tree, { log, signal });
  const context = { ...(distro !== undefined && { distro }), ...(signal !== undefined && { signal }) };
  const search = new OwnerSearch(log);
  const results = withoutHearsay(catalogers, await runAll(catalogers, tree, { ...context, search }));
  reportAbsence(catalogers, results, { distro, log });
  for (const { path, message } of await findUnidentified(tree, results, search)) {
    log.add("PACKAGE_UNIDENTIFIED", message, path);
  }
  const packages = await assemble(tree, results, { distro, log, search });
  const failures = [...log.list(), ...results.flatMap((result) => result.failures)];
  return { ...(distro !== undefined && { distro }), packages, rootAccounts, failures };
}

async function runAll(
  catalogers: readonly Cataloger[],
  tree: FileTree,
  { search, ...context }: CatalogContext & { readonly search: OwnerSearch },
): Promise<readonly CatalogResult[]> {
  const first = await runEach(catalogers, isFirst, { tree, context });
  const results = [...first.values()];
  search.add(results.flatMap(({ findOwners = [] }) => findOwners));
  const findOwned: OwnedLookup = (files) => findOwnedFiles(tree, { files, results }, search);
  const last = await runEach(catalogers, (one) => !isFirst(one), {
    tree,
    context: { ...context, findOwned },
  });
  return catalogers.flatMap((one) => first.get(one) ?? last.get(one) ?? []);
}

function isFirst({ comesLast }: Cataloger): boolean {
  return comesLast !== true;
}

async function runEach(
  catalogers: readonly Cataloger[],
  accepts: (cataloger: Cataloger) => boolean,
  { tree, context }: { readonly tree: FileTree; readonly context: CatalogContext },
): Promise<ReadonlyMap<Cataloger, CatalogResult>> {
  const results = new Map<Cataloger, CatalogResult>();
  for (const cataloger of catalogers.filter(accepts)) {
    context.signal?.throwIfAborted();
    results.set(cataloger, await cataloger.catalog(tree, context));
  }
  return results;
}

/** What is only said to be installed gives way to what was found. */
function withoutHearsay(
  catalogers: readonly Cataloger[],
  results: readonly CatalogResult[],
): readonly CatalogResult[] {
  const isHearsay = (index: number) => catalogers[index]?.isHearsay === true;
  const found = results.filter((_, index) => !isHearsay(index)).flatMap(({ packages }) => packages);
  return results.map((result, index) =>
    isHearsay(index) ? { ...result, packages: withoutFound(result.packages, found) } : result,
  );
}

interface Findings {
  readonly distro: Distro | undefined;
  readonly log: FailureLog;
}

/**
 * Records what should be there and is not. A distribution whose package database is gone looks like an image
 * without a single vulnerable package; packages of an unknown distribution are judged by nobody.
 */
function reportAbsence(
  catalogers: readonly Cataloger[],
  results: readonly CatalogResult[],
  { distro, log }: Findings,
): void {
  catalogers.forEach(({ name, distros = [] }, index) => {
    const count = results[index]?.packages.length ?? 0;
    if (distros.length > 0 && count > 0 && distro === undefined) {
      log.add("DISTRO_UNKNOWN", `no file tells which distribution the ${count} packages of ${name} are from`);
    }
    if (distro !== undefined && count === 0 && isOneOf(distro, distros)) {
      log.add(
        "PACKAGE_DATABASE_UNREADABLE",
        `no package of ${JSON.stringify(distro.id)} was found by ${name}`,
      );
    }
  });
}

function isOneOf({ id, idLike = [] }: Distro, distros: readonly string[]): boolean {
  return [id, ...idLike].some((candidate) => distros.includes(candidate));
}

async function assemble(
  tree: FileTree,
  results: readonly CatalogResult[],
  { distro, log, search }: Findings & { readonly search: OwnerSearch },
): Promise<readonly Package[]> {
  const { owners, unowned } = await findPackageOwners(tree, results, search);
  const facts = results.flatMap((result) => result.packages).flatMap((one) => withoutOwned(one, unowned));
  const identities = identify(facts, distro, log);
  const runnable = await search.findRunnable();
  const packages: Package[] = [];
  for (const [one, identity] of identities) {
    packages.push(
      toPackage(one, identity, {
        owner: identityOfOwner(one, owners, identities),
        runnable: runnable.of(one),
      }),
    );
  }
  return packages.sort((left, right) => (left.id < right.id ? -1 : 1));
}

function withoutOwned(facts: PackageFacts, unowned: Ownership["unowned"]): readonly PackageFacts[] {
  const paths = unowned.get(facts);
  if (paths === undefined || paths.length === facts.paths.length) return [facts];
  return paths.length === 0 ? [] : [{ ...facts, paths }];
}

function identityOfOwner(
  facts: PackageFacts,
  owners: ReadonlyMap<PackageFacts, PackageFacts>,
  identities: ReadonlyMap<PackageFacts, Identity>,
): Identity | undefined {
  const owner = owners.get(facts);
  return owner === undefined ? undefined : identities.get(owner);
}

interface Known {
  readonly owner: Identity | undefined;
  readonly runnable: string | undefined;
}

function toPackage(facts: PackageFacts, { id, purl }: Identity, { owner, runnable }: Known): Package {
  return {
    id,
    purl,
    ...facts,
    ...(runnable !== undefined && { runnable }),
    ...(owner !== undefined && { ownedBy: owner.id }),
  };
}
