import type { ImageReference } from "@pratique/core";
import { MiB, messageOf } from "@pratique/core";
import type { HttpRequest, HttpResponse } from "@pratique/http";
import { OciError } from "../../errors.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import type { CredentialStore, RegistryCredentials } from "./credentials.ts";
import type { Endpoint } from "./endpoint.ts";
import { registryFailure } from "./registry-failure.ts";
import type { RegistryHttp } from "./registry-http.ts";

const MAX_TOKEN_ANSWER_BYTES = MiB;
const MAX_TOKEN_CHARS = 64 * 1024;
const CLIENT_ID = "pratique";

export interface AuthorizerOptions {
  readonly http: RegistryHttp;
  readonly credentials: CredentialStore;
  /** Of what is asked; the repository is empty where that is the registry as a whole. */
  readonly reference: ImageReference;
  readonly endpoint: Endpoint;
  /** Whether something is to be put there, too. */
  readonly writes?: boolean;
}

/**
 * Proves to one registry that we may pull from one repository, or push to it: answers its challenges, and keeps what it
 * handed out until it no longer takes it (distribution specification, "Token Authentication").
 */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  #header: string | undefined;
  #lookUpFailure: unknown;

  constructor(options: AuthorizerOptions) {
    this.#options = options;
  }

  /** The headers to send with the next request. */
  get headers(): Readonly<Record<string, string>> {
    return this.#header === undefined ? {} : { authorization: this.#header };
  }

  /** Answers the challenge of a 401. Rejects with `UNAUTHORIZED` where there is nothing to answer with. */
  async answer(refusal: HttpResponse, signal: AbortSignal): Promise<void> {
    const challenges = parseChallenges(refusal.headers.get("www-authenticate") ?? "");
    const credentials = await this.#lookUp(signal);
    if (credentials?.kind === "bearer-token") {
      this.#header = `Bearer ${checkToken(credentials.token)}`;
      return;
    }
    const bearer = challenges.find(({ scheme }) => scheme === "bearer");
    if (bearer !== undefined) {
      this.#header = `Bearer ${await this.#fetchToken(bearer, credentials, signal)}`;
      return;
    }
    const basic = challenges.find(({ scheme }) => scheme === "basic");
    if (basic === undefined || credentials?.kind !== "password") throw this.refusal();
    this.#header = basicOf(credentials);
  }

  /** The error for a registry that does not let us in. */
  refusal(cause?: unknown): OciError {
    const { registry, repository } = this.#options.reference;
    const verb = this.#options.writes === true ? "write" : "read";
    const what = repository === "" ? "the list of its repositories" : JSON.stringify(repository);
    const asked = `${JSON.stringify(registry)} does not let us ${verb} ${what}`;
    const why = this.#lookUpFailure === undefined ? "" : `; ${messageOf(this.#lookUpFailure)}`;
    return new OciError("UNAUTHORIZED", `${asked}: it does not exist, or wants other credentials${why}`, {
      cause: cause ?? this.#lookUpFailure,
    });
  }

  /** Images that everybody may have must not depend on a helper that is broken: we go on without, and tell. */
  async #lookUp(signal: AbortSignal): Promise<RegistryCredentials | undefined> {
    try {
      return await this.#options.credentials.lookUp(this.#options.reference, signal);
    } catch (thrown) {
      this.#lookUpFailure = thrown;
      return undefined;
    }
  }

  async #fetchToken(
    { parameters }: Challenge,
    credentials: RegistryCredentials | undefined,
    signal: AbortSignal,
  ): Promise<string> {
    const realm = this.#realmOf(parameters.get("realm") ?? "");
    const { repository } = this.#options.reference;
    const actions = this.#options.writes === true ? "pull,push" : "pull";
    const query = new URLSearchParams({
      // Never what the challenge asks for: it may be more than is meant.
      scope: repository === "" ? "registry:catalog:*" : `repository:${repository}:${actions}`,
    });
    const service = parameters.get("service");
    if (service !== undefined) query.set("service", service);
    const response =
      credentials?.kind === "identity-token"
        ? await this.#exchange(realm, query, { token: credentials.token, signal })
        : await this.#ask(realm, query, { credentials, signal });
    return readToken(await response.json().catch((thrown: unknown) => this.#fail(thrown)));
  }

  async #ask(
    realm: URL,
    query: URLSearchParams,
    { credentials, signal }: { credentials: RegistryCredentials | undefined; signal: AbortSignal },
  ): Promise<HttpResponse> {
    const url = new URL(realm);
    for (const [name, value] of query) url.searchParams.set(name, value);
    const known = credentials?.kind === "password";
    if (known) url.searchParams.set("account", credentials.username);
    return this.#send({ url, headers: known ? { authorization: basicOf(credentials) } : {}, signal });
  }

  /** OAuth 2.0, RFC 6749 section 6, as the distribution project uses it. */
  async #exchange(
    url: URL,
    query: URLSearchParams,
    { token, signal }: { token: string; signal: AbortSignal },
  ): Promise<HttpResponse> {
    const form = new URLSearchParams(query);
    form.set("grant_type", "refresh_token");
    form.set("refresh_token", token);
    form.set("client_id", CLIENT_ID);
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return this.#send({ url, method: "POST", headers, body: form.toString(), signal });
  }

  async #send(request: HttpRequest): Promise<HttpResponse> {
    try {
      return await this.#options.http.request({ ...request, maxBytes: MAX_TOKEN_ANSWER_BYTES });
    } catch (thrown) {
      return this.#fail(thrown);
    }
  }

  #fail(thrown: unknown): never {
    const failure = registryFailure(thrown, {
      what: "no token from the registry",
      absent: "REGISTRY_MALFORMED",
      tooLarge: "REGISTRY_MALFORMED",
    });
    if (failure instanceof OciError && failure.code === "UNAUTHORIZED") throw this.refusal(failure);
    throw failure;
  }

  /** Credentials go to the realm: over TLS, unless the registry itself does without. */
  #realmOf(text: string): URL {
    const url = URL.parse(text);
    const plain = this.#options.endpoint.protocol === "http:";
    if (url === null || !(url.protocol === "https:" || (plain && url.protocol === "http:"))) {
      throw new OciError(
        "REGISTRY_MALFORMED",
        `registry sends us to ${JSON.stringify(text.slice(0, 200))} for a token, which is not an https URL`,
      );
    }
    return url;
  }
}

function basicOf({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/** `token`, or `access_token` where it answers as OAuth does. */
function readToken(answer: unknown): string {
  if (typeof answer === "object" && answer !== null) {
    for (const name of ["token", "access_token"] as const) {
      const token: unknown = Object.hasOwn(answer, name) ? Reflect.get(answer, name) : undefined;
      if (typeof token === "string" && token !== "") return checkToken(token);
    }
  }
  throw new OciError("REGISTRY_MALFORMED", "registry's token server answered without a token");
}

/** It becomes part of a header. */
function checkToken(token: string): string {
  if (token.length > MAX_TOKEN_CHARS || !/^[\x21-\x7e]+$/u.test(token)) {
    throw new OciError("REGISTRY_MALFORMED", "registry's token is not printable, or too long");
  }
  return token;
}
