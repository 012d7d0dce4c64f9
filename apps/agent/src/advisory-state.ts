import type { AdvisorySource } from "@pratique/core";

/** What the advisories at hand are. */
export interface AdvisoryState {
  /** Two reports that carry the same stamp were made from the same advisories. */
  readonly stamp: string;
  readonly revision: string;
  readonly sources: readonly AdvisorySource[];
}

export function advisoryStateOf(index: {
  readonly revision: string;
  readonly sources: readonly AdvisorySource[];
}): AdvisoryState {
  return { stamp: advisoryStamp(index.sources), revision: index.revision, sources: index.sources };
}

/** Names the sources and when each was read; a report carries both. */
export function advisoryStamp(sources: readonly AdvisorySource[]): string {
  return sources
    .map(({ source, builtAt }) => `${source}@${builtAt}`)
    .sort()
    .join(" ");
}
