import type { LocatedFile } from "@pratique/archive";
import type { Advisory, VulnerabilityDetails } from "@pratique/core";
import type { ReleaseEnd } from "../end-of-life/release-end.ts";

/** Where a reader puts what it has read, and what it could not read. */
interface EntrySink {
  /** Counts one record of the source, however many advisories come of it. */
  entry(): void;
  /** A record that ought to be readable and is not. It is counted and shown; the build goes on. */
  malformed(where: string, reason: string): void;
  /** A record that is sound and says nothing of use: withdrawn, not an advisory at all. */
  ignored(where: string, reason: string): void;
}

/** What a provider gives. Its own name is put in as the advisory's source. */
export interface AdvisorySink extends EntrySink {
  advisory(advisory: Omit<Advisory, "source">): void;
  details(details: VulnerabilityDetails): void;
}

/** A repository of Red Hat, and the CPEs of what it holds. */
export interface Repository {
  readonly name: string;
  readonly cpes: readonly string[];
}

/** What an enricher gives; only the members that it knows. */
export interface EnrichmentSink extends EntrySink {
  enrichment(id: string, facts: { readonly knownExploited?: boolean; readonly epss?: number }): void;
  /** When a release of a distribution ends. */
  endOfLife(end: ReleaseEnd): void;
  repository(repository: Repository): void;
}

/**
 * Reads one kind of feed.
 *
 * Contract: a bad record becomes `malformed` and never an exception; a file whose end is missing, or that is
 * not of this kind at all, is a `SOURCE_DAMAGED`. Memory is bounded by one record, whatever the file's size.
 * The same bytes give the same calls in the same order; a change that breaks this raises `version`.
 */
export interface SourceReader<Sink extends EntrySink> {
  /** The folder's name, and the word before the colon in `--from`. */
  readonly name: string;
  /** Raised whenever the same input can give another result: stored copies are then read anew. */
  readonly version: number;
  /** Where the live feed is; several addresses make one source. */
  readonly feeds: readonly string[];
  /** Whether a file found in a directory or an archive belongs to the feed. A file named outright always does. */
  wants(path: string): boolean;
  read(file: LocatedFile, sink: Sink): Promise<void>;
}

/** Reads vendors' advisories. */
export type Provider = SourceReader<AdvisorySink>;

/** Reads what is known of vulnerabilities apart from packages. */
export type Enricher = SourceReader<EnrichmentSink>;
