import type { HttpRequest, HttpResponse } from "@pratique/http";
import { Authorizer, type AuthorizerOptions } from "./authorizer.ts";

type Request = HttpRequest & { readonly signal: AbortSignal };

/** Requests to a registry about one repository, or about the registry as a whole, with proof of who asks. */
export class RegistryRequests {
  readonly #options: AuthorizerOptions;
  readonly #authorizer: Authorizer;

  constructor(options: AuthorizerOptions) {
    this.#options = options;
    this.#authorizer = new Authorizer(options);
  }

  /** Answers one challenge; a second in a row is a refusal. */
  async get(request: Request): Promise<HttpResponse> {
    const response = await this.#send(request);
    if (response.status !== 401) return response;
    await response.discard();
    await this.#authorizer.answer(response, request.signal);
    const second = await this.#send(request);
    if (second.status !== 401) return second;
    await second.discard();
    throw this.#authorizer.refusal();
  }

  async #send(request: HttpRequest): Promise<HttpResponse> {
    const headers = { ...request.headers, ...this.#authorizer.headers };
    const acceptStatuses = [401, ...(request.acceptStatuses ?? [])];
    return this.#options.http.request({ ...request, headers, acceptStatuses });
  }
}
