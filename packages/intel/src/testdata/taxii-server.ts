import type { IncomingMessage, ServerResponse } from "node:http";
import { type Loopback, loopback } from "./loopback.ts";

const MEDIA_TYPE = "application/taxii+json;version=2.1";

/** One object of a collection, with the time at which the server has got it. */
export interface StoredObject {
  readonly addedAt: string;
  readonly object: object;
}

export interface TaxiiServerOptions {
  /** By the id of the collection. */
  readonly collections: Readonly<Record<string, readonly StoredObject[]>>;
  /** What `authorization` has to be; anybody may read where absent. */
  readonly authorization?: string;
  /** Objects a page; the client's limit where that is less. */
  readonly pageSize?: number;
  /** Where discovery says that the API root is. */
  readonly root?: string;
  /** Says of each page that there is more, at the same place. */
  readonly circles?: boolean;
}

/** A small server of TAXII 2.1 (sections 4 and 5): discovery, one API root, collections, objects in pages. */
export function taxiiServer(options: TaxiiServerOptions): Promise<Loopback> {
  return loopback((request, response) => {
    const url = new URL(request.url ?? "/", "http://server.example");
    const refusal = refusalOf(request, options);
    if (refusal !== undefined) answer(response, refusal, { title: "refused" });
    else route(url, response, options);
  });
}

function refusalOf({ headers }: IncomingMessage, { authorization }: TaxiiServerOptions): number | undefined {
  if (authorization !== undefined && headers.authorization !== authorization) return 401;
  return headers.accept === MEDIA_TYPE ? undefined : 406;
}

function route({ pathname, searchParams }: URL, response: ServerResponse, options: TaxiiServerOptions): void {
  const { collections, root = "/api1/" } = options;
  if (pathname === "/taxii2/") answer(response, 200, { title: "a server", api_roots: [root] });
  else if (pathname === "/api1/") {
    answer(response, 200, { title: "a root", versions: [MEDIA_TYPE], max_content_length: 1_000_000 });
  } else if (pathname === "/api1/collections/") {
    const listed = Object.keys(collections).map((id) => ({ id, title: id, can_read: !id.startsWith("closed") }));
    answer(response, 200, { collections: listed });
  } else {
    const id = /^\/api1\/collections\/(?<id>[^/]+)\/objects\/$/u.exec(pathname)?.groups?.id ?? "";
    const stored = collections[id];
    if (stored === undefined) answer(response, 404, { title: "not found" });
    else answerObjects(stored, searchParams, { response, options });
  }
}

function answerObjects(
  stored: readonly StoredObject[],
  parameters: URLSearchParams,
  { response, options }: { readonly response: ServerResponse; readonly options: TaxiiServerOptions },
): void {
  const after = parameters.get("added_after") ?? "";
  const wanted = stored.filter(({ addedAt }) => addedAt > after);
  const start = Number(parameters.get("next") ?? "0");
  const size = Math.min(options.pageSize ?? 100, Number(parameters.get("limit") ?? "100"));
  const page = wanted.slice(start, start + size);
  const more = options.circles === true || start + size < wanted.length;
  const last = page.at(-1);
  if (last !== undefined) response.setHeader("x-taxii-date-added-last", last.addedAt);
  answer(response, 200, {
    ...(more && { more, next: String(options.circles === true ? 0 : start + size) }),
    ...(page.length > 0 && { objects: page.map(({ object }) => object) }),
  });
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": MEDIA_TYPE }).end(JSON.stringify(body));
}
