import type { HttpClient } from "@pratique/http";
import {
  type CredentialStore,
  type ImageSource,
  PacedHttp,
  type RegistryHttp,
  registrySource,
} from "@pratique/oci";
import type { Context } from "../context.ts";
import { makeHttpClient } from "../http-client.ts";
import { credentialsOf, type RegistryFlags } from "../images/registry-access.ts";

/** Pauses that are shorter are nobody's news. */
const TOLD_PAUSE_MS = 5_000;
/** A pause that is longer is told and waited for outside of the request. */
const MAX_WAIT_MS = 10_000;

/** Registries that are asked for much, at the pace that they allow. */
export class PacedRegistries implements AsyncDisposable {
  readonly source: ImageSource;
  /** What lists of registries need. */
  readonly access: {
    readonly http: RegistryHttp;
    readonly credentials: CredentialStore;
    readonly insecureRegistries: ReadonlySet<string>;
  };
  readonly #http: HttpClient;

  constructor(context: Context, flags: RegistryFlags) {
    const { console, now, sleep } = context;
    // Whoever refuses is waited for by all requests together, and not by each.
    this.#http = makeHttpClient(context, { retry: { maxRetryAfterMs: 0 } });
    const http = new PacedHttp({
      http: this.#http,
      now: () => now().getTime(),
      sleep,
      maxWaitMs: MAX_WAIT_MS,
      onPause: (host, ms) => {
        if (ms >= TOLD_PAUSE_MS) console.say(`pratique: ${host} asks to wait ${Math.ceil(ms / 1000)} s`);
      },
    });
    const credentials = credentialsOf(context, flags);
    const insecureRegistries = flags.insecureRegistry ?? [];
    this.source = registrySource({ http, credentials, insecureRegistries });
    this.access = { http, credentials, insecureRegistries: new Set(insecureRegistries) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http[Symbol.asyncDispose]();
  }
}
