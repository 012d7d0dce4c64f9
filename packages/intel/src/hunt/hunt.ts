import type { ListedIndicator } from "../set/intel-set.ts";

/** A connection that a container has made. */
export interface RecordedFlow {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly container: string;
  readonly address: string;
  readonly port: number;
  /** Whether it still stands. */
  readonly live: boolean;
}

/** A name that a container has asked for. */
export interface RecordedName {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly container: string;
  readonly name: string;
}

/** What was recorded of the containers of a host; whoever keeps it implements this. */
export interface History {
  flows(): Iterable<RecordedFlow> | AsyncIterable<RecordedFlow>;
  names(): Iterable<RecordedName> | AsyncIterable<RecordedName>;
}

/** What a hunt asks of a set. */
export interface HuntedSet {
  byAddress(address: string, port?: number): readonly ListedIndicator[];
  byName(name: string): readonly ListedIndicator[];
}

export interface HuntOptions {
  /** The set before: what it lists as well was told when it happened, and is left out. */
  readonly known?: HuntedSet;
  readonly signal?: AbortSignal;
  /** How many hits are kept; the others are counted. */
  readonly maxHits?: number;
}

/** Something recorded that a set lists. */
export interface HuntHit {
  readonly time: number;
  readonly container: string;
  /** `ADDRESS:PORT`, or the name. */
  readonly peer: string;
  readonly live: boolean;
  readonly listed: ListedIndicator;
}

/** What a set finds in what was recorded. */
export interface HuntReport {
  readonly flows: number;
  readonly names: number;
  /** The first of them, in the order of the record. */
  readonly hits: readonly HuntHit[];
  readonly hitCount: number;
  readonly containers: readonly string[];
  /** Live flows that would be cut if the set were enforced now. */
  readonly wouldCut: number;
  /** False where the hunt was called off. */
  readonly complete: boolean;
}

const DEFAULT_MAX_HITS = 1000;
const MAX_CONTAINERS = 10_000;

/**
 * Looks through what was recorded for what a set lists: what a new feed would have found, and what it would cut now.
 * It changes nothing, so that it serves as the dry run of a set that is not in force.
 */
export async function huntIn(
  history: History,
  set: HuntedSet,
  options: HuntOptions = {},
): Promise<HuntReport> {
  const { known, signal, maxHits = DEFAULT_MAX_HITS } = options;
  const hits: HuntHit[] = [];
  const containers = new Set<string>();
  let [flows, names, hitCount, wouldCut] = [0, 0, 0, 0];
  const keep = (hit: HuntHit): void => {
    hitCount += 1;
    if (hits.length < maxHits) hits.push(hit);
    if (containers.size < MAX_CONTAINERS) containers.add(hit.container);
  };
  const report = (complete: boolean): HuntReport => ({
    flows,
    names,
    hits,
    hitCount,
    containers: [...containers],
    wouldCut,
    complete,
  });
  for await (const { time, container, address, port, live } of history.flows()) {
    if (signal?.aborted === true) return report(false);
    flows += 1;
    const listed = strongest(set.byAddress(address, port));
    if (listed === undefined || isKnown(known?.byAddress(address, port), listed)) continue;
    if (live && listed.reportOnlyBy === undefined) wouldCut += 1;
    const peer = address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
    keep({ time, container, peer, live, listed });
  }
  for await (const { time, container, name } of history.names()) {
    if (signal?.aborted === true) return report(false);
    names += 1;
    const listed = strongest(set.byName(name));
    if (listed === undefined || isKnown(known?.byName(name), listed)) continue;
    keep({ time, container, peer: name, live: false, listed });
  }
  return report(true);
}

/** One that is blocked by, where there is one; else the most specific. */
function strongest(found: readonly ListedIndicator[]): ListedIndicator | undefined {
  return found.find(({ reportOnlyBy }) => reportOnlyBy === undefined) ?? found[0];
}

/** Known is what the set before would have done as much about. */
function isKnown(before: readonly ListedIndicator[] = [], listed: ListedIndicator): boolean {
  const known = strongest(before);
  return known !== undefined && (known.reportOnlyBy === undefined || listed.reportOnlyBy !== undefined);
}
