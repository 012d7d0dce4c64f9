import { AGENT_SILENT_AFTER_MS, type HostEntry, hostStatus, listHosts, showHost } from "@pratique/api";
import type { StoredHost } from "@pratique/store";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";

/** The hosts. */
export function bindHosts(binder: Binder, { store, now }: Context): void {
  const silentBefore = () => new Date(now() - AGENT_SILENT_AFTER_MS).toISOString();

  binder.bind(listHosts, async ({ query, seen }) => {
    const { items, nextCursor, total } = await store.hosts.list({
      ...query,
      seen,
      silentBefore: silentBefore(),
    });
    return { items: items.map((host) => entryOf(host, now())), nextCursor, total };
  });

  binder.bind(showHost, async ({ params }) => {
    const host = await store.hosts.find(params.host);
    if (host === undefined) {
      throw new ServerError("NOT_FOUND", `there is no host ${JSON.stringify(params.host)}`);
    }
    return entryOf(host, now());
  });
}

/** From then on, a certificate that nobody has renewed is shown as one that is about to end. */
const EXPIRING_MS = 7 * 86_400_000;

function entryOf(host: StoredHost, nowMs: number): HostEntry {
  // A status that an earlier version took is not shown: the agent sends the next one within a minute.
  const status = hostStatus.safeParse(host.status).data;
  return {
    name: host.name,
    agent: agentOf(host, nowMs),
    heardAt: host.heardAt,
    joinedAt: host.identity.joinedAt,
    identity: identityOf(host, nowMs),
    acknowledged: host.acknowledged,
    containers: host.containers,
    running: host.running,
    wantedPolicies: host.policyRevision,
    status: status === undefined ? null : { ...status, host: { ...status.host, labels: { ...host.labels } } },
  };
}

function agentOf({ heardAt }: StoredHost, nowMs: number): HostEntry["agent"] {
  if (heardAt === null) return "never";
  return nowMs - Date.parse(heardAt) > AGENT_SILENT_AFTER_MS ? "silent" : "reporting";
}

function identityOf({ identity }: StoredHost, nowMs: number): HostEntry["identity"] {
  const { state, serial, expiresAt } = identity;
  const leftMs = expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt) - nowMs;
  const valid = leftMs > EXPIRING_MS ? "valid" : "expiring";
  const shown = state === "valid" ? (leftMs <= 0 ? "expired" : valid) : state;
  return { state: shown, serial, expiresAt };
}
