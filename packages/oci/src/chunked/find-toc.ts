import { decodeName, decompress, readBounded, readTarStream } from "@pratique/archive";
import { MiB } from "@pratique/core";
import { digestOfBytes } from "../manifest.ts";
import type { LayerRanges } from "./layer-ranges.ts";
import { parseToc, type TocEntry } from "./toc.ts";
import { TocUnusable } from "./toc-unusable.ts";

/** What the descriptor of a layer says beside its digest. */
export type Annotations = Readonly<Record<string, string>>;

const ESTARGZ_DIGEST = "containerd.io/snapshot/stargz/toc.digest";
const CHUNKED_DIGEST = "io.github.containers.zstd-chunked.manifest-checksum";
const CHUNKED_POSITION = "io.github.containers.zstd-chunked.manifest-position";
/** Of one table, packed or not: some 100,000 files. A layer with more is read whole. */
const MAX_TOC_BYTES = 32 * MiB;
const TOC_NAME = "stargz.index.json";
/** An empty gzip member with an extra field of 26 bytes (stargz-snapshotter, docs/estargz.md, "Footer"). */
const FOOTER_BYTES = 51;
const FOOTER_START = Buffer.from("1f8b0804", "hex");
const FIELD_START = Buffer.from("1a0053471600", "hex");
const FIELD_OFFSET = 10;

/** Whether the manifest says that there is a table of contents, and which. */
export function hasToc(annotations: Annotations): boolean {
  return annotations[ESTARGZ_DIGEST] !== undefined || annotations[CHUNKED_DIGEST] !== undefined;
}

/**
 * Fetches the table of contents that the manifest names, and holds it against the digest that the manifest names it by.
 * Rejects with {@link TocUnusable}.
 */
export async function findToc(
  annotations: Annotations,
  ranges: LayerRanges,
  maxEntries: number,
): Promise<readonly TocEntry[]> {
  const chunked = annotations[CHUNKED_DIGEST];
  return chunked === undefined
    ? findStargz(annotations[ESTARGZ_DIGEST] ?? "", ranges, maxEntries)
    : findChunked(chunked, annotations[CHUNKED_POSITION] ?? "", { ranges, maxEntries });
}

/** eStargz: the footer says where a tar of one file begins, whose digest is that of the file. */
async function findStargz(
  digest: string,
  ranges: LayerRanges,
  maxEntries: number,
): Promise<readonly TocEntry[]> {
  const footer = await ranges.bytes(ranges.size - FOOTER_BYTES, FOOTER_BYTES);
  const offset = offsetIn(Buffer.from(footer));
  const length = ranges.size - FOOTER_BYTES - offset;
  if (length <= 0 || length > MAX_TOC_BYTES)
    throw new TocUnusable("its place is not in the layer, or too large");
  const toc = await unpackStargz(ranges.read(offset, length));
  checkDigest(toc, digest);
  return parseToc(toc, { contentEnd: offset, maxEntries });
}

function offsetIn(footer: Buffer): number {
  const field = footer.subarray(FIELD_OFFSET, FIELD_OFFSET + FIELD_START.length);
  const text = footer.toString("latin1", FIELD_OFFSET + FIELD_START.length);
  const hex = /^(?<offset>[0-9a-f]{16})STARGZ/u.exec(text)?.groups?.offset;
  const isFooter = footer.subarray(0, FOOTER_START.length).equals(FOOTER_START) && field.equals(FIELD_START);
  if (!isFooter || hex === undefined) throw new TocUnusable("the layer has no footer of eStargz");
  return Number.parseInt(hex, 16);
}

async function unpackStargz(packed: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  await readTarStream(
    decompress(packed, { bytes: MAX_TOC_BYTES }),
    {
      entry: ({ name, kind }) => kind === "file" && decodeName(name) === TOC_NAME,
      content: (bytes) => chunks.push(Uint8Array.from(bytes)),
      contentEnd: () => undefined,
    },
    { limits: { entries: 8, bytes: MAX_TOC_BYTES } },
  );
  return Buffer.concat(chunks);
}

/** zstd:chunked: an annotation says where the table lies, whose digest is that of its packed bytes. */
async function findChunked(
  digest: string,
  position: string,
  { ranges, maxEntries }: { readonly ranges: LayerRanges; readonly maxEntries: number },
): Promise<readonly TocEntry[]> {
  const groups = /^(?<offset>\d{1,15}):(?<length>\d{1,9}):(?<unpacked>\d{1,9}):1$/u.exec(position)?.groups;
  const [offset, length] = [Number(groups?.offset), Number(groups?.length)];
  if (groups === undefined || length > MAX_TOC_BYTES)
    throw new TocUnusable("its place is not told, or too large");
  const packed = await ranges.bytes(offset, length);
  checkDigest(packed, digest);
  const toc = await readBounded(decompress(once(packed), { bytes: MAX_TOC_BYTES }), MAX_TOC_BYTES);
  return parseToc(toc, { contentEnd: offset, maxEntries });
}

function checkDigest(bytes: Uint8Array, expected: string): void {
  const found = digestOfBytes(bytes);
  if (found !== expected) throw new TocUnusable(`expected ${JSON.stringify(expected)}, found ${found}`);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}
