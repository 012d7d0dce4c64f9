import { enrichers } from "./enrichers/enrichers.ts";
import { AdvisoryError } from "./errors.ts";
import { providers } from "./providers/providers.ts";
import type { AdvisorySink, EnrichmentSink, SourceReader } from "./providers/source-reader.ts";

/** A sink that takes whatever any reader gives. */
export type AnySink = AdvisorySink & EnrichmentSink;

/** All providers and enrichers. */
export const readers: readonly SourceReader<AnySink>[] = [...providers, ...enrichers];

/** The provider or enricher of a name. Throws `PROVIDER_UNKNOWN`, naming the ones there are. */
export function findReader(name: string): SourceReader<AnySink> {
  const reader = readers.find((candidate) => candidate.name === name);
  if (reader !== undefined) return reader;
  const names = readers.map((candidate) => candidate.name).join(", ");
  throw new AdvisoryError("PROVIDER_UNKNOWN", `expected one of ${names}, found ${JSON.stringify(name)}`);
}
