import { createHash } from "node:crypto";
import { ArchiveError, decompress } from "@pratique/archive";
import { GiB, MiB, mayBeProgram } from "@pratique/core";
import { OciError } from "../errors.ts";
import type { LayerIndex } from "../layer-index/layer-index.ts";
import type { LayerContext, LayerSource } from "../layer-index/layer-source.ts";
import { type Matcher, nameOf } from "../layer-index/matcher.ts";
import { type TarIndex, tarIndexOf } from "../layers/tar-index.ts";
import { TarIndexer } from "../layers/tar-indexer.ts";
import { withPaths } from "../tree/with-paths.ts";
import { type Annotations, findToc, hasToc } from "./find-toc.ts";
import { LayerRanges, type OpenRange } from "./layer-ranges.ts";
import type { PackedContent, TocEntry } from "./toc.ts";
import { TocUnusable } from "./toc-unusable.ts";

export interface ChunkedLayerOptions {
  /** The layer as it is read whole, and verified. */
  readonly whole: LayerSource;
  /** Those of its descriptor in the manifest. */
  readonly annotations: Annotations;
  readonly openRange: OpenRange;
}

/** A layer of which more is wanted is read whole: that takes about as long, and is verified. */
const WORTH_SHARE = 0.5;
/** One that is shorter takes no longer than its table of contents. */
const WORTH_BYTES = MiB;
/** Unpacked bytes that come before or behind what is wanted. */
const MAX_WASTE_BYTES = GiB;
/** Of one packed piece behind a file: paddings and headers. */
const SLACK_BYTES = 16 * MiB;
/** A hard link may point at a hard link; each reading uncovers one more. */
const MAX_READINGS = 4;
/** Entries after which other work gets its turn. */
const ENTRIES_PER_TURN = 20_000;

/**
 * A layer in a registry that may have a table of contents (eStargz, zstd:chunked). Where the reading allows it, only the
 * wanted files are fetched, each held against the digest that the table has of it; the table itself is held against the
 * digest that the manifest has of it.
 *
 * Whether the table lists what is in the layer is then not known, since most of the layer was never seen: the index says
 * that it is not verified. Whatever is wrong with a table, the layer is read whole.
 */
export function chunkedLayer({ whole, annotations, openRange }: ChunkedLayerOptions): LayerSource {
  const { facts } = whole;
  return {
    facts,
    async index(matcher, context) {
      const { sizeBytes = 0 } = facts;
      // Most files are texts: who looks into those needs the whole layer.
      const isPart = context.byRange && matcher.textInspectors.length === 0;
      if (!isPart || !hasToc(annotations) || sizeBytes < WORTH_BYTES) return whole.index(matcher, context);
      const ranges = new LayerRanges(sizeBytes, openRange, context.signal);
      const index = await indexByToc(annotations, ranges, { matcher, context });
      if (index === undefined) return whole.index(matcher, context);
      context.progress(sizeBytes);
      return index;
    },
  };
}

interface Wanted {
  readonly matcher: Matcher;
  readonly context: LayerContext;
}

/** Undefined where the layer has to be read whole. */
async function indexByToc(
  annotations: Annotations,
  ranges: LayerRanges,
  { matcher, context }: Wanted,
): Promise<LayerIndex | undefined> {
  const held = new HeldBytes(context);
  try {
    const entries = await findToc(annotations, ranges, context.limits.layerEntries);
    let wanted = withLinkTargets(entries, matcher);
    for (let reading = 1; ; reading += 1) {
      checkWorth(entries, wanted, ranges.size);
      const { index, missing } = await readEntries(entries, ranges, {
        matcher: wanted,
        context: held.context,
      });
      if (missing.length === 0 || reading === MAX_READINGS) return index;
      held.releaseAll();
      wanted = withPaths(wanted, missing);
    }
  } catch (thrown) {
    context.signal.throwIfAborted();
    held.releaseAll();
    if (isAnswered(thrown)) return undefined;
    throw thrown;
  }
}

/** What reading the layer whole answers: a table that lies, one that is damaged, a registry that gives no parts. */
function isAnswered(thrown: unknown): boolean {
  return thrown instanceof TocUnusable || thrown instanceof ArchiveError || thrown instanceof OciError;
}

