import { damaged } from "./bolt-error.ts";
import { BoltPage, type BoltPages, BRANCH, LEAF, PAGE_HEADER } from "./bolt-pages.ts";

const ELEMENT = 16;
const IS_BUCKET = 0x01;
/** Page number of the root, and a sequence that nobody asks for. */
const BUCKET_HEADER = 16;
/** Of pages from a bucket's root to its leaves; a database of a billion keys is a sixth as deep. */
const MAX_DEPTH = 32;

interface Element {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly isBucket: boolean;
}

/** Keys and values, and buckets in buckets, in the order of the bytes of their keys. */
export class BoltBucket {
  readonly #pages: BoltPages;
  readonly #root: BoltPage;

  constructor(pages: BoltPages, root: BoltPage) {
    this.#pages = pages;
    this.#root = root;
  }

  /** The value of a key; undefined where there is none. */
  get(key: string): Uint8Array | undefined {
    const found = this.#find(key);
    return found === undefined || found.isBucket ? undefined : found.value;
  }

  /** A value that is text. */
  text(key: string): string | undefined {
    const value = this.get(key);
    return value === undefined ? undefined : Buffer.from(value).toString("utf8");
  }

  /** A bucket within, or within those within. */
  bucket(...names: readonly string[]): BoltBucket | undefined {
    const [name, ...rest] = names;
    return name === undefined ? this : this.#child(name)?.bucket(...rest);
  }

  /** Names of the buckets within. */
  *bucketNames(): Generator<string, void, void> {
    for (const { key, isBucket } of this.#elements(this.#root, 1)) {
      if (isBucket) yield key.toString("utf8");
    }
  }

  #child(name: string): BoltBucket | undefined {
    const found = this.#find(name);
    if (found?.isBucket !== true) return undefined;
    if (found.value.length < BUCKET_HEADER) throw damaged("a bucket is cut short");
    const root = Number(found.value.readBigUInt64LE(0));
    // A small bucket lies within its parent, page header and all.
    const page = root === 0 ? new BoltPage(found.value.subarray(BUCKET_HEADER)) : this.#pages.page(root);
    return new BoltBucket(this.#pages, page);
  }

  #find(name: string): Element | undefined {
    const wanted = Buffer.from(name);
    let page = this.#root;
    for (let depth = 1; page.kind === BRANCH; depth += 1) {
      if (depth > MAX_DEPTH) throw damaged("its pages lie too deep");
      const child = childFor(page, wanted);
      if (child === undefined) return undefined;
      page = this.#pages.page(child);
    }
    for (let index = 0; index < page.count; index += 1) {
      const element = leafElement(page, index);
      if (element.key.equals(wanted)) return element;
    }
    return undefined;
  }

  *#elements(page: BoltPage, depth: number): Generator<Element, void, void> {
    if (depth > MAX_DEPTH) throw damaged("its pages lie too deep");
    for (let index = 0; index < page.count; index += 1) {
      if (page.kind === BRANCH)
        yield* this.#elements(this.#pages.page(branchElement(page, index).child), depth + 1);
      else yield leafElement(page, index);
    }
  }
}

/** The last child whose first key is not behind the wanted one. */
function childFor(page: BoltPage, wanted: Buffer): number | undefined {
  let found: number | undefined;
  for (let index = 0; index < page.count; index += 1) {
    const { key, child } = branchElement(page, index);
    if (found !== undefined && key.compare(wanted) > 0) break;
    found = child;
  }
  return found;
}

function branchElement(page: BoltPage, index: number): { readonly key: Buffer; readonly child: number } {
  const start = PAGE_HEADER + index * ELEMENT;
  const element = page.slice(start, ELEMENT);
  const key = page.slice(start + element.readUInt32LE(0), element.readUInt32LE(4));
  return { key, child: Number(element.readBigUInt64LE(8)) };
}

function leafElement(page: BoltPage, index: number): Element {
  if (page.kind !== LEAF) throw damaged("a page is neither branch nor leaf");
  const start = PAGE_HEADER + index * ELEMENT;
  const element = page.slice(start, ELEMENT);
  const keyStart = start + element.readUInt32LE(4);
  const keyLength = element.readUInt32LE(8);
  return {
    key: page.slice(keyStart, keyLength),
    value: page.slice(keyStart + keyLength, element.readUInt32LE(12)),
    isBucket: (element.readUInt32LE(0) & IS_BUCKET) !== 0,
  };
}
