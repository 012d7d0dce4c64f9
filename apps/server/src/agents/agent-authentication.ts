import { AGENT_RUN_HEADER, type Endpoint } from "@pratique/api";
import type { HostIdentity } from "@pratique/store";
import type { FastifyRequest } from "fastify";
import { type Caller, nobodyAt } from "../calls/caller.ts";
import { ServerError } from "../errors.ts";
import { networkOf } from "../people/network.ts";
import { RateLimit } from "../rate-limit.ts";
import type { AgentPeer, AgentPeers } from "./agent-peers.ts";
import type { CloneWatch } from "./clone-watch.ts";
import type { HostRegister } from "./host-register.ts";

export interface AgentAuthenticationOptions {
  readonly peers: AgentPeers;
  readonly register: HostRegister;
  readonly watch: CloneWatch;
  /** Of calls by those who have no certificate yet. */
  readonly joinLimit: RateLimit;
  /** Whether a host whose key has been cloned is heard. */
  readonly whenCloned: "hear" | "refuse";
  readonly onCloned: (caller: Caller, because: string) => Promise<void>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
}

const HOUR_MS = 3_600_000;
/** So many refusals of one network are recorded an hour; what is refused beyond that would only fill the record. */
const REFUSALS_OF_STRANGERS = 60;
/** And of one host that has proved who it is: a revoked one asks each second, for as long as it runs. */
const REFUSALS_OF_A_HOST = 6;
const RUN = /^[0-9a-f]{32}$/u;

/** Says which host calls, by its certificate and by what is known of it at this moment. */
export class AgentAuthentication {
  readonly #options: AgentAuthenticationOptions;
  readonly #ofStrangers: RateLimit;
  readonly #ofHosts: RateLimit;

  constructor(options: AgentAuthenticationOptions) {
    this.#options = options;
    const { elapsedMs } = options;
    this.#ofStrangers = new RateLimit({ limit: REFUSALS_OF_STRANGERS, windowMs: HOUR_MS, elapsedMs });
    this.#ofHosts = new RateLimit({ limit: REFUSALS_OF_A_HOST, windowMs: HOUR_MS, elapsedMs });
  }

  /** Throws `NOT_SIGNED_IN`, `HOST_REVOKED`, `REQUEST_MALFORMED`, `TOO_MANY_REQUESTS`. */
  async authenticate(endpoint: Endpoint, request: FastifyRequest): Promise<Caller> {
    if (endpoint.permission === "public") return this.#stranger(request.ip);
    const peer = this.#options.peers.at(request.raw.socket);
    if (peer === undefined || peer.certificate.expiresAt <= this.#options.now()) {
      throw new ServerError("NOT_SIGNED_IN", "no certificate of this installation that holds was shown");
    }
    const identity = await this.#identityOf(peer);
    const caller = callerOf(identity, request.ip);
    const run = request.headers[AGENT_RUN_HEADER];
    if (typeof run !== "string" || !RUN.test(run)) {
      throw new ServerError("REQUEST_MALFORMED", `the header ${AGENT_RUN_HEADER} is not 128 bits in hex`);
    }
    const { serial } = peer.certificate;
    const because = await this.#options.watch.hear({ identity, serial, run, connection: peer.connection });
    if (because !== undefined && identity.state !== "cloned") await this.#options.onCloned(caller, because);
    if ((because !== undefined || identity.state === "cloned") && this.#options.whenCloned === "refuse") {
      throw new ServerError("HOST_REVOKED", `the key of ${JSON.stringify(identity.host)} has been cloned`);
    }
    return caller;
  }

  /** Whether one more refusal of whoever asks is for the record. */
  admitsRefusal({ ip, raw }: FastifyRequest): boolean {
    const peer = this.#options.peers.at(raw.socket);
    return peer === undefined
      ? this.#ofStrangers.admit(networkOf(ip))
      : this.#ofHosts.admit(peer.certificate.host);
  }

  #stranger(address: string): Caller {
    const { joinLimit } = this.#options;
    const network = networkOf(address);
    if (joinLimit.admit(network)) return nobodyAt(address);
    throw new ServerError("TOO_MANY_REQUESTS", "this address tries to join too often", {
      retryAfterSeconds: Math.ceil(joinLimit.waitMs(network) / 1000),
    });
  }

  async #identityOf({ certificate }: AgentPeer): Promise<HostIdentity> {
    const { register } = this.#options;
    const { host, serial, issuedAt } = certificate;
    const held = await register.find(host);
    // One that was issued a moment ago, perhaps by another server, is not known yet.
    const identity = held?.serial === serial ? held : await register.read(host);
    const joinedAt = Date.parse(identity?.joinedAt ?? "");
    if (identity === undefined || identity.state === "local" || !(joinedAt <= issuedAt)) {
      throw new ServerError(
        "HOST_REVOKED",
        `the certificate of ${JSON.stringify(host)} does not hold any more`,
      );
    }
    if (identity.state === "revoked") {
      throw new ServerError("HOST_REVOKED", `the host ${JSON.stringify(host)} was revoked`);
    }
    return identity;
  }
}

function callerOf({ host }: HostIdentity, address: string): Caller {
  return { ...nobodyAt(address), kind: "agent", id: `host:${host}`, name: host, method: "mtls", host };
}
