import { placeOfConsole } from "@pratique/api";
import { AddressGuard, type AddressRule, HttpClient } from "@pratique/http";
import type { Sealer } from "@pratique/sealing";
import type { PeopleStore, StoredProvider } from "@pratique/store";
import * as oidc from "openid-client";
import { z } from "zod";
import { ServerError } from "../errors.ts";
import { fetchThrough } from "./oidc-fetch.ts";
import { openProviderSecret } from "./provider-secret.ts";

const PURPOSE = "sign-in";
const UNDERWAY_MS = 10 * 60_000;
const BELIEVED_MS = 5 * 60_000;
const MAX_GROUPS = 500;
const MAX_LISTED_LENGTH = 256;
const MAX_METHODS = 20;

export interface OidcOptions {
  readonly people: PeopleStore;
  readonly sealer: Sealer;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: () => number;
  /** Where providers may be: on the open Internet only, where it is absent. */
  readonly addresses?: AddressRule;
  /** Certificates in PEM that are trusted besides those that Node brings. */
  readonly certificates?: readonly string[];
}

/** A sign-in that has begun: where the browser is to go, and what it brings back. */
export interface BegunOidc {
  readonly url: string;
  /** Sealed: the browser carries it and can neither read nor change it. */
  readonly state: string;
  readonly validSeconds: number;
}

/** A sign-in that has ended well. */
export interface FinishedOidc {
  readonly vouched: Vouched;
  /** Where the browser goes now: what it began with. */
  readonly to: string;
}

/** Whom a provider vouches for. */
export interface Vouched {
  /** Of the provider's issuer: another issuer under the same name knows other people. */
  readonly subject: string;
  readonly login: string;
  readonly displayName: string;
  readonly email: string | null;
  /** As the provider names them. */
  readonly groups: readonly string[];
  /** How sure the provider says that it is, in its own words. */
  readonly assurance: Assurance;
}

/** How somebody has shown a provider who they are: the claims `acr` and `amr` (OpenID Connect Core 1.0, 2; RFC 8176). */
export interface Assurance {
  readonly acr: string | null;
  /** `pwd`, `otp`, `hwk`, `mfa`… */
  readonly amr: readonly string[];
}

const underway = z.strictObject({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  redirectUri: z.string(),
  /** Where the browser goes in the end. */
  to: placeOfConsole,
  expiresAtMs: z.number(),
});

interface Believed {
  readonly key: string;
  readonly untilMs: number;
  readonly configuration: oidc.Configuration;
}

/**
 * Signs people in with an OpenID Connect provider: the code flow with PKCE (OpenID Connect Core 1.0, 3.1; RFC 7636),
 * whose state, nonce and verifier nobody but this server can make.
 */
export class OidcSignIn implements AsyncDisposable {
  readonly #options: OidcOptions;
  readonly #guard: AddressGuard;
  readonly #client: HttpClient;
  readonly #believed = new Map<string, Believed>();