/** What a reading that is given up has taken, to be given back. */
class HeldBytes {
  readonly context: LayerContext;
  readonly #release: (bytes: number) => void;
  #bytes = 0;

  constructor(context: LayerContext) {
    this.#release = (bytes) => context.release(bytes);
    this.context = {
      ...context,
      hold: (bytes) => {
        const isHeld = context.hold(bytes);
        if (isHeld) this.#bytes += bytes;
        return isHeld;
      },
      release: (bytes) => {
        this.#bytes -= bytes;
        context.release(bytes);
      },
    };
  }

  releaseAll(): void {
    this.#release(this.#bytes);
    this.#bytes = 0;
  }
}

/** A matcher that wants what the wanted hard links point at, too: else it would be missed, and all be read again. */
function withLinkTargets(entries: readonly TocEntry[], matcher: Matcher): Matcher {
  const links = entries.filter(({ kind, name }) => kind === "hardlink" && matcher.matches(pathOf(name)));
  return links.length === 0
    ? matcher
    : withPaths(
        matcher,
        links.map(({ linkName }) => pathOf(linkName)),
      );
}

/** Without what may stand before the first name. */
function pathOf(name: string): string {
  return name.replace(/^(?:\.?\/)+/u, "");
}

function checkWorth(entries: readonly TocEntry[], matcher: Matcher, sizeBytes: number): void {
  const hasInspectors = matcher.inspectors.length > 0;
  let bytes = 0;
  for (const { name, mode, size, content } of entries) {
    if (content === undefined) continue;
    const path = pathOf(name);
    const isProgram = hasInspectors && mayBeProgram(nameOf(path), { mode, size });
    if (isProgram || matcher.matches(path)) bytes += content.end - content.offset;
    if (bytes > WORTH_SHARE * sizeBytes) throw new TocUnusable("most of the layer is wanted");
  }
}

async function readEntries(
  entries: readonly TocEntry[],
  ranges: LayerRanges,
  { matcher, context }: Wanted,
): Promise<TarIndex> {
  const indexer = new TarIndexer(matcher, context);
  const waste = new Waste();
  let sizeBytes = 0;
  for (const [position, entry] of entries.entries()) {
    if (position % ENTRIES_PER_TURN === 0) {
      context.signal.throwIfAborted();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { name, linkName, content, ...facts } = entry;
    const isWanted = indexer.entry({
      ...facts,
      name: spanOf(name),
      linkName: spanOf(linkName),
      offset: 0,
      contiguous: true,
    });
    if (!isWanted) continue;
    if (content !== undefined) await readContent(indexer, ranges, { content, size: entry.size, waste });
    indexer.contentEnd();
    sizeBytes += entry.size;
  }
  return tarIndexOf(indexer, { verified: false, sizeBytes });
}

interface ContentOptions {
  readonly content: PackedContent;
  readonly size: number;
  readonly waste: Waste;
}

/** Gives the indexer the content of one file. Rejects with {@link TocUnusable} where it is not what its digest says. */
async function readContent(
  indexer: TarIndexer,
  ranges: LayerRanges,
  { content: { offset, end, skip, digest }, size, waste }: ContentOptions,
): Promise<void> {
  const hash = createHash("sha256");
  let [before, missing] = [skip, size];
  waste.add(skip);
  const packed = ranges.read(offset, end - offset);
  for await (const chunk of decompress(packed, { bytes: skip + size + SLACK_BYTES })) {
    const start = Math.min(before, chunk.length);
    const piece = chunk.subarray(start, Math.min(chunk.length, start + missing));
    before -= start;
    missing -= piece.length;
    waste.add(chunk.length - start - piece.length);
    hash.update(piece);
    indexer.content(piece);
    if (missing === 0) break;
  }
  const found = `sha256:${hash.digest("hex")}`;
  if (missing > 0 || found !== digest) throw new TocUnusable("a file is not what the table says");
}

/** Bytes that are unpacked for nothing: a table could have the same ones unpacked for each of a million files. */
class Waste {
  #bytes = 0;

  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > MAX_WASTE_BYTES) throw new TocUnusable("most of what is unpacked is not wanted");
  }
}

function spanOf(text: string): { readonly bytes: Uint8Array; readonly start: 0; readonly end: number } {
  const bytes = Buffer.from(text);
  return { bytes, start: 0, end: bytes.length };
}
