import type { Advisory, VulnerabilityDetails } from "@pratique/core";
import type { LocatedFile } from "@pratique/archive";
import type { ReleaseEnd } from "../end-of-life/release-end.ts";
import type { AnySink } from "../readers.ts";
import { findReader } from "../readers.ts";
import type { Repository, SourceReader } from "../providers/source-reader.ts";

/** What a reader gave of one file. */
export interface Collected {
  readonly advisories: Omit<Advisory, "source">[];
  readonly details: VulnerabilityDetails[];
  readonly enrichments: [string, { readonly knownExploited?: boolean; readonly epss?: number }][];
  readonly ends: ReleaseEnd[];
  readonly repositories: Repository[];
  readonly malformed: string[];
  readonly ignored: string[];
  entries: number;
}

/** A file in memory, in chunks of so many bytes. */
export function fileOf(content: string | Uint8Array, path = "feed", chunkBytes = 1024): LocatedFile {
  const bytes = Buffer.from(content);
  async function* stream(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  }
  return { path, stream };
}

/** Lets a reader read one file, and keeps all that it says. */
export async function collect(
  reader: string,
  content: string | Uint8Array,
  { path = "feed", chunkBytes = 1024 }: { readonly path?: string; readonly chunkBytes?: number } = {},
): Promise<Collected> {
  return collectFile(findReader(reader), fileOf(content, path, chunkBytes));
}

/** Lets a reader read one file, wherever it lies. */
export async function collectFile(
  reader: SourceReader<AnySink>,
  file: LocatedFile,
): Promise<Collected> {
  const collected: Collected = {
    advisories: [],
    details: [],
    enrichments: [],
    ends: [],
    repositories: [],
    malformed: [],
    ignored: [],
    entries: 0,
  };
  const sink: AnySink = {
    entry() {
      collected.entries += 1;
    },
    malformed: (where, reason) => collected.malformed.push(`${where}: ${reason}`),
    ignored: (where, reason) => collected.ignored.push(`${where}: ${reason}`),
    advisory: (advisory) => collected.advisories.push(advisory),
    details: (details) => collected.details.push(details),
    enrichment: (id, facts) => collected.enrichments.push([id, facts]),
    endOfLife: (end) => collected.ends.push(end),
    repository: (repository) => collected.repositories.push(repository),
  };
  await reader.read(file, sink);
  return collected;
}
