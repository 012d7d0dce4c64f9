/** A bucket of a database to be built: values, and buckets within. */
export interface BoltItems {
  readonly [key: string]: string | Uint8Array | BoltItems;
}

export interface BoltOptions {
  /** So many keys go into a leaf; those of a bucket with more get a branch above them. */
  readonly leafKeys?: number;
  /** Buckets with no buckets within lie in their parents. */
  readonly inline?: boolean;
}

const PAGE = 4096;
const HEADER = 16;
const ELEMENT = 16;
const LEAF = 2;
const BRANCH = 1;
const META = 4;

/** A bbolt database of one state, as bbolt would write it; for tests. */
export function boltDatabase(items: BoltItems, { leafKeys = 16, inline = true }: BoltOptions = {}): Buffer {
  const pages: Buffer[] = [];
  const add = (page: Buffer): number => {
    const id = 2 + pages.length;
    const count = Math.ceil(page.length / PAGE);
    const padded = Buffer.alloc(count * PAGE);
    page.copy(padded);
    padded.writeBigUInt64LE(BigInt(id), 0);
    padded.writeUInt32LE(count - 1, 12);
    for (let start = 0; start < padded.length; start += PAGE) pages.push(padded.subarray(start, start + PAGE));
    return id;
  };
  const valueOf = (bucket: BoltItems): Buffer => {
    const isFlat = Object.values(bucket).every((value) => typeof value === "string" || value instanceof Uint8Array);
    const entries = sorted(bucket).map(([key, value]) => {
      if (typeof value === "string") return { key, value: Buffer.from(value), flags: 0 };
      if (value instanceof Uint8Array) return { key, value: Buffer.from(value), flags: 0 };
      return { key, value: valueOf(value), flags: 1 };
    });
    const header = Buffer.alloc(16);
    if (isFlat && inline) return Buffer.concat([header, leafPage(entries)]);
    const leaves = [];
    for (let start = 0; start === 0 || start < entries.length; start += leafKeys) {
      const part = entries.slice(start, start + leafKeys);
      leaves.push({ key: part[0]?.key ?? Buffer.alloc(0), id: add(leafPage(part)) });
    }
    const [only] = leaves;
    const root = leaves.length === 1 && only !== undefined ? only.id : add(branchPage(leaves));
    header.writeBigUInt64LE(BigInt(root), 0);
    return header;
  };
  const root = Number(rootOf(valueOf, items));
  const metas = [0, 1].map((id) => metaPage(id, { root, highWater: 2 + pages.length }));
  return Buffer.concat([...metas, ...pages]);
}

function rootOf(valueOf: (bucket: BoltItems) => Buffer, items: BoltItems): bigint {
  // The root bucket has a page of its own: one bucket within makes it so.
  return valueOf({ ...items, "\u{10FFFF}": {} }).readBigUInt64LE(0);
}

function sorted(bucket: BoltItems) {
  return Object.entries(bucket)
    .map(([key, value]) => [Buffer.from(key), value] as const)
    .sort(([left], [right]) => left.compare(right));
}

function leafPage(entries: readonly { readonly key: Buffer; readonly value: Buffer; readonly flags: number }[]): Buffer {
  const head = Buffer.alloc(HEADER + entries.length * ELEMENT);
  head.writeUInt16LE(LEAF, 8);
  head.writeUInt16LE(entries.length, 10);
  const bodies: Buffer[] = [];
  let at = head.length;
  for (const [index, { key, value, flags }] of entries.entries()) {
    const start = HEADER + index * ELEMENT;
    for (const [offset, number] of [flags, at - start, key.length, value.length].entries()) {
      head.writeUInt32LE(number, start + offset * 4);
    }
    bodies.push(key, value);
    at += key.length + value.length;
  }
  return Buffer.concat([head, ...bodies]);
}

function branchPage(children: readonly { readonly key: Buffer; readonly id: number }[]): Buffer {
  const head = Buffer.alloc(HEADER + children.length * ELEMENT);
  head.writeUInt16LE(BRANCH, 8);
  head.writeUInt16LE(children.length, 10);
  let at = head.length;
  for (const [index, { key, id }] of children.entries()) {
    const start = HEADER + index * ELEMENT;
    head.writeUInt32LE(at - start, start);
    head.writeUInt32LE(key.length, start + 4);
    head.writeBigUInt64LE(BigInt(id), start + 8);
    at += key.length;
  }
  return Buffer.concat([head, ...children.map(({ key }) => key)]);
}

function metaPage(id: number, { root, highWater }: { readonly root: number; readonly highWater: number }): Buffer {
  const page = Buffer.alloc(PAGE);
  page.writeBigUInt64LE(BigInt(id), 0);
  page.writeUInt16LE(META, 8);
  const meta = page.subarray(HEADER);
  meta.writeUInt32LE(0xed0cdaed, 0);
  meta.writeUInt32LE(2, 4);
  meta.writeUInt32LE(PAGE, 8);
  meta.writeBigUInt64LE(BigInt(root), 16);
  meta.writeBigUInt64LE(BigInt(highWater), 40);
  meta.writeBigUInt64LE(BigInt(7 + id), 48);
  meta.writeBigUInt64LE(fnv1a(meta.subarray(0, 56)), 56);
  return page;
}

function fnv1a(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}
