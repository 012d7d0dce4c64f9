import { type AdvisorySource, messageOf } from "@pratique/core";

/** What the advisories at hand are. */
export interface AdvisoryState {
  /** Two reports that carry the same stamp were made from the same advisories, as old or as fresh. */
  readonly stamp: string;
  readonly revision: string;
  readonly sources: readonly AdvisorySource[];
  /** Why they cannot be read. Images that were scanned are judged all the same; others stay unassessed. */
  readonly problem?: string;
}

export function advisoryStateOf(index: {
  readonly revision: string;
  readonly sources: readonly AdvisorySource[];
}): AdvisoryState {
  return { stamp: advisoryStamp(index.sources), revision: index.revision, sources: index.sources };
}

/** A damaged database keeps no agent, and no gate, from running. Never throws. */
export function readAdvisoryState(read: () => AdvisoryState): AdvisoryState {
  try {
    return read();
  } catch (thrown) {
    const problem = messageOf(thrown);
    return { stamp: `unreadable: ${problem}`, revision: "", sources: [], problem };
  }
}

/** Names the sources, when each was read, and which are stale by now; a report carries all of it. */
export function advisoryStamp(sources: readonly AdvisorySource[]): string {
  return sources
    .map(({ source, builtAt, stale }) => `${source}@${builtAt}${stale ? " stale" : ""}`)
    .sort()
    .join(", ");
}
