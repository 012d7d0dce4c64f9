import type { TLSSocket } from "node:tls";
import type { AgentAuthority } from "./agent-authority.ts";
import type { HostCertificate } from "./agent-certificates.ts";
import type { CloneWatch, HeardConnection } from "./clone-watch.ts";

/**
 * More than an agent uses, also while it goes from one certificate to the next. Beyond it the oldest goes: those of an
 * agent whose network broke must not shut out the same agent when it is back.
 */
const MAX_CONNECTIONS_PER_HOST = 16;

/** The other end of a connection, once its certificate has been checked. */
export interface AgentPeer {
  readonly certificate: HostCertificate;
  readonly connection: HeardConnection;
}

export interface AgentPeersOptions {
  readonly authority: AgentAuthority;
  readonly watch: CloneWatch;
}

/** The open connections of agents, by their hosts. */
export class AgentPeers {
  readonly #options: AgentPeersOptions;
  readonly #peers = new WeakMap<object, AgentPeer>();
  readonly #sockets = new Map<string, Set<TLSSocket>>();

  constructor(options: AgentPeersOptions) {
    this.#options = options;
  }

  /** Takes in a connection whose handshake is done: the other end holds the key of the certificate that it shows. */
  admit(socket: TLSSocket): void {
    const { authority, watch } = this.#options;
    const shown = socket.getPeerX509Certificate();
    // Without a certificate it may join, and nothing else.
    if (shown === undefined) return;
    const certificate = socket.authorized ? authority.read(shown) : undefined;
    if (certificate === undefined) return;
    const open = this.#sockets.get(certificate.host) ?? new Set();
    const [oldest] = open;
    if (open.size >= MAX_CONNECTIONS_PER_HOST) oldest?.destroy();
    this.#sockets.set(certificate.host, open.add(socket));
    this.#peers.set(socket, { certificate, connection: watch.opened() });
    socket.once("close", () => {
      open.delete(socket);
      if (open.size === 0 && this.#sockets.get(certificate.host) === open) {
        this.#sockets.delete(certificate.host);
      }
    });
  }

  /** Who is at the other end; undefined where no certificate of ours was shown. */
  at(socket: object): AgentPeer | undefined {
    return this.#peers.get(socket);
  }

  /** Ends the connections of a host that are no longer to be open. */
  end(host: string, isOver: (certificate: HostCertificate) => boolean): void {
    for (const socket of this.#sockets.get(host) ?? []) {
      const peer = this.#peers.get(socket);
      if (peer === undefined || isOver(peer.certificate)) socket.destroy();
    }
  }
}
