import type { FeedSink, RawIndicator } from "../feeds/feed.ts";
import { findFeed } from "../feeds/feeds.ts";

/** What a feed has given to its sink. */
export interface Collected {
  readonly indicators: readonly RawIndicator[];
  readonly refused: readonly string[];
  readonly ignored: readonly string[];
  readonly recognized: boolean;
}

/** A sink that keeps all it is given. */
export function collector(): FeedSink & { collected(): Collected } {
  const indicators: RawIndicator[] = [];
  const refused: string[] = [];
  const ignored: string[] = [];
  let recognized = false;
  return {
    indicator: (indicator) => void indicators.push(indicator),
    refused: (_where, reason) => void refused.push(reason),
    ignored: (reason) => void ignored.push(reason),
    recognized: () => {
      recognized = true;
    },
    collected: () => ({ indicators, refused, ignored, recognized }),
  };
}

/** Reads a text by a feed, in chunks of a size. */
export async function collect(
  feed: string,
  content: string | Uint8Array,
  { path = "feed.txt", chunkBytes = 1000 }: { readonly path?: string; readonly chunkBytes?: number } = {},
): Promise<Collected> {
  const sink = collector();
  const bytes = Buffer.from(content);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  }
  await findFeed(feed).read({ path, stream: chunks }, sink);
  return sink.collected();
}