  constructor(options: OidcOptions) {
    const { now, random, addresses = "public", certificates = [] } = options;
    this.#options = options;
    this.#guard = new AddressGuard(addresses);
    this.#client = new HttpClient({
      now,
      random,
      addresses,
      extraCertificates: certificates,
      maxRedirects: 0,
      retry: { maxRetries: 1 },
    });
  }

  /** Whether an issuer may be one, before anything is sent there. Throws `SETTINGS_INVALID` or `HttpError`. */
  checkIssuer(issuer: string): void {
    const url = new URL(issuer);
    const isPlain = url.username === "" && url.password === "" && url.search === "" && url.hash === "";
    // OpenID Connect Discovery 1.0, 3: https, without query and fragment.
    if (url.protocol !== "https:" || !isPlain) {
      throw new ServerError(
        "SETTINGS_INVALID",
        "expected an issuer that begins with https:// and has no query",
      );
    }
    this.#guard.checkLiteral(url.hostname);
  }

  /** Begins what ends at the place `to` of the console. Throws `SIGN_IN_REFUSED` where the provider cannot be reached. */
  async begin(
    provider: StoredProvider,
    { redirectUri, to }: { readonly redirectUri: string; readonly to: string },
  ): Promise<BegunOidc> {
    const configuration = await this.#configurationOf(provider);
    const verifier = oidc.randomPKCECodeVerifier();
    const state = oidc.randomState();
    const nonce = oidc.randomNonce();
    const url = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: "openid profile email",
      response_type: "code",
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    });
    const expiresAtMs = this.#options.now() + UNDERWAY_MS;
    const sealed = await this.#options.sealer.seal(
      PURPOSE,
      placeOf(provider),
      JSON.stringify({ state, nonce, verifier, redirectUri, to, expiresAtMs }),
    );
    return { url: url.href, state: sealed, validSeconds: UNDERWAY_MS / 1000 };
  }

  /** Ends what {@link begin} began, with what came back. Throws `SIGN_IN_REFUSED`. */
  async finish(provider: StoredProvider, query: string, sealed: string): Promise<FinishedOidc> {
    const { state, nonce, verifier, redirectUri, to } = await this.#underway(provider, sealed);
    const configuration = await this.#configurationOf(provider);
    try {
      const tokens = await oidc.authorizationCodeGrant(configuration, new URL(`${redirectUri}${query}`), {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (claims === undefined) throw new ServerError("SIGN_IN_REFUSED", "the provider sent no ID token");
      const isWhole = Object.hasOwn(claims, provider.groupsClaim);
      const more =
        isWhole || configuration.serverMetadata().userinfo_endpoint === undefined
          ? {}
          : await oidc.fetchUserInfo(configuration, tokens.access_token, claims.sub);
      return { vouched: vouchedOf(provider, { ...more, ...claims }), to };
    } catch (cause) {
      if (cause instanceof ServerError) throw cause;
      throw new ServerError("SIGN_IN_REFUSED", "the provider vouches for nobody", { cause });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }

  async #underway(provider: StoredProvider, sealed: string): Promise<z.output<typeof underway>> {
    try {
      const opened = await this.#options.sealer.open(PURPOSE, placeOf(provider), sealed);
      const begun = underway.parse(JSON.parse(opened.toString("utf8")));
      if (begun.expiresAtMs > this.#options.now()) return begun;
    } catch (cause) {
      throw new ServerError("SIGN_IN_REFUSED", "this browser began no sign-in", { cause });
    }
    throw new ServerError("SIGN_IN_REFUSED", "the sign-in took too long");
  }

  async #configurationOf(provider: StoredProvider): Promise<oidc.Configuration> {
    const { id, issuer, clientId, sealedSecret } = provider;
    const key = JSON.stringify([issuer, clientId, sealedSecret]);
    const believed = this.#believed.get(id);
    if (believed?.key === key && believed.untilMs > this.#options.now()) return believed.configuration;
    const configuration = await this.#discover(provider);
    this.#believed.set(id, { key, untilMs: this.#options.now() + BELIEVED_MS, configuration });
    return configuration;
  }

  async #discover({ id, issuer, clientId, sealedSecret }: StoredProvider): Promise<oidc.Configuration> {
    try {
      this.checkIssuer(issuer);
      const secret =
        sealedSecret === null ? undefined : await openProviderSecret(this.#options.sealer, id, sealedSecret);
      const authentication = secret === undefined ? oidc.None() : oidc.ClientSecretBasic(secret);
      const configuration = await oidc.discovery(new URL(issuer), clientId, {}, authentication, {
        [oidc.customFetch]: fetchThrough(this.#client),
      });
      // The signature too, not only that the token came over TLS.
      oidc.enableNonRepudiationChecks(configuration);
      return configuration;
    } catch (cause) {
      throw new ServerError("SIGN_IN_REFUSED", "the provider cannot be reached", { cause });
    }
  }
}

function placeOf({ id }: StoredProvider) {
  return { table: "oidc", column: "state", rowId: id };
}

type Claims = Readonly<Record<string, unknown>>;

function vouchedOf({ issuer, groupsClaim }: StoredProvider, claims: Claims): Vouched {
  const subject = textIn(claims, "sub") ?? "";
  const email = textIn(claims, "email") ?? null;
  const login = textIn(claims, "preferred_username") ?? email ?? subject;
  const found: unknown = Object.hasOwn(claims, groupsClaim) ? claims[groupsClaim] : [];
  const groups = textsOf(found, MAX_GROUPS);
  return {
    subject: `${issuer} ${subject}`,
    login,
    displayName: textIn(claims, "name") ?? login,
    email,
    groups,
    assurance: {
      acr: textIn(claims, "acr") ?? null,
      amr: textsOf(Object.hasOwn(claims, "amr") ? claims.amr : [], MAX_METHODS),
    },
  };
}

/** The texts of a claim that is one text or a list of some. */
function textsOf(claim: unknown, most: number): readonly string[] {
  return (Array.isArray(claim) ? claim : [claim])
    .filter((text): text is string => typeof text === "string" && text.length <= MAX_LISTED_LENGTH)
    .slice(0, most);
}

const MAX_TEXT = 254;

function textIn(claims: Claims, name: string): string | undefined {
  const value: unknown = Object.hasOwn(claims, name) ? claims[name] : undefined;
  return typeof value === "string" && value !== "" && value.length <= MAX_TEXT ? value : undefined;
}
