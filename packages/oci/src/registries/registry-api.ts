import { MiB } from "@pratique/core";
import { HttpError } from "@pratique/http";
import { OciError } from "../errors.ts";
import { isRecord, textsOf } from "../json-shape.ts";
import type { CredentialStore, RegistryCredentials } from "../sources/registry/credentials.ts";
import { type Endpoint, findEndpoint, mayBePlain } from "../sources/registry/endpoint.ts";
import { type Asked, registryFailure } from "../sources/registry/registry-failure.ts";
import type { RegistryHttp } from "../sources/registry/registry-http.ts";
import { RegistryRequests } from "../sources/registry/registry-requests.ts";
import { nextLinkOf } from "./next-link.ts";

const MAX_PAGE_BYTES = 16 * MiB;
const MAX_PAGES = 10_000;
const PAGE_SIZE = 1000;

export interface RegistryApiOptions {
  readonly http: RegistryHttp;
  readonly credentials: CredentialStore;
  readonly insecureRegistries: ReadonlySet<string>;
  /** Where the maker's own API is, where that is not where it usually is. */
  readonly apiUrl?: URL | undefined;
  readonly signal: AbortSignal;
}

export interface RestRequest {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, by POST. */
  readonly body?: unknown;
}

/** One answer of a maker's API. */
export interface RestPage {
  readonly document: unknown;
  /** What the header Link names as the next page. */
  readonly next: URL | undefined;
}

/** What a registry is asked for lists: the distribution API, and what its maker has beside it. */
export class RegistryApi {
  /** `host[:port]`, as users write it. */
  readonly registry: string;
  readonly #options: RegistryApiOptions;
  readonly #endpoint: Endpoint;

  private constructor(registry: string, endpoint: Endpoint, options: RegistryApiOptions) {
    this.registry = registry;
    this.#endpoint = endpoint;
    this.#options = options;
  }

  /** Rejects with `SOURCE_UNAVAILABLE`. */
  static async open(registry: string, options: RegistryApiOptions): Promise<RegistryApi> {
    const { http, insecureRegistries, signal } = options;
    const plain = mayBePlain(registry, insecureRegistries);
    try {
      return new RegistryApi(registry, await findEndpoint(http, registry, { plain, signal }), options);
    } catch (thrown) {
      const what = `no registry at ${JSON.stringify(registry)}`;
      throw registryFailure(thrown, { what, absent: "SOURCE_UNAVAILABLE", tooLarge: "REGISTRY_MALFORMED" });
    }
  }

  /** The root of the maker's API: where the user said, else where that maker has it, else the registry's host. */
  apiRoot(usual?: string): URL {
    return this.#options.apiUrl ?? new URL(usual ?? this.#endpoint.origin);
  }

  /** All repositories (distribution specification, before v1.0: "Listing Repositories"). */
  async *catalog(): AsyncGenerator<string, void, undefined> {
    const url = new URL(`_catalog?n=${PAGE_SIZE}`, this.#endpoint);
    yield* this.#texts(url, "", "repositories");
  }

  /** All tags of a repository, in the registry's order. Rejects with `IMAGE_NOT_FOUND` where there is none. */
  async *tags(repository: string): AsyncGenerator<string, void, undefined> {
    const url = new URL(`${repository}/tags/list?n=${PAGE_SIZE}`, this.#endpoint);
    yield* this.#texts(url, repository, "tags");
  }

  /** The first page of a repository's tags as it came: Google lists repositories below it there. */
  async tagDocument(repository: string): Promise<unknown> {
    for await (const page of this.#pages(new URL(`${repository}/tags/list`, this.#endpoint), repository)) {
      return page;
    }
    return undefined;
  }

  /** One request to the maker's API. Rejects with `IMAGE_NOT_FOUND` where it has no such thing. */
  async rest(url: URL, { headers = {}, body }: RestRequest = {}): Promise<RestPage> {
    const { http, signal } = this.#options;
    try {
      const response = await http.request({
        url,
        headers: { accept: "application/json", ...(body !== undefined && JSON_TYPE), ...headers },
        ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
        maxBytes: MAX_PAGE_BYTES,
        signal,
      });
      const next = nextLinkOf(response.headers.get("link"), url);
      return { document: await response.json(), next };
    } catch (thrown) {
      throw registryFailure(thrown, asked(`the API of ${JSON.stringify(this.registry)} does not list it`));
    }
  }

  /** All pages of a list in the maker's API, as its header Link chains them. */
  async *restPages(url: URL, request: RestRequest = {}): AsyncGenerator<unknown, void, undefined> {
    let next: URL | undefined = url;
    for (let page = 0; next !== undefined; page += 1) {
      checkPage(page);
      const answer: RestPage = await this.rest(next, request);
      yield answer.document;
      next = answer.next;
    }
  }

  /** As whom the maker's API is asked; undefined for nobody. */
  async credentials(): Promise<RegistryCredentials | undefined> {
    const reference = { registry: this.registry, repository: "" };
    return this.#options.credentials.lookUp(reference, this.#options.signal);
  }

  async *#texts(url: URL, repository: string, member: string): AsyncGenerator<string, void, undefined> {
    for await (const document of this.#pages(url, repository)) {
      if (!isRecord(document)) {
        throw new OciError("REGISTRY_MALFORMED", `the list of ${member} is no object`);
      }
      yield* textsOf(document[member]);
    }
  }

  async *#pages(first: URL, repository: string): AsyncGenerator<unknown, void, undefined> {
    const { http, credentials, signal } = this.#options;
    const reference = { registry: this.registry, repository };
    const requests = new RegistryRequests({ http, credentials, reference, endpoint: this.#endpoint });
    const what =
      repository === ""
        ? `${JSON.stringify(this.registry)} does not list its repositories`
        : `no repository ${JSON.stringify(`${this.registry}/${repository}`)}`;
    let next: URL | undefined = first;
    for (let page = 0; next !== undefined; page += 1) {
      checkPage(page);
      try {
        const response = await requests.get({ url: next, maxBytes: MAX_PAGE_BYTES, signal });
        const following: URL | undefined = nextLinkOf(response.headers.get("link"), next);
        const document = await response.json();
        yield document;
        // A page that names itself would never end.
        next = following?.href === next.href ? undefined : following;
      } catch (thrown) {
        throw thrown instanceof HttpError ? registryFailure(thrown, asked(what)) : thrown;
      }
    }
  }
}

const JSON_TYPE = { "content-type": "application/json" };

function asked(what: string): Asked {
  return { what, absent: "IMAGE_NOT_FOUND", tooLarge: "REGISTRY_MALFORMED" };
}

/** A list without an end is an attack on whoever reads it. */
export function checkPage(page: number): void {
  if (page >= MAX_PAGES) throw new OciError("LIMIT_REACHED", `a list has more than ${MAX_PAGES} pages`);
}
