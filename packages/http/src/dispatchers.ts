import { Agent, type Dispatcher, EnvHttpProxyAgent } from "undici";
import { AddressGuard, type AddressRule, type ResolveName } from "./address-guard.ts";
import { type ConnectionPeer, guardedConnector } from "./connector.ts";

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
  /**
   * Which addresses may be connected to; `any` where absent. Checked on the address of the connection itself,
   * at each step of a chain of redirects. A proxy may have any address, but it resolves names once more by
   * itself: what it must not reach, it has to refuse too.
   */
  readonly addresses?: AddressRule;
  /** How names are resolved; as the host does where absent. */
  readonly resolve?: ResolveName;
  /** Hears of each connection that is made without a proxy, before anything is sent on it. */
  readonly onConnect?: (peer: ConnectionPeer) => void;
  readonly connectTimeoutMs: number;
  /** Connections to one origin at a time. */
  readonly maxConnectionsPerOrigin: number;
}

/** The connection pools of one client: one that checks certificates, and one for the hosts that are excused. */
export class Dispatchers implements AsyncDisposable {
  readonly #insecureHosts: ReadonlySet<string>;
  readonly #options: ConnectionOptions;
  readonly #certificates: readonly string[] | undefined;
  readonly #guard: AddressGuard;
  #secure: Dispatcher | undefined;
  #insecure: Dispatcher | undefined;

  constructor(options: ConnectionOptions, rootCertificates: readonly string[]) {
    this.#options = options;
    const extra = options.extraCertificates ?? [];
    this.#certificates = extra.length === 0 ? undefined : [...rootCertificates, ...extra];
    this.#guard = new AddressGuard(options.addresses ?? "any", options.resolve);
    this.#insecureHosts = new Set((options.insecureHosts ?? []).map((host) => host.toLowerCase()));
  }

  /** Refuses, before a proxy is asked, a target that may not be connected to. */
  async checkProxied(url: URL): Promise<void> {
    const { addresses = "any", proxy } = this.#options;
    if (addresses === "any" || proxy === undefined) return;
    await this.#guard.resolve(url.hostname);
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
    const connect = guardedConnector(
      { ...tls, allowH2: false },
      { guard: this.#guard, onConnect: this.#options.onConnect },
    );
    const shared = { connect, connections: maxConnectionsPerOrigin, allowH2: false };
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
