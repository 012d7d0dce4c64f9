import { createHash } from "node:crypto";
import type { LocatedFile } from "@pratique/archive";
import { GiB, MiB } from "@pratique/core";
import type { HttpResponse } from "@pratique/http";
import { IntelError } from "../../errors.ts";
import { type Fields, objectOf, objectsOf, textOf, textsOf } from "../../location/fields.ts";
import { parseJson } from "../../location/read-json.ts";
import type { FetchContext } from "../feed.ts";

const MEDIA_TYPE = "application/taxii+json;version=2.1";
const MAX_ANSWER_BYTES = 32 * MiB;
const MAX_TOTAL_BYTES = GiB;
const MAX_ROOTS = 16;
const MAX_COLLECTIONS = 256;
const MAX_PAGES = 10_000;
const PAGE_SIZE = 1000;

type OnFile = (file: LocatedFile) => Promise<void>;

/** Reads collections of TAXII 2.1 (OASIS standard of 10 June 2021), page by page. */
export class TaxiiClient {
  readonly #start: URL;
  readonly #context: FetchContext;
  #bytes = 0;

  constructor(start: URL, context: FetchContext) {
    this.#start = start;
    this.#context = context;
  }

  /** As `Feed.fetch` says. The state is when each collection was last added to, by the server's clock. */
  async fetch(file: OnFile): Promise<string | undefined> {
    const collections = await this.#collections();
    if (collections.length === 0) {
      throw new IntelError("FEED_EMPTY", `no collection that may be read at ${shown(this.#start)}`);
    }
    const before = parseState(this.#context.state);
    if (before !== undefined && (await this.#isUnchanged(collections, before))) return undefined;
    const after: Record<string, string> = {};
    for (const collection of collections) {
      const added = await this.#readCollection(collection, file);
      if (added !== undefined) after[keyOf(collection)] = added;
    }
    return JSON.stringify(after);
  }

  /** The URLs of the collections, each with a slash at its end. */
  async #collections(): Promise<readonly URL[]> {
    const start = withSlash(this.#start);
    if (/\/collections\/[^/]+\/$/u.test(start.pathname)) return [start];
    if (start.pathname.endsWith("/collections/")) return this.#collectionsOf(new URL("..", start));
    const answer = await this.#get(start);
    const named = textsOf(answer.api_roots).slice(0, MAX_ROOTS);
    const roots = Array.isArray(answer.api_roots) ? named.map((root) => this.#within(root, start)) : [start];
    const collections: URL[] = [];
    for (const root of roots) collections.push(...(await this.#collectionsOf(root)));
    return collections.slice(0, MAX_COLLECTIONS);
  }

  async #collectionsOf(root: URL): Promise<readonly URL[]> {
    const base = new URL("collections/", root);
    const { collections } = await this.#get(base);
    return objectsOf(collections)
      .filter((collection) => collection.can_read === true)
      .flatMap((collection) => textOf(collection.id) ?? [])
      .map((id) => new URL(`${encodeURIComponent(id)}/`, base));
  }

  /** Whether no collection was added to since it was read. */
  async #isUnchanged(collections: readonly URL[], before: ReadonlyMap<string, string>): Promise<boolean> {
    if (collections.length !== before.size) return false;
    for (const collection of collections) {
      const added = before.get(keyOf(collection));
      if (added === undefined) return false;
      const envelope = await this.#get(objectsUrl(collection, { added_after: added, limit: "1" }));
      if (objectsOf(envelope.objects).length > 0 || envelope.more === true) return false;
    }
    return true;
  }

  /** Gives every page as a file. Resolves to the time at which the newest object was added. */
  async #readCollection(collection: URL, file: OnFile): Promise<string | undefined> {
    let added: string | undefined;
    let next: string | undefined;
    const seen = new Set<string>();
    for (let page = 1; page <= MAX_PAGES; page += 1) {
      const url = objectsUrl(collection, { limit: String(PAGE_SIZE), ...(next !== undefined && { next }) });
      const response = await this.#request(url);
      const bytes = await this.#read(response);
      const envelope = parseObject(bytes, url);
      added = response.headers.get("x-taxii-date-added-last") ?? added;
      await file({ path: `${keyOf(collection)}/${page}`, stream: () => given(bytes) });
      if (envelope.more !== true) return added;
      next = textOf(envelope.next);
      // A server that leads in circles would be followed for good.
      if (next === undefined || seen.has(next)) {
        throw new IntelError("FEED_DAMAGED", `${shown(url)} says that there is more, and not where`);
      }
      seen.add(next);
    }
    throw new IntelError("FEED_TOO_LARGE", `${shown(collection)} has more than ${MAX_PAGES} pages`);
  }

  async #get(url: URL): Promise<Fields> {
    return parseObject(await this.#read(await this.#request(url)), url);
  }

  async #request(url: URL): Promise<HttpResponse> {
    const { http, credentials, signal } = this.#context;
    return http.request({
      url,
      maxBytes: MAX_ANSWER_BYTES,
      headers: { accept: MEDIA_TYPE, ...credentials(url.origin) },
      ...(signal !== undefined && { signal }),
    });
  }

  async #read(response: HttpResponse): Promise<Uint8Array> {
    const type = response.headers.get("content-type") ?? "";
    if (!/^application\/(?:taxii\+|vnd\.oasis\.taxii\+)?json\b/iu.test(type)) {
      await response.discard();
      throw new IntelError("FEED_DAMAGED", `expected ${MEDIA_TYPE} from ${shown(response.url)}`);
    }
    const bytes = await response.bytes();
    this.#bytes += bytes.length;
    this.#context.onBytes(bytes.length);
    if (this.#bytes <= MAX_TOTAL_BYTES) return bytes;
    throw new IntelError("FEED_TOO_LARGE", `${shown(this.#start)} gives more than ${MAX_TOTAL_BYTES} bytes`);
  }

  /** Roots may be told as paths. One on another server would be a way to make this host call whom it likes. */
  #within(root: string, base: URL): URL {
    const url = URL.parse(root, base.href);
    if (url?.origin === this.#start.origin) return withSlash(url);
    throw new IntelError("FEED_DAMAGED", `${shown(base)} names an API root on another server`);
  }
}

function objectsUrl(collection: URL, parameters: Readonly<Record<string, string>>): URL {
  const url = new URL("objects/", collection);
  url.search = new URLSearchParams(parameters).toString();
  return url;
}

function withSlash(url: URL): URL {
  const copy = new URL(url);
  copy.search = "";
  copy.hash = "";
  if (!copy.pathname.endsWith("/")) copy.pathname += "/";
  return copy;
}

/** Short, as it is kept: collections' URLs can be long. */
function keyOf(collection: URL): string {
  return createHash("sha256").update(collection.href).digest("hex").slice(0, 16);
}

function parseState(state: string | undefined): ReadonlyMap<string, string> | undefined {
  if (state === undefined) return undefined;
  try {
    const fields = objectOf(JSON.parse(state)) ?? {};
    return new Map(
      Object.entries(fields).flatMap(([key, added]) => (typeof added === "string" ? [[key, added]] : [])),
    );
  } catch {
    // Read anew then, as if nothing had been kept.
    return undefined;
  }
}

function parseObject(bytes: Uint8Array, url: URL): Fields {
  const fields = objectOf(parseJson(new TextDecoder().decode(bytes), shown(url)));
  if (fields !== undefined) return fields;
  throw new IntelError("FEED_DAMAGED", `expected a JSON object from ${shown(url)}`);
}

function shown(url: URL): string {
  return JSON.stringify(`${url.origin}${url.pathname}`);
}

async function* given(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
