import {
  AGENT_SILENT_AFTER_MS,
  type HostEntry,
  hostStatus,
  listHosts,
  revokeHost,
  setGateMode,
  showHost,
} from "@pratique/api";
import type { HostIdentity, StoredHost } from "@pratique/store";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { CERTIFICATE_ENDS_SOON_MS } from "../fleet/certificate-ends-soon.ts";
import { tellAgent } from "../fleet/commands.ts";

/** The hosts. */
export function bindHosts(binder: Binder, context: Context): void {
  const { store, now } = context;

  const find = async (name: string): Promise<StoredHost> => {
    const host = await store.hosts.find(name);
    if (host === undefined) throw new ServerError("NOT_FOUND", `there is no host ${JSON.stringify(name)}`);
    return host;
  };

  binder.bind(listHosts, async ({ query, seen }) => {
    const { identity: state, ...filter } = query;
    const at = (offsetMs: number) => new Date(now() + offsetMs).toISOString();
    const { items, nextCursor, total } = await store.hosts.list({
      ...filter,
      ...(state !== undefined && {
        identity: { state, now: at(0), expiringBefore: at(CERTIFICATE_ENDS_SOON_MS) },
      }),
      seen,
      silentBefore: at(-AGENT_SILENT_AFTER_MS),
    });
    return { items: await Promise.all(items.map((host) => entryOf(context, host))), nextCursor, total };
  });

  binder.bind(showHost, async ({ params }) => await entryOf(context, await find(params.host)));

  binder.bind(revokeHost, async ({ params }) => {
    if (!(await store.fleet.identities.revoke(params.host))) {
      throw new ServerError("CONFLICT", "the server's own host has no certificate that could be revoked");
    }
    return undefined;
  });

  binder.bind(setGateMode, async ({ params, body, caller }) => {
    const { name, identity } = await find(params.host);
    refuseRevoked(identity);
    const task = { kind: "set-gate-mode", mode: body.mode } as const;
    return { commandId: await tellAgent(context, { host: name, by: caller.name, task }) };
  });
}

/** Throws `HOST_REVOKED` for a host whose agent will never hear a command. */
export function refuseRevoked({ host, state }: HostIdentity): void {
  if (state === "revoked")
    throw new ServerError("HOST_REVOKED", `the host ${JSON.stringify(host)} was revoked`);
}

async function entryOf({ now, work }: Context, host: StoredHost): Promise<HostEntry> {
  const { name, heardAt, identity, labels } = host;
  // A status that an earlier version took is not shown: the agent sends the next one within a minute.
  const status = hostStatus.safeParse(host.status).data;
  const silent = heardAt !== null && now() - Date.parse(heardAt) > AGENT_SILENT_AFTER_MS;
  const wanted = await work.wantedBy(host);
  const { revision } = wanted;
  // The revision in the status is of the server's rules together with the host's own, which the server does not know.
  // So where the host says that it has the server's, what it has is what is wanted.
  const isNothing = wanted.policies.length + wanted.exceptions.length === 0;
  const upToDate = revision === host.policyRevision || (isNothing && host.policyRevision === "");
  return {
    name,
    agent: heardAt === null ? "never" : silent ? "silent" : "reporting",
    heardAt,
    joinedAt: identity.joinedAt,
    identity: {
      state: identityStateOf(identity, now()),
      serial: identity.serial,
      expiresAt: identity.expiresAt,
    },
    acknowledged: host.acknowledged,
    containers: host.containers,
    running: host.running,
    wantedPolicies: upToDate && status !== undefined ? status.policies.revision : revision,
    status: status === undefined ? null : { ...status, host: { ...status.host, labels: { ...labels } } },
  };
}

function identityStateOf({ state, expiresAt }: HostIdentity, now: number): HostEntry["identity"]["state"] {
  if (state !== "valid" || expiresAt === null) return state;
  const left = Date.parse(expiresAt) - now;
  if (left <= 0) return "expired";
  return left < CERTIFICATE_ENDS_SOON_MS ? "expiring" : "valid";
}
