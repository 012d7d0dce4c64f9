import { createHash, type Hash } from "node:crypto";
import { createWriteStream, mkdirSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

/** What an image that is made against its reader consists of. */
export interface ManyEntries {
  readonly count: number;
  readonly kind: "file" | "directory" | "symlink";
  /** Whether the layer is packed with gzip, so that it has to be read as a stream. */
  readonly packed: boolean;
}

const BLOCK = 512;
/** Entries in one directory, and headers that are made at a time. */
const AT_ONCE = 1000;
const TYPES = { file: "0", directory: "5", symlink: "2" } as const;
const LAYER = "application/vnd.oci.image.layer.v1.tar";

/** Writes an OCI layout with one layer of so many entries that hold nothing, a thousand in each directory. */
export async function writeManyEntries(directory: string, entries: ManyEntries): Promise<void> {
  const blobs = path.join(directory, "blobs/sha256");
  mkdirSync(blobs, { recursive: true });
  const file = path.join(blobs, "layer");
  const plain = createHash("sha256");
  const stored = createHash("sha256");
  let size = 0;
  const count = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      stored.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  };
  const headers = Readable.from(headersOf(entries, plain));
  const written = createWriteStream(file);
  if (entries.packed) await pipeline(headers, createGzip({ level: 1 }), count, written);
  else await pipeline(headers, count, written);
  const digest = stored.digest("hex");
  renameSync(file, path.join(blobs, digest));
  const layer = {
    mediaType: entries.packed ? `${LAYER}+gzip` : LAYER,
    digest: `sha256:${digest}`,
    size,
  };
  const write = (value: object) => writeBlob(blobs, value);
  const config = write({
    architecture: "amd64",
    os: "linux",
    rootfs: { type: "layers", diff_ids: [`sha256:${plain.digest("hex")}`] },
  });
  const manifest = write({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...config },
    layers: [layer],
  });
  const index = {
    schemaVersion: 2,
    manifests: [{ mediaType: "application/vnd.oci.image.manifest.v1+json", ...manifest }],
  };
  writeFileSync(path.join(directory, "index.json"), JSON.stringify(index));
  writeFileSync(path.join(directory, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
}

function writeBlob(blobs: string, value: object): { readonly digest: string; readonly size: number } {
  const bytes = Buffer.from(JSON.stringify(value));
  const digest = createHash("sha256").update(bytes).digest("hex");
  writeFileSync(path.join(blobs, digest), bytes);
  return { digest: `sha256:${digest}`, size: bytes.length };
}

/** The headers of a tar (POSIX ustar), and the two blocks with which it ends. */
function* headersOf({ count, kind }: ManyEntries, hash: Hash): Generator<Buffer> {
  for (let first = 0; first < count; first += AT_ONCE) {
    const length = Math.min(AT_ONCE, count - first);
    const headers = Buffer.alloc(length * BLOCK);
    for (let at = 0; at < length; at += 1) {
      writeHeader(headers.subarray(at * BLOCK, (at + 1) * BLOCK), `srv/${first / AT_ONCE}/${at}`, kind);
    }
    hash.update(headers);
    yield headers;
  }
  const end = Buffer.alloc(2 * BLOCK);
  hash.update(end);
  yield end;
}

function writeHeader(header: Buffer, name: string, kind: ManyEntries["kind"]): void {
  header.write(kind === "directory" ? `${name}/` : name, 0);
  header.write(
    `0000644\0${"0000000\0".repeat(2)}${"00000000000\0".repeat(2)}${" ".repeat(8)}${TYPES[kind]}`,
    100,
  );
  if (kind === "symlink") header.write("../somewhere", 157);
  header.write("ustar\x0000", 257);
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
}
