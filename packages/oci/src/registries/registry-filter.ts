import { matchesGlob } from "@pratique/core";
import type { ListedTag } from "./registry-kind.ts";

/**
 * What of a registry is meant. Patterns are globs in which `*` stands for any characters, slashes too; where a list
 * is empty, all are meant. What is excluded stays out whatever includes it.
 */
export interface RegistryFilter {
  readonly repositories: readonly string[];
  readonly excludeRepositories: readonly string[];
  readonly tags: readonly string[];
  readonly excludeTags: readonly string[];
  /** Of each repository, only as many tags as these, the newest; all where absent. */
  readonly newestTags?: number | undefined;
}

/** Signatures, attestations and bills of materials that lie beside images: `sha256-<hex>.sig` (cosign). */
const BESIDE = /^sha256-[0-9a-f]{64}(?:\.[a-z]+)?$/u;

export function wantsRepository(filter: RegistryFilter, repository: string): boolean {
  return isMeant(repository, filter.repositories, filter.excludeRepositories);
}

export function wantsTag(filter: RegistryFilter, tag: string): boolean {
  return !BESIDE.test(tag) && isMeant(tag, filter.tags, filter.excludeTags);
}

/**
 * The tags that are meant, the newest first: by the time of their push where the registry tells it, and those
 * without one by their names, in which numbers count as numbers: `1.10` is newer than `1.9`, and `latest` the newest.
 */
export function chooseTags(filter: RegistryFilter, tags: readonly ListedTag[]): readonly string[] {
  const meant = tags.filter(({ name }) => wantsTag(filter, name)).sort(newestFirst);
  const names = [...new Set(meant.map(({ name }) => name))];
  return names.slice(0, filter.newestTags ?? names.length);
}

function isMeant(text: string, included: readonly string[], excluded: readonly string[]): boolean {
  if (excluded.some((pattern) => matchesGlob(pattern, text))) return false;
  return included.length === 0 || included.some((pattern) => matchesGlob(pattern, text));
}

const names = new Intl.Collator("en", { numeric: true });

function newestFirst(left: ListedTag, right: ListedTag): number {
  const byTime = (right.pushedAtMs ?? 0) - (left.pushedAtMs ?? 0);
  if (byTime !== 0) return byTime;
  const byLatest = Number(right.name === "latest") - Number(left.name === "latest");
  return byLatest !== 0 ? byLatest : names.compare(right.name, left.name);
}
