import { isIP } from "node:net";
import type { BinderOptions } from "../bind.ts";
import type { Context } from "../context.ts";
import { agentRoutes } from "../routes/routes.ts";
import { AgentAuthority } from "./agent-authority.ts";
import type { AgentDesk } from "./agent-desk.ts";
import { listenForAgents } from "./agent-listener.ts";
import { storedAuthority } from "./stored-authority.ts";

const DAY_MS = 86_400_000;
/** For how long a host's certificate is good where nothing else is said, in milliseconds. */
export const HOST_CERTIFICATE_MS = 30 * DAY_MS;

/** How agents of other hosts are listened for. */
export interface AgentOptions {
  /** The address to listen on; 127.0.0.1 where it is absent. */
  readonly host?: string;
  /** 8444 where it is absent; 0 takes any that is free. */
  readonly port?: number;
  /** The name by which hosts reach this server, for people to copy; the address where it is absent. */
  readonly name?: string;
  /** For how long a host's certificate is good, in milliseconds; 30 days where it is absent. */
  readonly hostCertificateMs?: number;
  /** Whether a host whose key has been cloned is still heard; it is where this is absent. */
  readonly whenCloned?: "hear" | "refuse";
  /** Tells those who are to know that two programs use a host's key. */
  readonly onCloned?: (host: string, because: string) => void;
}

export interface StartedAgents extends AgentDesk, AsyncDisposable {}

/** Opens the authority for agents and listens for them. Throws `CERTIFICATE_UNUSABLE`, `ADDRESS_UNAVAILABLE`. */
export async function startAgents(
  context: Context,
  {
    agents,
    calls,
  }: {
    readonly agents: AgentOptions;
    readonly calls: Omit<BinderOptions, "authenticate">;
  },
): Promise<StartedAgents> {
  const { store, sealer, now, elapsedMs, log } = context;
  const authority = await AgentAuthority.open({
    vault: storedAuthority(store.fleet.authorities, sealer),
    now,
    elapsedMs,
    hostMs: agents.hostCertificateMs ?? HOST_CERTIFICATE_MS,
  });
  const host = agents.host ?? "127.0.0.1";
  const listener = await listenForAgents(context, {
    host,
    port: agents.port ?? 8444,
    authority,
    ledger: store.fleet.runs,
    whenCloned: agents.whenCloned ?? "hear",
    onCloned:
      agents.onCloned ??
      ((cloned, because) => log.warn({ host: cloned, because }, "the key of a host has been cloned")),
    calls,
    routes: agentRoutes,
  });
  const name = agents.name ?? host;
  return {
    authority,
    url: () => `https://${isIP(name) === 6 ? `[${name}]` : name}:${listener.port}`,
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  };
}
