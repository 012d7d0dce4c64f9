/** Who talks to whom, as far as it decides where things stand. */
interface Talk {
  readonly from: string;
  readonly to: string;
}

interface Peer {
  readonly id: string;
  readonly kind: "container" | "host" | "outside";
}

/** Where a peer stands: columns from left to right, rows from the top, both from 0. */
interface Place {
  readonly column: number;
  readonly row: number;
}

export interface NetworkLayout {
  readonly places: ReadonlyMap<string, Place>;
  readonly columns: number;
  /** Of the fullest column. */
  readonly rows: number;
}

/** Talk goes in circles at times; more columns than this tell nobody anything. */
const MAX_DEPTH = 4;
/** How often rows are ordered by those that they talk to; it hardly changes after that. */
const SWEEPS = 4;

/**
 * Puts who asks to the left of whom they ask, with whatever lies outside and is only asked at the right end, so that
 * lines go one way and names have room.
 */
export function layoutNetwork(peers: readonly Peer[], talks: readonly Talk[]): NetworkLayout {
  const columns = columnsOf(peers, talks);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) orderRows(columns, talks);
  const places = new Map<string, Place>();
  for (const [column, ids] of columns.entries()) {
    for (const [row, id] of ids.entries()) places.set(id, { column, row });
  }
  return { places, columns: columns.length, rows: Math.max(0, ...columns.map((ids) => ids.length)) };
}

function columnsOf(peers: readonly Peer[], talks: readonly Talk[]): string[][] {
  const depths = new Map(peers.map(({ id }) => [id, 0]));
  // Each round lets everybody stand at least one further than who asks them.
  for (let round = 0; round < MAX_DEPTH; round += 1) {
    for (const { from, to } of talks) {
      const depth = Math.max(depths.get(to) ?? 0, (depths.get(from) ?? 0) + 1);
      if (depths.has(to) && from !== to) depths.set(to, Math.min(depth, MAX_DEPTH));
    }
  }
  const asking = new Set(talks.map(({ from }) => from));
  const isOnlyAsked = ({ id, kind }: Peer) => kind === "outside" && !asking.has(id);
  const columnOf = (id: string) => depths.get(id) ?? 0;
  const last = 1 + Math.max(-1, ...peers.filter((peer) => !isOnlyAsked(peer)).map(({ id }) => columnOf(id)));
  const columns: string[][] = Array.from({ length: last + 1 }, () => []);
  for (const peer of peers) columns[isOnlyAsked(peer) ? last : columnOf(peer.id)]?.push(peer.id);
  return columns.filter((ids) => ids.length > 0);
}

/** Puts everybody near the middle of those they talk with in other columns. */
function orderRows(columns: string[][], talks: readonly Talk[]): void {
  const heights = new Map<string, number>();
  const place = (ids: readonly string[]) => {
    for (const [row, id] of ids.entries()) heights.set(id, (row + 0.5) / ids.length);
  };
  for (const ids of columns) place(ids);
  const others = Map.groupBy(
    talks.flatMap(({ from, to }) => [
      { id: from, other: to },
      { id: to, other: from },
    ]),
    ({ id }) => id,
  );
  for (const ids of columns) {
    const within = new Set(ids);
    const middles = new Map(
      ids.map((id) => {
        const known = (others.get(id) ?? []).filter(({ other }) => !within.has(other));
        const sum = known.reduce((height, { other }) => height + (heights.get(other) ?? 0), 0);
        return [id, known.length === 0 ? (heights.get(id) ?? 0) : sum / known.length];
      }),
    );
    ids.sort((left, right) => (middles.get(left) ?? 0) - (middles.get(right) ?? 0));
    place(ids);
  }
}
