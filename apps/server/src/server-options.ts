import type { Endpoint } from "@pratique/api";
import type { AuditSink } from "@pratique/core";
import type { ChannelEffects } from "@pratique/notify";
import type { StoredApproval, StoreOptions } from "@pratique/store";
import type { Logger } from "pino";
import type { AgentOptions } from "./agents/start-agents.ts";
import type { WitnessPlace } from "./audit/server-log.ts";
import type { TlsIdentity } from "./certificate.ts";
import type { BusOptions } from "./ingest/open-bus.ts";
import type { OidcOptions } from "./people/oidc-sign-in.ts";
import type { PasswordCost } from "./people/password-hash.ts";
import type { RegistryWorkSettings } from "./registries/registry-work.ts";
import type { AdvisoryPlace } from "./rematch/rematcher.ts";
import type { KeySettings } from "./sealing/key-settings.ts";

/** What a server is started with. */
export interface ServerOptions {
  /** Holds `pratique.sqlite` and `tls/`; made with mode 0700 where it is missing. */
  readonly directory: string;
  /** The Unix socket on which the agent is heard. */
  readonly socketPath: string;
  /** The built console; without it only the API is served. */
  readonly consoleDirectory?: string;
  /** The address to listen on; 127.0.0.1 where it is absent. */
  readonly host?: string;
  /** Names and addresses by which browsers call the server besides its own and those of loopback. */
  readonly names?: readonly string[];
  /** Gives the key and the certificate of the console, anew each day; the server makes its own where it is absent. */
  readonly tls?: () => Promise<TlsIdentity>;
  /**
   * Addresses and networks of proxies whose `X-Forwarded-For` says where a call to the console comes from; nobody's
   * does where it is absent. Each must set it anew, or add to it the address that it was called from.
   */
  readonly trustedProxies?: readonly string[];
  /** 8443 where it is absent; 0 takes any that is free. */
  readonly port?: number;
  /** Listens for agents of other hosts; none are heard where it is absent. */
  readonly agents?: AgentOptions;
  /** The advisories that images are held against when new ones come; none where it is absent. */
  readonly advisories?: AdvisoryPlace;
  /** How registries are scanned here; they are not where it is absent. */
  readonly registries?: RegistryWorkSettings;
  /** A record of the host that calls are written into as well as into the server's own log. */
  readonly audit?: AuditSink;
  /** Who cosigns the server's log; nobody where it is absent. */
  readonly witnesses?: readonly WitnessPlace[];
  /** Authorities that are trusted there, in PEM; those that Node brings where it is absent. */
  readonly witnessCertificates?: readonly string[];
  /** The key that signs the server's log, shared with other servers; one of its own where it is absent. */
  readonly auditKeyFile?: string;
  /** Where an OpenTelemetry collector takes traces over HTTP; they go nowhere where it is absent. */
  readonly otlpEndpoint?: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
  /** Where the server tells of its own failures; nowhere where it is absent. */
  readonly log?: Logger;
  readonly version: string;
  /** The database; the file `pratique.sqlite` in the directory where it is absent. */
  readonly database?: StoreOptions;
  /** What carries the records of hosts to the store; nothing but this process where it is absent. */
  readonly bus?: BusOptions;
  /** Who holds the outermost key; the file `keys/kek` below the directory where it is absent. */
  readonly keys?: { readonly current: KeySettings; readonly former?: readonly KeySettings[] };
  /** Where channels may connect to, and whom to trust there; the open Internet where it is absent. */
  readonly notifications?: Partial<Pick<ChannelEffects, "addresses" | "extraCertificates" | "hostName">>;
  /** The address of the console as people reach it, without a slash at its end; its own where it is absent. */
  readonly publicUrl?: string;
  /** Tells those who may decide that something waits for them. */
  readonly onAsked?: (approval: StoredApproval, endpoint: Endpoint) => void;
  /** Where identity providers may be, and whom to trust there; the open Internet where it is absent. */
  readonly identityProviders?: Pick<OidcOptions, "addresses" | "certificates">;
  /** How many calls an account, a token or a stranger's network may make a minute; 1,200 where it is absent. */
  readonly callsPerMinute?: number;
  /** What hashing a password costs; 64 MiB and three passes where it is absent. */
  readonly passwordCost?: PasswordCost;
}
