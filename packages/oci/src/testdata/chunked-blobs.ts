import { gzipSync, zstdCompressSync } from "node:zlib";
import { type BuiltLayer, digestOf, type TarItem, tarEntryOf, tarOf } from "@pratique/testkit";

/** A layer that has a table of contents, and what its descriptor says of it. */
export interface ChunkedBlob extends BuiltLayer {
  readonly annotations: Readonly<Record<string, string>>;
}

export interface ChunkedOptions {
  /** Changes the entries of the table before it is written, as one who lies would. */
  readonly change?: (entries: Record<string, unknown>[]) => readonly unknown[];
  /** What a large file is cut into; whole where absent. */
  readonly chunkBytes?: number;
}

const BLOCK = 512;
const END = Buffer.alloc(2 * BLOCK);

/** A layer as eStargz: a gzip member for each content, the table in a tar behind them, and a footer that says where. */
export function stargzOf(items: readonly TarItem[], { change = (list) => list, chunkBytes }: ChunkedOptions = {}): ChunkedBlob {
  const { members, tar, entries, size } = membersOnce(items, gzipSync, chunkBytes);
  const json = Buffer.from(JSON.stringify({ version: 1, entries: change(entries) }));
  const tocTar = tarOf([{ path: "stargz.index.json", content: json }]);
  const blob = Buffer.concat([...members, gzipSync(tocTar), footerOf(size)]);
  return {
    ...layerParts(Buffer.concat([tar, tocTar]), blob, "gzip"),
    annotations: { "containerd.io/snapshot/stargz/toc.digest": digestOf(json) },
  };
}

/** A layer as zstd:chunked: a frame for each content, and the table in a frame that is passed over. */
export function zstdChunkedOf(items: readonly TarItem[], { change = (list) => list, chunkBytes }: ChunkedOptions = {}): ChunkedBlob {
  const { members, tar, entries, size } = membersOnce(items, zstdCompressSync, chunkBytes);
  const end = zstdCompressSync(END);
  const json = Buffer.from(JSON.stringify({ version: 1, entries: change(entries) }));
  const packed = zstdCompressSync(json);
  const skippable = Buffer.alloc(8);
  skippable.writeUInt32LE(0x184d2a50, 0);
  skippable.writeUInt32LE(packed.length, 4);
  const blob = Buffer.concat([...members, end, skippable, packed]);
  const position = `${size + end.length + skippable.length}:${packed.length}:${json.length}:1`;
  return {
    ...layerParts(Buffer.concat([tar, END]), blob, "zstd"),
    annotations: {
      "io.github.containers.zstd-chunked.manifest-checksum": digestOf(packed),
      "io.github.containers.zstd-chunked.manifest-position": position,
    },
  };
}

function layerParts(tar: Buffer, blob: Buffer, compression: string): BuiltLayer {
  const mediaType = `application/vnd.oci.image.layer.v1.tar+${compression}`;
  return { tar, blob, diffId: digestOf(tar), digest: digestOf(blob), mediaType };
}

type Members = ReturnType<typeof membersOf>;
type Pack = (bytes: Buffer) => Buffer;

const made = new WeakMap<readonly TarItem[], Map<Pack, Map<number | undefined, Members>>>();

/** Packing takes most of the time of a test, and only the tables differ. */
function membersOnce(items: readonly TarItem[], pack: Pack, chunkBytes?: number): Members {
  const packed = made.get(items) ?? new Map<Pack, Map<number | undefined, Members>>();
  made.set(items, packed);
  const cut = packed.get(pack) ?? new Map<number | undefined, Members>();
  packed.set(pack, cut);
  const members = cut.get(chunkBytes) ?? membersOf(items, pack, chunkBytes);
  cut.set(chunkBytes, members);
  return { ...members, entries: members.entries.map((entry) => ({ ...entry })) };
}

function membersOf(items: readonly TarItem[], pack: Pack, chunkBytes = Number.POSITIVE_INFINITY) {
  const members: Buffer[] = [];
  const entries: Record<string, unknown>[] = [];
  let [size, waiting] = [0, Buffer.alloc(0)];
  const flush = (): void => {
    if (waiting.length === 0) return;
    const member = pack(waiting);
    members.push(member);
    size += member.length;
    waiting = Buffer.alloc(0);
  };
  const parts = items.map((item) => ({ item, bytes: tarEntryOf(item), content: contentOf(item) }));
  for (const { item, bytes, content } of parts) {
    const header = bytes.subarray(0, BLOCK);
    waiting = Buffer.concat([waiting, header]);
    const facts = { name: item.path, mode: item.mode ?? 0o644 };
    if (content.length === 0) {
      entries.push({ ...facts, type: typeOf(item), ...("target" in item && { linkName: item.target }) });
      continue;
    }
    for (let start = 0; start < content.length; start += Math.min(chunkBytes, content.length)) {
      flush();
      const chunk = content.subarray(start, start + chunkBytes);
      const place = { offset: size, chunkOffset: start, chunkSize: chunk.length, chunkDigest: digestOf(chunk) };
      if (start === 0) entries.push({ ...facts, type: "reg", size: content.length, digest: digestOf(content), ...place });
      else entries.push({ name: item.path, type: "chunk", ...place });
      waiting = Buffer.from(chunk);
    }
    waiting = Buffer.concat([waiting, bytes.subarray(BLOCK + content.length)]);
  }
  flush();
  return { members, entries, size, tar: Buffer.concat(parts.map(({ bytes }) => bytes)) };
}

function contentOf(item: TarItem): Buffer {
  return "content" in item && item.content !== undefined ? Buffer.from(item.content) : Buffer.alloc(0);
}

function typeOf(item: TarItem): string {
  if ("kind" in item && item.kind !== undefined) return item.kind;
  return String(item.path).endsWith("/") ? "dir" : "reg";
}

function footerOf(offset: number): Buffer {
  const field = `SG\u0016\u0000${offset.toString(16).padStart(16, "0")}STARGZ`;
  return Buffer.concat([
    Buffer.from("1f8b08040000000000ff1a00", "hex"),
    Buffer.from(field, "latin1"),
    Buffer.from("010000ffff0000000000000000", "hex"),
  ]);
}
