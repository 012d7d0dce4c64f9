import type { TarVisitor } from "@pratique/archive";
import type { LayerFacts } from "../layer-index/layer-facts.ts";
import type { LayerIndex } from "../layer-index/layer-index.ts";
import type { LayerContext } from "../layer-index/layer-source.ts";
import type { Matcher } from "../layer-index/matcher.ts";
import type { TarIndexer } from "./tar-indexer.ts";

export interface IndexTarOptions {
  readonly facts: LayerFacts;
  readonly matcher: Matcher;
  readonly context: LayerContext;
  /** What of the archive is the layer; all of it where absent. */
  readonly view?: TarView | undefined;
}

/** Stands between an archive and its reader, who sees of it what is the layer. */
export type TarView = (visitor: TarVisitor) => TarVisitor;

/** The index of one layer, and what a second reading would have to keep for its links. */
export interface TarIndex {
  readonly index: LayerIndex;
  readonly missing: readonly string[];
}

/** What a layer's tar has told, once all of it has passed. */
export function tarIndexOf(
  indexer: TarIndexer,
  read: Pick<LayerIndex, "diffId" | "verified" | "sizeBytes">,
): TarIndex {
  const missing = indexer.resolveLinks();
  const { entries, whiteouts, opaques, unwanted, failures, heldBytes } = indexer;
  return {
    index: { ...read, entries, whiteouts, opaques, unwanted, failures: failures.all(), heldBytes },
    missing,
  };
}
