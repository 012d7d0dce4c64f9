import { Agent, type Dispatcher, EnvHttpProxyAgent } from "undici";

/** How connections are made. All of it is given: nothing is read from the environment. */
export interface ConnectionOptions {
  /** Proxies by the scheme of the target, and the hosts that are reached without one (`NO_PROXY` syntax). */
  readonly proxy?: {
    readonly http?: string;
    readonly https?: string;
    readonly noProxy?: string;
  };
  /** Certificates in PEM that are trusted besides those that Node brings. */
  readonly extraCertificates?: readonly string[];
  /** Hosts, with the port where it is not the scheme's own, whose certificates are not checked. */
  readonly insecureHosts?: readonly string[];
  readonly connectTimeoutMs: number;
  /** Connections to one origin at a time. */
  readonly maxConnectionsPerOrigin: number;
}

/** The connection pools of one client: one that checks certificates, and one for the hosts that are excused. */
export class Dispatchers implements AsyncDisposable {
  readonly #insecureHosts: ReadonlySet<string>;
  readonly #options: ConnectionOptions;
  readonly #certificates: readonly string[] | undefined;
  #secure: Dispatcher | undefined;
  #insecure: Dispatcher | undefined;

  constructor(options: ConnectionOptions, rootCertificates: readonly string[]) {
    this.#options = options;
    const extra = options.extraCertificates ?? [];
    this.#certificates = extra.length === 0 ? undefined : [...rootCertificates, ...extra];
    this.#insecureHosts = new Set((options.insecureHosts ?? []).map((host) => host.toLowerCase()));
  }

  for(url: URL): Dispatcher {
    if (this.#insecureHosts.has(url.host)) {
      this.#insecure ??= this.#create(false);
      return this.#insecure;
    }
    this.#secure ??= this.#create(true);
    return this.#secure;
  }

  /** Breaks the connections that are left. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#secure?.destroy(), this.#insecure?.destroy()]);
  }

  #create(rejectUnauthorized: boolean): Dispatcher {
    const { proxy, connectTimeoutMs, maxConnectionsPerOrigin } = this.#options;
    const tls = {
      rejectUnauthorized,
      timeout: connectTimeoutMs,
      ...(this.#certificates !== undefined && { ca: [...this.#certificates] }),
    };
    const shared = { connect: tls, connections: maxConnectionsPerOrigin, allowH2: false };
    if (proxy?.http === undefined && proxy?.https === undefined) return new Agent(shared);
    return new EnvHttpProxyAgent({
      ...shared,
      requestTls: tls,
      proxyTls: { ...tls, rejectUnauthorized: true },
      // An absent value would be looked up in the environment; an empty one is not.
      httpProxy: proxy.http ?? "",
      httpsProxy: proxy.https ?? "",
      noProxy: proxy.noProxy ?? "",
    });
  }
}
