/** How many hashes or entries a full tile holds. */
export const TILE_WIDTH = 256;

/** The highest level that a path may name (tlog-tiles, "Merkle Tree"). */
const MAX_LEVEL = 63;

/** One tile as it has to be fetched: its level or `entries`, its place in the level, and how much of it there is. */
export interface TileName {
  readonly level: number | "entries";
  readonly index: number;
  /** From 1 to 256; less than 256 for a partial tile. */
  readonly width: number;
}

/** The path of a tile below the log's prefix: `tile/<L>/<N>[.p/<W>]` (c2sp.org/tlog-tiles, "Merkle Tree"). */
export function tilePath({ level, index, width }: TileName): string {
  const suffix = width === TILE_WIDTH ? "" : `.p/${width}`;
  return `tile/${level}/${indexPath(index)}${suffix}`;
}

/** Reads a path back; undefined for anything but the one form that {@link tilePath} gives. */
export function parseTilePath(path: string): TileName | undefined {
  const pattern =
    /^tile\/(?<level>\d{1,2}|entries)\/(?<index>(?:x\d{3}\/){0,5}\d{3})(?:\.p\/(?<width>\d{1,3}))?$/u;
  const groups = pattern.exec(path)?.groups;
  if (groups === undefined) return undefined;
  const level = groups.level === "entries" ? "entries" : Number(groups.level);
  const index = Number((groups.index ?? "").replaceAll(/[x/]/gu, ""));
  const width = groups.width === undefined ? TILE_WIDTH : Number(groups.width);
  if (level !== "entries" && level > MAX_LEVEL) return undefined;
  if (!Number.isSafeInteger(index) || width < 1 || (groups.width !== undefined && width >= TILE_WIDTH)) {
    return undefined;
  }
  const name: TileName = { level, index, width };
  return tilePath(name) === path ? name : undefined;
}

/**
 * The number of hashes that a tile holds in a tree of a size; 0 where it does not exist. A hash stands at a level
 * above only for a full tile below (tlog-tiles, "Partial Tiles").
 */
export function tileWidth(level: number, index: number, size: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH));
}

/** The tiles at the right edge of a tree that are not full, one a level at most, lowest level first. */
export function partialTiles(size: number): readonly TileName[] {
  const names: TileName[] = [];
  for (let level = 0; TILE_WIDTH ** level <= size; level += 1) {
    const hashes = Math.floor(size / TILE_WIDTH ** level);
    const width = hashes % TILE_WIDTH;
    if (width > 0) names.push({ level, index: Math.floor(hashes / TILE_WIDTH), width });
  }
  return names;
}

/** Groups of three digits, all but the last behind an `x`, so that no file has the name of a directory. */
function indexPath(index: number): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, "0");
  const groups = padded.match(/\d{3}/gu) ?? [];
  return groups.map((group, at) => (at === groups.length - 1 ? group : `x${group}`)).join("/");
}
